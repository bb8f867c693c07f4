import { describe, expect } from '@jest/globals'
import type { Fault, Sandbox } from '../../sandbox/types.js'
import { expectNoLeaks } from '../support/leaks.js'
import { expectFailure, findUnreportedKeys, outcomeOf, SUCCESS } from '../support/messages.js'
import { describeSignals, SECRET, testAction } from '../support/scenario.js'
import { addOldSecret } from '../support/secrets.js'

const test = testAction('.')
const testSecrets = testAction('. with secrets')

const READ_TEAM = { method: 'GET', path: '/team/' }
const FOREVER = { times: Number.POSITIVE_INFINITY }
const ROTATION = { if_exists: 'replace', output_key: 'false', verify: 'true' }

const PAGE = /a web page that something in between sent/

const REFUSALS: readonly (readonly [string, Fault, RegExp])[] = [
  ['responds with 404', { kind: 'status', status: 404 }, /returned 404 for .* read team/],
  ['always responds with 503', { kind: 'status', status: 503 }, /returned 503/],
  ['redirects', { kind: 'redirect', location: 'https://evil.example' }, /redirect/],
  ['responds with the page of a gateway', { kind: 'garble' }, PAGE],
  [
    'responds with the JSON of a gateway',
    { kind: 'status', status: 200, body: { status: 'ok' } },
    /not a team/,
  ],
  ['responds 403 with a page', { kind: 'status', status: 403, body: '<html>Denied</html>' }, PAGE],
  [
    'responds 403 with nothing',
    { kind: 'status', status: 403, body: '' },
    /the status is 403, without the JSON/,
  ],
]

/** Reads of teams: the id of the key that each was sent with, the team, and the status. */
function listReads({ requests, keys, teamIds }: Sandbox) {
  return requests
    .filter(({ path }) => path.includes('/team/'))
    .map(({ path, headers, status }) => ({
      by: keys().find(({ key }) => key === headers['x-management-key'])?.label,
      team: teamIds.indexOf(path.split('/').at(-1) ?? ''),
      status,
    }))
}

describe('verify', () => {
  test('is off by default, and no team is read', async ({ succeed, sandbox }) => {
    await succeed()
    expect(sandbox.requests.map(({ method }) => method)).toEqual(['POST'])
  })

  test('sends nothing in a dry run', async ({ succeed, sandbox }) => {
    await succeed({ verify: 'true', dry_run: 'true' })
    expect(listReads(sandbox)).toEqual([])
  })

  test('reads each team with the new key, and no other', async ({ succeed, sandbox, inputs }) => {
    const team_id = sandbox.teamIds.slice(0, 2).join(',')
    const run = await succeed({ verify: 'true', team_id })
    const by = inputs['label']
    expect(listReads(sandbox)).toEqual([
      { by, team: 0, status: 200 },
      { by, team: 1, status: 200 },
    ])
    expectNoLeaks(sandbox, [run])
  })

  testSecrets(
    'comes before the key is written and before a previous key is revoked',
    async (scenario) => {
      const { succeed, sandbox, addKey } = scenario
      addKey()
      await succeed(ROTATION)
      const steps = sandbox.requests
        .filter(({ method, path }) => method !== 'GET' || path.includes('/team/'))
        .map(({ method, path }) => `${method} ${path.split('/').at(-2)}`)
      expect(steps).toEqual([
        expect.stringMatching(/^POST /),
        'GET team',
        'PUT secrets',
        'DELETE management_key',
      ])
    },
  )

  test('takes a 403 for a key that the service knows', async ({ succeed, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 403, ...READ_TEAM })
    await succeed({ verify: 'true' })
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('waits for a key that the service does not know yet', async ({
    succeed,
    sandbox,
    pauses,
  }) => {
    sandbox.misbehave({ kind: 'status', status: 401, times: 2, ...READ_TEAM })
    await succeed({ verify: 'true' })
    expect(listReads(sandbox).map(({ status }) => status)).toEqual([401, 401, 200])
    expect(pauses()).toEqual([500, 1_000])
  })

  test('waits ever longer, for 30 s at most in all', async ({ main, sandbox, pauses }) => {
    sandbox.misbehave({ kind: 'status', status: 401, times: 3, ...READ_TEAM })
    sandbox.misbehave({ kind: 'status', status: 401, skip: 1, ...FOREVER, ...READ_TEAM })
    const run = await main({ verify: 'true', team_id: sandbox.teamIds.slice(0, 2).join() })
    expectFailure(run, / could not be verified.* 401 .* 30 s/)
    const known = listReads(sandbox).filter(({ status }) => status === 200)
    expect(known.map(({ team }) => team)).toEqual([0])
    expect([...pauses()].sort((a, b) => a - b)).toEqual(pauses())
    const waited = pauses().reduce((sum, pause) => sum + pause)
    // Besides its pauses, its requests take time.
    expect(waited).toBeLessThanOrEqual(30_000)
    expect(waited).toBeGreaterThan(15_000)
    const announced = run.shown.filter((line) => / yet\. Trying again in \d+ s$/.test(line))
    expect(announced).toHaveLength(pauses().filter((pause) => pause > 2_000).length)
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('repeats a read that got no clear response', async ({ succeed, sandbox }) => {
    sandbox.misbehave({ kind: 'status', status: 503, ...READ_TEAM })
    sandbox.misbehave({ kind: 'reset', ...READ_TEAM })
    await succeed({ verify: 'true' })
  })

  testSecrets.each(REFUSALS)(
    'when the API %s, the key is revoked and all else stays as it was',
    async ({ main, clean, sandbox, addKey }, [, fault, reason]) => {
      const previous = addKey()
      addOldSecret(sandbox)
      const before = sandbox.github.secrets()
      sandbox.misbehave({ ...fault, ...READ_TEAM, ...FOREVER })
      const run = await main(ROTATION)
      expectFailure(run, reason, /could not be verified, so it was not written anywhere/)
      expect(sandbox.keys()).toHaveLength(2)
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([previous])
      expect(sandbox.github.secrets()).toEqual(before)
      expect(run.outputs).toEqual({ created: 'false', secrets: '[]' })
      expect(JSON.parse(run.state['transaction'] ?? '')).toMatchObject({ phase: 'done' })
      expectNoLeaks(sandbox, [run])

      const sent = sandbox.requests.length
      await clean(run, ROTATION)
      expect(sandbox.requests).toHaveLength(sent)
    },
  )

  test('names the key when it can be neither verified nor revoked, and post revokes it', async (scenario) => {
    const { main, post, sandbox } = scenario
    sandbox.misbehave({ kind: 'status', status: 404, ...READ_TEAM })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE' })
    const run = await main({ verify: 'true' })
    expect(run.exitCode).toBe(1)
    expect(sandbox.activeKeys()).toHaveLength(1)
    expect(findUnreportedKeys(sandbox, [run])).toEqual([])
    expect(outcomeOf(await post(run))).toEqual(SUCCESS)
    expect(sandbox.activeKeys()).toEqual([])
  })
})

describeSignals('verify', () => {
  testSecrets('ends when the step is cancelled; the key is revoked', async (scenario) => {
    const { sandbox, mainCancelledWhen } = scenario
    sandbox.misbehave({ kind: 'status', status: 401, ...READ_TEAM, ...FOREVER })
    const cancelled = await mainCancelledWhen(() => listReads(sandbox).length > 0, ROTATION)
    expect(cancelled.exitCode).toBe(1)
    expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    expect(sandbox.github.secrets().map(({ name }) => name)).not.toContain(SECRET)
  })
})
