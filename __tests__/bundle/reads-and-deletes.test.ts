import { randomUUID } from 'node:crypto'
import { describe, expect } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { withHttpServer } from '../support/http-server.js'
import { expectFailure, expectWarning, findUnreportedKeys } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { testAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const test = testAction('.')
const testRevoke = testAction('revoke')

const PASSING: readonly Fault[] = [
  { kind: 'status', status: 429, retryAfter: 1 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, body: 'Bad Gateway' },
  { kind: 'reset' },
  { kind: 'reset', when: 'work' },
  { kind: 'hold' },
  { kind: 'truncate' },
]

const LIST_ONLY: readonly Fault[] = [{ kind: 'garble' }, { kind: 'omit', fields: ['data'] }]

/** A few seconds for a response that never arrives. */
const limitFor = ({ kind }: Fault) => (kind === 'hold' ? { timeout_seconds: '5' } : {})

describe('reading the list', () => {
  test.each<Fault>([...PASSING, ...LIST_ONLY])('is repeated after %j', async (scenario, fault) => {
    const { succeed, sandbox } = scenario
    sandbox.misbehave({ ...fault, method: 'GET' })
    await succeed({ dry_run: 'true', ...limitFor(fault) })
    expect(countRequests(sandbox, 'GET')).toBe(2)
  })

  test.each([400, 401, 403, 404, 408, 422])(
    'is not repeated after %d',
    async (scenario, status) => {
      const { main, sandbox } = scenario
      sandbox.misbehave({ kind: 'status', status, method: 'GET', times: Infinity })
      expectFailure(await main({ if_exists: 'replace' }), String(status))
      expect(sandbox.requests).toHaveLength(1)
    },
  )

  test('does not follow a redirect', async ({ main, sandbox }) => {
    const location = `https://fake-user:fake-pass@elsewhere.example/v1?token=fake-token`
    sandbox.misbehave({ kind: 'redirect', location, method: 'GET' })
    const run = await main({ dry_run: 'true' }, { debug: true })
    expectFailure(run, /307.* a redirect to https:\/\/elsewhere\.example, which is not.*api_url/)
    expect(run.stdout).not.toContain('fake-')
    expect(sandbox.requests).toHaveLength(1)
  })

  test.each(['a', 'ab'])('stops when cursors come again in the circle %s', ({ main }, circle) => {
    let answered = 0
    return withHttpServer(
      (_request, response) => {
        const next_cursor = circle[answered % circle.length]
        answered += 1
        response.end(JSON.stringify({ data: [], next_cursor }))
      },
      async (url) => {
        const run = await main({ if_exists: 'replace', api_url: url })
        expectFailure(run, 'the same next_cursor twice')
        expect(answered).toBe(circle.length + 1)
      },
    )
  })

  test('sends each cursor back unchanged, with what it asks for', ({ succeed, inputs }) => {
    const cursors = ['a b+c/d=&e%20', 'ü"\\', '']
    const asked: unknown[] = []
    return withHttpServer(
      (request, response) => {
        const { searchParams } = new URL(request.url ?? '', 'http://localhost')
        asked.push(Object.fromEntries(searchParams))
        response.end(JSON.stringify({ data: [], next_cursor: cursors[asked.length - 1] }))
      },
      async (url) => {
        await succeed({ dry_run: 'true', api_url: url })
        const query = { team_id: inputs['team_id'], role: 'team_admin' }
        const [first, second] = cursors
        expect(asked).toEqual([
          query,
          { ...query, next_cursor: first },
          { ...query, next_cursor: second },
        ])
      },
    )
  })
})

describe('revoking a key', () => {
  test.each<Fault>(PASSING)('is repeated after %j', async ({ succeed, clean, sandbox }, fault) => {
    const created = await succeed()
    sandbox.misbehave({ ...fault, method: 'DELETE' })
    await clean(created, { revoke: 'always', ...limitFor(fault) })
    expect(countRequests(sandbox, 'DELETE')).toBe(2)
    expect(sandbox.activeKeys()).toEqual([])
  })

  test.each([400, 401, 403, 422])('is not repeated after %d', async (scenario, status) => {
    const { main, post, sandbox } = scenario
    const created = await main()
    sandbox.misbehave({ kind: 'status', status, method: 'DELETE', times: Infinity })
    const cleaned = await post(created, { revoke: 'always' })
    expect(cleaned.exitCode).toBe(0)
    expect(countRequests(sandbox, 'DELETE')).toBe(1)
    expect(findUnreportedKeys(sandbox, [cleaned])).toEqual([])
  })

  test('needs no body in the response', async ({ main, clean, sandbox }) => {
    const created = await main()
    const answer = { status: 200, body: null, after: 'work', method: 'DELETE' } as const
    sandbox.misbehave({ kind: 'status', ...answer })
    await clean(created, { revoke: 'always' })
    expect(sandbox.activeKeys()).toEqual([])
  })
})

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

  testRevoke('revoke fails and names the key', async ({ main, addKey, sandbox, liveLabels }) => {
    // Of any role: the list that confirms a 404 has to show them all.
    const id = addKey('a', { role: 'org_admin', teamIds: [] })
    sandbox.misbehave(fault)
    const revoked = await main({ key_id: id })
    expectFailure(revoked, new RegExp(`may still be active.*${id}`, 's'))
    expect(revoked.outputs['revoked_key_ids']).toBe('[]')
    expect(revoked.summary).toMatch(/^### ❌ 1 Management Key may still be active$/m)
    expect(liveLabels()).toEqual(['a'])
  })

  test('post warns and names the key, as the summary', async ({ main, post, sandbox }) => {
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

  testAction('revoke with secrets').each(MISTAKES)(
    '%s: no secret is deleted before that shows',
    async ({ main, addKey, sandbox, liveLabels }, [input, mistake]) => {
      addOldSecret(sandbox)
      const before = listSecrets(sandbox)
      const inputs = { label: '', key_id: addKey('a'), [input]: mistake(sandbox.managementUrl) }
      const revoked = await main(inputs)
      expectFailure(revoked, '404')
      expect(revoked.outputs).toMatchObject({ revoked_key_ids: '[]', deleted_secrets: '[]' })
      expect([liveLabels(), listSecrets(sandbox)]).toEqual([['a'], before])
    },
  )
})

test('create names the key that it could not deliver and a 404 did not revoke', async (scenario) => {
  const { main, sandbox } = scenario
  sandbox.misbehave({ kind: 'omit', fields: ['key'], method: 'POST' })
  sandbox.misbehave({ kind: 'status', status: 404, method: 'DELETE', times: Infinity })
  const run = await main()
  expectFailure(run, `${sandbox.activeKeys()[0]?.id}`, 'The key list still contains it')
})
