import { randomUUID } from 'node:crypto'
import { describe, expect } from '@jest/globals'
import { expectFailure, expectWarning } from '../support/messages.js'
import { SECRET, testAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const test = testAction('revoke')
const testCreate = testAction('.')

/** Responses to a `DELETE` that did not revoke the key, and confirm nothing. */
const UNCONFIRMED = [
  ['a gateway’s 404', { status: 404, body: 'default backend - 404' }],
  ['a portal’s page', { status: 200, body: '<html>Sign in</html>' }],
  ['an accepted request', { status: 202, body: 'null' }],
  ['no content', { status: 204 }],
  ['another key', { status: 200, body: { id: randomUUID() } }],
  ['a list', { status: 200, body: { data: [], next_cursor: null } }],
  ['an empty object', { status: 200, body: {} }],
] as const

describe.each(UNCONFIRMED)('%s does not show that a key is revoked', (_what, answer) => {
  const fault = { kind: 'status', method: 'DELETE', times: Infinity, ...answer } as const

  test('revoke fails and names the key', async ({ main, addKey, sandbox, liveLabels }) => {
    const id = addKey('a')
    sandbox.misbehave(fault)
    const revoked = await main({ key_id: id })
    expectFailure(revoked, new RegExp(`may still be active.*${id}`, 's'))
    expect(revoked.outputs['revoked_key_ids']).toBe('[]')
    expect(revoked.summary).toMatch(/^### ❌ No .* was revoked; 1 may still be active$/m)
    expect(liveLabels()).toEqual(['a'])
  })

  testCreate('post warns and names the key, as the summary', async ({ main, post, sandbox }) => {
    const created = await main()
    sandbox.misbehave(fault)
    const cleaned = await post(created, { revoke: 'always' })
    const id = created.outputs['key_id']
    expectWarning(cleaned, `Management Key ${id} may still be active`)
    expect(cleaned.summary).toMatch(/^### ⚠️ .* may still be active$/m)
    expect(cleaned.summary).toContain(`| \`${id}\` | may still be active |`)
    expect(cleaned.summary).not.toContain('revoked')
    expect(sandbox.activeKeys()).toHaveLength(1)
  })
})

describe('a service that is not the right one', () => {
  const MISTAKES = [
    ['org_id', () => randomUUID()],
    ['api_url', (url: string) => `${url}/nowhere`],
  ] as const

  test.each(MISTAKES)(
    '%s: no secret is deleted before that shows',
    async (scenario, [input, mistake]) => {
      const { main, addKey, sandbox, liveLabels } = scenario
      const id = addKey('a')
      addOldSecret(sandbox)
      const before = listSecrets(sandbox)
      const revoked = await main({
        key_id: id,
        secret_name: SECRET,
        github_token: sandbox.githubToken,
        [input]: mistake(sandbox.managementUrl),
      })
      expectFailure(revoked, '404')
      expect(revoked.outputs).toMatchObject({ revoked_key_ids: '[]', deleted_secrets: '[]' })
      expect([liveLabels(), listSecrets(sandbox)]).toEqual([['a'], before])
    },
  )
})

testCreate(
  'create names the key that it could not deliver and a 404 did not revoke',
  async (scenario) => {
    const { main, sandbox } = scenario
    sandbox.misbehave({ kind: 'omit', fields: ['key'], method: 'POST' })
    sandbox.misbehave({ kind: 'status', status: 404, method: 'DELETE', times: Infinity })
    const run = await main()
    expectFailure(run, sandbox.activeKeys()[0]?.id ?? 'none')
  },
)
