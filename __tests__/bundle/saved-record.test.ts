import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/types.js'
import { withHttpServer } from '../support/http-server.js'
import { expectWarning } from '../support/messages.js'
import { type Scenario, withAction } from '../support/scenario.js'
import { withStepFiles } from '../support/step-files.js'

/** A record that a later step could write to GITHUB_ENV, as `STATE_transaction`. */
function forgeRecord({ sandbox, inputs }: Scenario, changes: object): string {
  return JSON.stringify({
    phase: 'created',
    revision: 1,
    revoke: 'never',
    previousIds: [],
    apiUrl: sandbox.managementUrl,
    orgId: sandbox.orgId,
    request: { label: 'preview-42', teamIds: [inputs['team_id']] },
    ownsLabel: true,
    began: Date.now(),
    knownIds: [],
    mayExist: true,
    keyId: 'forged-id',
    githubApiUrl: '',
    secrets: [],
    ...changes,
  })
}

/** Plays with the URL of a server that must not get any request. */
async function withStranger(play: (url: string) => Promise<void>): Promise<void> {
  const asked: string[] = []
  await withHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('null')
  }, play)
  expect(asked).toEqual([])
}

describe('the record for the post step', () => {
  test.concurrent.each([
    ['inputs are wrong', { label: '' }],
    ['it is a dry run', { dry_run: 'true' }],
    ['the organization is not found', { dry_run: 'true', org_id: 'f'.repeat(8) }],
    ['org_key is empty', { org_key: '' }],
    ['a key is there already', { if_exists: 'fail' }],
  ])('is saved when %s, so that no later step can put its own in the place', (_what, given) =>
    withStranger((apiUrl) =>
      withAction('.', async (scenario) => {
        const { main, post, sandbox, addKey } = scenario
        addKey()
        const ended = await main(given)
        const env = { STATE_transaction: forgeRecord(scenario, { apiUrl }) }
        const cleaned = await post(ended, { revoke: 'always' }, { env })
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        expect(sandbox.activeKeys()).toHaveLength(1)
      }),
    ),
  )

  test.concurrent('is saved when if_exists: skip finds all in place', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      await main()
      const skipped = await main({ if_exists: 'skip' })
      expect(skipped.outputs['created']).toBe('false')
      expect(skipped.state).toHaveProperty('transaction')
      expect(sandbox.keys()).toHaveLength(1)
    }))

  test.concurrent.each([
    ['api_url', (url: string) => ({ apiUrl: url })],
    ['org_id', () => ({ orgId: '00000000-0000-4000-8000-00000000000f' })],
    ['github_api_url', (url: string) => ({ githubApiUrl: url })],
  ])('is refused with a warning when it names another %s than the inputs', (name, change) =>
    withStranger((url) =>
      withAction('.', async (scenario) => {
        const { post, sandbox } = scenario
        const state = { transaction: forgeRecord(scenario, change(url)) }
        const cleaned = await post({ state }, { revoke: 'always' })
        expectWarning(
          cleaned,
          new RegExp(`Management Key forged-id: ${name} is .*No request was sent`),
        )
        expect(sandbox.requests).toEqual([])
      }),
    ),
  )

  test.concurrent.each<[string, (id: string) => string]>([
    ['its own id', (id) => id],
    ['part of its id', (id) => id.slice(9, 23)],
    ['its label', () => 'preview-42'],
    ['a phase', () => 'created'],
    ['another phase', () => 'delivered'],
    ['a word of it', () => 'transaction'],
  ])('stays whole when the value of a key is %s', (_what, invent) =>
    withAction('.', (scenario) =>
      withStepFiles(async (files) => {
        const { main, post, sandbox } = scenario
        answerWithValue(sandbox, invent)
        const made = await main({}, { overrides: files.overrides })
        for (const [, value] of files.readStates().slice(1)) {
          expect(value).not.toContain('***')
          const record: unknown = JSON.parse(value)
          expect(record).toMatchObject({ phase: expect.stringMatching(/^[a-z]+$/) })
        }
        const cleaned = await post({ state: files.readState() }, { revoke: 'always' })
        expect([made.exitCode, cleaned.exitCode, cleaned.annotations]).toEqual([0, 0, []])
        expect(sandbox.activeKeys()).toEqual([])
      }),
    ),
  )

  test.concurrent('never grows so large that no post step could be started with it', () =>
    withAction('.', async ({ main, post, sandbox, inputs }) => {
      const { label = '', team_id = '' } = inputs
      const data = Array.from({ length: 1_000 }, (_, index) => ({
        ...{ id: `${index}-${'x'.repeat(190)}`, label, role: 'team_admin' },
        ...{ created_at: new Date().toISOString(), team_role_bindings: [{ team_id }] },
      }))
      const body = { data, next_cursor: null }
      sandbox.misbehave({ kind: 'status', status: 200, method: 'GET', body })
      const created = await main({ if_exists: 'replace', retain: '1000' })
      expect(created.outputs['created']).toBe('true')
      expect(Buffer.byteLength(created.state['transaction'] ?? '')).toBeLessThan(128 * 1024)
      expect((await post(created)).exitCode).toBe(0)
    }))
})

/** Lets the next create request return a made-up value. */
function answerWithValue({ misbehave, keys }: Sandbox, invent: (id: string) => string): void {
  const body = {
    toJSON: () => {
      const { id = '', label } = keys().at(-1) ?? {}
      return { id, label, key: invent(id) }
    },
  }
  misbehave({ kind: 'status', status: 200, after: 'work', method: 'POST', body })
}
