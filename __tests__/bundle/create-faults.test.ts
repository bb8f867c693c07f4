import { describe, expect } from '@jest/globals'
import type { Fault } from '../../sandbox/types.js'
import { expectNoLeaks } from '../support/leaks.js'
import {
  expectFailure,
  expectWarning,
  findUnreportedKeys,
  messagesOf,
} from '../support/messages.js'
import { countRequests, listMethods } from '../support/requests.js'
import { OWN_LABEL, RUN_ID, type Scenario, testAction } from '../support/scenario.js'

const test = testAction('.')

/** Faults with a conclusive response. */
const HARMLESS: readonly Fault[] = [
  { kind: 'delay', delayMs: 100 },
  { kind: 'no-date' },
  { kind: 'omit', fields: ['created_at', 'creator', 'team_role_bindings'] },
]

/** Faults without a new key, as 429 or the list shows. */
const WITHOUT_EFFECT: readonly Fault[] = [
  { kind: 'status', status: 429, retryAfter: 1 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 503, retryAfter: 1 },
  { kind: 'status', status: 504, body: '<html>Gateway Timeout</html>' },
  { kind: 'reset' },
  { kind: 'hold' },
]

/** Faults with a new key that the response does not report. */
const LEAVING_A_KEY: readonly Fault[] = [
  { kind: 'status', status: 500, after: 'work' },
  { kind: 'status', status: 503, after: 'work', retryAfter: 1 },
  { kind: 'status', status: 200, after: 'work', body: {} },
  { kind: 'status', status: 204, after: 'work' },
  { kind: 'reset', when: 'work' },
  { kind: 'hold', when: 'work' },
  { kind: 'hold', when: 'work', delayMs: 700 },
  { kind: 'truncate' },
  { kind: 'garble' },
  { kind: 'omit', fields: ['id'] },
  { kind: 'omit', fields: ['id', 'key'] },
  { kind: 'huge', bytes: 9 * 1024 * 1024 },
  { kind: 'slow-body', delayMs: 20 },
]

const REFUSALS: readonly Fault[] = [
  ...[400, 401, 402, 403, 404, 405, 409, 410, 418, 422].map(
    (status): Fault => ({ kind: 'status', status }),
  ),
  { kind: 'redirect', location: 'https://elsewhere.example/' },
  { kind: 'redirect', status: 302, location: '/management/v1/elsewhere' },
]

const MODES = [
  { mode: 'a fixed label', label: 'preview-42', if_exists: 'create' },
  { mode: 'this run’s id in the label', label: OWN_LABEL, if_exists: 'create' },
  { mode: 'replace', label: 'preview-42', if_exists: 'replace' },
] as const

describe.each(MODES)('a create with $mode', ({ label, if_exists }) => {
  const inputs = { label, if_exists }

  for (const fault of [...HARMLESS, ...WITHOUT_EFFECT]) {
    test(`succeeds through ${describeFault(fault)}`, (scenario) =>
      expectSuccess(scenario, fault, inputs))
  }

  for (const fault of LEAVING_A_KEY) {
    const owned = if_exists === 'replace' || label.includes(RUN_ID)
    test(`${owned ? 'succeeds' : 'fails by naming the key'} after ${describeFault(fault)}`, (scenario) =>
      owned ? expectSuccess(scenario, fault, inputs) : expectNamedKey(scenario, fault, inputs))
  }

  test('revokes a key whose response omits the value, and creates another', (scenario) =>
    expectSuccess(scenario, { kind: 'omit', fields: ['key'] }, inputs))
})

describe('a create that is refused', () => {
  for (const fault of REFUSALS) {
    test(`is not repeated after ${describeFault(fault)}`, async ({ main, post, sandbox }) => {
      sandbox.misbehave({ ...fault, method: 'POST', times: Infinity })
      const created = await main()
      expect(created.exitCode).toBe(1)
      expect(messagesOf(created, 'error')).toHaveLength(1)
      expect(countRequests(sandbox, 'POST')).toBe(1)
      expect(new Set(sandbox.requests.map(({ path }) => path)).size).toBe(1)
      expect(messagesOf(await post(created), 'error')).toEqual([])
      expect(sandbox.keys()).toEqual([])
    })
  }
})

const DEBUG = { debug: true }

/** Expects that only the delivered key is left, and that no create request preceded the search. */
async function expectSuccess(
  { succeed, clean, sandbox, inputs: { team_id = '' } }: Scenario,
  fault: Fault,
  given: { readonly label: string; readonly if_exists: string },
): Promise<void> {
  const inputs = withPatience(fault, given)
  // Somebody's key with this label, which is never a stray one; `replace` revokes it.
  const createdAt = new Date(Date.now() - 3_600_000).toISOString()
  const old = sandbox.addKey({ label: inputs.label, teamIds: [team_id], createdAt })
  sandbox.misbehave({ ...fault, method: 'POST' })
  const created = await succeed(inputs, DEBUG)
  expectNoLeaks(sandbox, [created, await clean(created, inputs, DEBUG)])

  const active = sandbox.activeKeys().map(({ key }) => key)
  const expected = inputs.if_exists === 'replace' ? [] : [old.key]
  expect(active).toEqual([...expected, created.outputs['key']])
  const isCertain = fault.kind === 'status' && fault.status === 429
  if (!isCertain) expect(listMethods(sandbox).join(' ')).not.toContain('POST POST')
}

/** Expects that the new key stays active, since it may be somebody's, and that the error describes it. */
async function expectNamedKey(
  { main, post, sandbox }: Scenario,
  fault: Fault,
  given: { readonly label: string; readonly if_exists: string },
): Promise<void> {
  const inputs = withPatience(fault, given)
  sandbox.misbehave({ ...fault, method: 'POST' })
  const created = await main(inputs, DEBUG)
  expect(created.outputs).toEqual({ created: 'false' })
  const [left] = sandbox.activeKeys()
  expect(sandbox.keys()).toHaveLength(1)
  expectFailure(
    created,
    new RegExp(`${left?.id}.*\\$\\{\\{ github\\.run_id \\}\\}.*if_exists: replace`),
  )
  expect(countRequests(sandbox, 'POST')).toBe(1)

  const cleaned = await post(created, inputs, DEBUG)
  expectWarning(cleaned, left?.id ?? '')
  expectNoLeaks(sandbox, [created, cleaned])
  expect(findUnreportedKeys(sandbox, [created, cleaned])).toEqual([])
}

/** A few seconds for a response that never arrives. */
function withPatience<T>({ kind }: Fault, inputs: T) {
  const isLost = kind === 'hold' || kind === 'slow-body'
  return { ...inputs, ...(isLost && { timeout_seconds: '5' }) }
}

function describeFault(fault: Fault): string {
  return JSON.stringify(fault).replaceAll(/[{}"]/g, '').replace('kind:', '')
}
