import { expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { daysBefore } from '../support/listed-keys.js'
import { expectFailure } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { describeSignals, OWN_LABEL, type Scenario, testAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const test = testAction('.')

const CANCELLED = { context: { job: { status: 'cancelled' } } }

/** Cancels main once a request with the method has arrived. */
async function cancelAt(
  { mainCancelledWhen, sandbox }: Scenario,
  method: string,
  inputs: Record<string, string> = {},
): Promise<RunResult> {
  const cancelled = await mainCancelledWhen(() => countRequests(sandbox, method) > 0, inputs)
  expect(cancelled.exitCode).not.toBe(0)
  return cancelled
}

describeSignals('a step that the runner cancels', () => {
  test('before the create request, creates no key', async (scenario) => {
    const { sandbox, clean } = scenario
    sandbox.misbehave({ kind: 'hold', method: 'GET' })
    const cancelled = await cancelAt(scenario, 'GET', { if_exists: 'replace' })
    expect(countRequests(sandbox, 'POST')).toBe(0)
    await clean(cancelled, {}, CANCELLED)
  })

  test('during the create request, revokes the key when the response arrives', async (scenario) => {
    const { sandbox, clean } = scenario
    sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 3_000 })
    // Taking the key back is repeated as ever.
    sandbox.misbehave({ kind: 'status', status: 503, method: 'DELETE' })
    const cancelled = await cancelAt(scenario, 'POST')
    expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    expect(cancelled.outputs).toEqual({ created: 'false', secrets: '[]' })
    await clean(cancelled, {}, CANCELLED)
  })

  // With the long timeout, the action gives up before the runner does, and leaves the key to post.
  test.each([
    ['3', { phase: 'done', mayExist: false }],
    ['600', { phase: 'intent', mayExist: true }],
  ])(
    'during a create request that hangs, timeout %s s, leaves no key behind',
    async (scenario, [timeout_seconds, record]) => {
      const { sandbox, clean } = scenario
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const inputs = { label: OWN_LABEL, timeout_seconds }
      const cancelled = await cancelAt(scenario, 'POST', inputs)
      expect(countRequests(sandbox, 'POST')).toBe(1)
      expect(JSON.parse(cancelled.state['transaction'] ?? '')).toMatchObject(record)
      await clean(cancelled, inputs, CANCELLED)
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    },
  )

  test(
    'between attempts, stops waiting',
    async ({ sandbox, mainCancelledWhen, clean }) => {
      sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 120, method: 'POST' })
      const cancelled = await mainCancelledWhen(() => sandbox.requests[0]?.status === 429)
      expectFailure(cancelled, 'It leaves no key behind')
      expect(sandbox.requests).toHaveLength(1)
      await clean(cancelled, {}, CANCELLED)
    },
    { hasRealPauses: true },
  )

  // A runner that is shut down runs no post step.
  test.each([
    ['attempts', { status: 503, after: 'work', retryAfter: 120, method: 'POST' }, /no key behind$/],
    ['reads by a new key', { status: 401, path: '/team/', times: Infinity }, /was revoked/],
  ] as const)(
    'between %s, revokes what may have been created',
    async ({ sandbox, mainCancelledWhen }, [, fault, message]) => {
      sandbox.misbehave({ kind: 'status', ...fault })
      const isTime = () => sandbox.requests.some(({ status }) => status === fault.status)
      const inputs = { label: OWN_LABEL, verify: 'true' }
      expectFailure(await mainCancelledWhen(isTime, inputs), message)
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    },
    { hasRealPauses: true },
  )

  test.each(['never', 'on_failure'])(
    'after delivery, leaves the key to its user and to revoke: %s',
    async (scenario, revoke) => {
      const { sandbox, addKey, mainCancelledWhen, post } = scenario
      addKey()
      sandbox.misbehave({ kind: 'delay', method: 'DELETE', delayMs: 500 })
      const inputs = { if_exists: 'replace', revoke }
      const isTime = () => countRequests(sandbox, 'DELETE') > 0
      const cancelled = await mainCancelledWhen(isTime, inputs)
      expect((await post(cancelled, inputs, CANCELLED)).exitCode).toBe(0)
      const expected = revoke === 'never' ? [cancelled.outputs['key']] : []
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual(expected)
    },
  )
})

describeSignals('a write of a secret that the runner cancels', () => {
  testAction('. with secrets').each(['old', 'new'])(
    'in the pause after a refusal, leaves no doubt and no key behind: %s',
    async ({ sandbox, mainCancelledWhen, clean }, kind) => {
      if (kind === 'old') addOldSecret(sandbox)
      sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 120, method: 'PUT' })
      const isTime = () => sandbox.requests.some(({ status }) => status === 429)
      const cancelled = await mainCancelledWhen(isTime)
      expectFailure(cancelled, /The step was canceled\. Management Key \S+ was revoked/)
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
      expect(listSecrets(sandbox)).toHaveLength(kind === 'old' ? 1 : 0)
      await clean(cancelled, {}, CANCELLED)
    },
    { hasRealPauses: true },
  )
})

describeSignals('a revoke that the runner cancels while it deletes secrets', () => {
  testAction('revoke with secrets')('leaves the others and the keys', async (scenario) => {
    const { sandbox, addKey, mainCancelledWhen } = scenario
    addKey()
    const names = Array.from({ length: 30 }, (_, index) => `KEY_${index}`)
    for (const name of names) addOldSecret(sandbox, { name })
    sandbox.misbehave({ kind: 'delay', method: 'DELETE', delayMs: 700, times: Infinity })
    const secret_targets = names.map((name) => `repo name=${name}`).join('\n')
    const isTime = () => countRequests(sandbox, 'DELETE') > 0
    const cancelled = await mainCancelledWhen(isTime, { secret_targets })
    expectFailure(cancelled, 'the step was canceled', 'not revoked; ')
    const left = sandbox.github.secrets()
    expect(left).not.toEqual([])
    expect(sandbox.activeKeys()).toHaveLength(1)
    expect(JSON.parse(cancelled.outputs['deleted_secrets'] ?? '')).toHaveLength(30 - left.length)
  })
})

describeSignals.each([
  ['revoke', { label: 'ci-1' }],
  ['prune', { label_pattern: 'ci-*', older_than: '7d', dry_run: 'false', max_revocations: '99' }],
] as const)('%s that the runner cancels', (action, inputs) => {
  const test = testAction(action)

  /** Cancels it at the first DELETE; expects that its report is true. */
  async function expectTrueReport(
    scenario: Scenario,
    given: Record<string, string>,
    signal?: NodeJS.Signals,
  ): Promise<number> {
    const { sandbox, addKey, mainCancelledWhen } = scenario
    const seed = { createdAt: daysBefore(40) }
    const ids = Array.from({ length: 30 }, () => addKey('ci-1', seed))
    const isTime = () => countRequests(sandbox, 'DELETE') > 0
    const cancelled = await mainCancelledWhen(isTime, { ...inputs, ...given }, signal)
    const active = sandbox.activeKeys().map(({ id }) => id)
    const revoked = ids.filter((id) => !active.includes(id))
    expect(active.length).toBeGreaterThan(0)
    expectFailure(cancelled, 'the step was canceled', ...active)
    expect(JSON.parse(cancelled.outputs['revoked_key_ids'] ?? '')).toEqual(revoked)
    const { summary } = cancelled
    for (const id of active)
      expect(summary).toMatch(new RegExp(`^\\| \`${id}\` .* may still be active \\|$`, 'm'))
    for (const id of revoked)
      expect(summary).toMatch(new RegExp(`^\\| \`${id}\` .* revoked \\|$`, 'm'))
    return revoked.length
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s finishes the requests under way, and says what was done and what was not',
    async (scenario, signal) => {
      const slow = { kind: 'delay', method: 'DELETE', delayMs: 700, times: Infinity } as const
      scenario.sandbox.misbehave(slow)
      expect(await expectTrueReport(scenario, {}, signal)).toBeGreaterThan(0)
    },
  )

  test(
    'while a request hangs ends in time, and names its key too',
    async (scenario) => {
      scenario.sandbox.misbehave({ kind: 'hold', method: 'DELETE', times: Infinity })
      expect(await expectTrueReport(scenario, { timeout_seconds: '600' })).toBe(0)
    },
    { hasRealPauses: true },
  )
})
