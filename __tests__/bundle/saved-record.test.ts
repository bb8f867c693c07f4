import { describe, expect } from '@jest/globals'
import { withHttpServer } from '../support/http-server.js'
import { expectFailure, expectWarning } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { testAction, testExtended } from '../support/scenario.js'
import { forgeRecord, withStepFiles } from '../support/step-files.js'

/** Adds the URL of a server that must not get any request. */
const test = testExtended<{ readonly strangerUrl: string }>('.', async (scenario, play) => {
  const asked: string[] = []
  await withHttpServer(
    (request, response) => {
      asked.push(`${request.method} ${request.url}`)
      response.end('null')
    },
    (strangerUrl) => play({ ...scenario, strangerUrl }),
  )
  expect(asked).toEqual([])
})

describe('the record for the post step', () => {
  test.each([
    ['inputs are wrong', { label: '' }],
    ['it is a dry run', { dry_run: 'true' }],
    ['the organization is not found', { dry_run: 'true', org_id: 'f'.repeat(8) }],
    ['org_key is empty', { org_key: '' }],
    ['a key is there already', { if_exists: 'fail' }],
  ])(
    'is saved when %s, so that no later step can put its own in the place',
    async (scenario, row) => {
      const { main, clean, sandbox, addKey, strangerUrl } = scenario
      addKey()
      const ended = await main(row[1])
      const env = { STATE_transaction: forgeRecord(scenario, { apiUrl: strangerUrl }) }
      await clean(ended, { revoke: 'always' }, { env })
      expect(sandbox.activeKeys()).toHaveLength(1)
    },
  )

  testAction('. with secrets')('is done when if_exists creates no key', async (scenario) => {
    const { main, sandbox } = scenario
    await main()
    const skipped = await main({ if_exists: 'skip' })
    const refused = await main({ if_exists: 'fail' })
    expect(sandbox.keys()).toHaveLength(1)
    for (const { outputs, state } of [skipped, refused]) {
      expect(outputs['created']).toBe('false')
      // A step that asks for the same key does not wait for it.
      expect(JSON.parse(state['transaction'] ?? '')).toMatchObject({ phase: 'done' })
    }
  })

  test.each([
    ['api_url', (apiUrl: string) => ({ apiUrl })],
    ['org_id', () => ({ orgId: '00000000-0000-4000-8000-00000000000f' })],
    ['github_api_url', (githubApiUrl: string) => ({ githubApiUrl })],
  ])(
    'is refused with a warning when it names another %s than the inputs',
    async (scenario, row) => {
      const { post, sandbox, strangerUrl } = scenario
      const state = { transaction: forgeRecord(scenario, row[1](strangerUrl)) }
      const cleaned = await post({ state }, { revoke: 'always' })
      const reason = `Management Key forged-id: ${row[0]} is .*No request was sent`
      expectWarning(cleaned, new RegExp(reason))
      expect(sandbox.requests).toEqual([])
    },
  )

  testExtended('.', withStepFiles).each<[string, (id: string) => string]>([
    ['its own id', (id) => id],
    ['part of its id', (id) => id.slice(9, 23)],
    ['its label', () => 'preview-42'],
    ['a phase', () => 'created'],
    ['another phase', () => 'delivered'],
    ['a word of it', () => 'transaction'],
  ])('stays whole when the value of a key is %s', async (scenario, [, invent]) => {
    const { succeed, clean, sandbox, overrides, readStates, readState } = scenario
    const toJSON = () => {
      const { id = '', label } = sandbox.keys().at(-1) ?? {}
      return { id, label, key: invent(id) }
    }
    const made = { status: 200, after: 'work', method: 'POST', body: { toJSON } } as const
    sandbox.misbehave({ kind: 'status', ...made })
    await succeed({}, { overrides })
    for (const value of readStates().slice(1)) {
      expect(value).not.toContain('***')
      expect(JSON.parse(value)).toMatchObject({ phase: expect.stringMatching(/^[a-z]+$/) })
    }
    await clean({ state: readState() }, { revoke: 'always' })
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('never grows so large that no post step could be started with it', async (scenario) => {
    const { main, post, sandbox, inputs } = scenario
    const { label = '', team_id = '' } = inputs
    const data = Array.from({ length: 1_000 }, (_, index) => ({
      ...{ id: `${index}-${'x'.repeat(190)}`, label, role: 'team_admin' },
      ...{ created_at: new Date().toISOString(), team_role_bindings: [{ team_id }] },
    }))
    const body = { data, next_cursor: null }
    sandbox.misbehave({ kind: 'status', status: 200, method: 'GET', body, times: Infinity })
    const created = await main({ if_exists: 'replace', retain: '1000' })
    expect(created.outputs['created']).toBe('true')
    expect(Buffer.byteLength(created.state['transaction'] ?? '')).toBeLessThan(128 * 1024)
    expect((await post(created)).exitCode).toBe(0)
    // With keys that it cannot know again, no key passes for its own.
    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    expectFailure(await main({ if_exists: 'replace' }), 'outcome of the create request is unclear')
    expect(countRequests(sandbox, 'DELETE')).toBe(0)
  })
})
