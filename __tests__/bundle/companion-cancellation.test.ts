import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunResult } from '../../local-runner/types.js'
import { messagesOf } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { type Scenario, withAction } from '../support/scenario.js'
import { waitUntil } from '../support/wait-until.js'

/** A runner kills a step that it cancels, or whose machine shuts down, this long after the first signal. */
const KILLED_AFTER_MS = 10_000

const OLD = { createdAt: new Date(Date.now() - 40 * 86_400_000).toISOString() }

const STEPS = [
  ['revoke', { label: 'ci-1' }],
  ['prune', { label_pattern: 'ci-*', older_than: '7d', dry_run: 'false' }],
] as const

// Windows has no signals.
const describeSignals = process.platform === 'win32' ? describe.skip : describe

describeSignals.each(STEPS)('%s that the runner cancels', (action, inputs) => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s finishes the request under way, and says what was done and what was not',
    (signal) =>
      withAction(action, async (scenario) => {
        const { sandbox, addKey } = scenario
        const ids = Array.from({ length: 9 }, () => addKey('ci-1', OLD))
        sandbox.misbehave({ kind: 'delay', method: 'DELETE', delayMs: 700, times: Infinity })
        const cancelled = await cancelAtFirstDelete(scenario, inputs, signal)
        const active = sandbox.activeKeys().map(({ id }) => id)
        const revoked = ids.filter((id) => !active.includes(id))
        expect(revoked.length).toBeGreaterThan(0)
        expect(active.length).toBeGreaterThan(0)
        expectTrueReport(cancelled, revoked, active)
      }),
  )

  test('while a request hangs ends in time, and names its key too', () =>
    withAction(
      action,
      async (scenario) => {
        const { sandbox, addKey } = scenario
        const ids = Array.from({ length: 9 }, () => addKey('ci-1', OLD))
        sandbox.misbehave({ kind: 'hold', method: 'DELETE', times: Infinity })
        const limit = { ...inputs, timeout_seconds: '600' }
        expectTrueReport(await cancelAtFirstDelete(scenario, limit, 'SIGINT'), [], ids)
      },
      { hasRealPauses: true },
    ))
})

async function cancelAtFirstDelete(
  { sandbox, describeRun }: Scenario,
  inputs: Record<string, string>,
  signal: NodeJS.Signals,
): Promise<RunResult> {
  const run = start('main', describeRun(inputs))
  await waitUntil('a DELETE arrives', () => countRequests(sandbox, 'DELETE') > 0)
  run.child?.kill(signal)
  const kill = setTimeout(() => run.child?.kill('SIGKILL'), KILLED_AFTER_MS)
  const cancelled = await run.finished
  clearTimeout(kill)
  expect(cancelled.signal).toBeNull()
  return cancelled
}

function expectTrueReport(
  { exitCode, outputs, summary, ...run }: RunResult,
  revoked: readonly string[],
  active: readonly string[],
): void {
  expect(exitCode).toBe(1)
  expect(JSON.parse(outputs['revoked_key_ids'] ?? '')).toEqual(revoked)
  const [error = '', ...others] = messagesOf({ exitCode, outputs, summary, ...run }, 'error')
  expect(others).toEqual([])
  expect(error).toContain('the step was canceled')
  for (const id of active) {
    expect(error).toContain(id)
    expect(summary).toMatch(new RegExp(`^\\| \`${id}\` .* may still be active \\|$`, 'm'))
  }
  for (const id of revoked)
    expect(summary).toMatch(new RegExp(`^\\| \`${id}\` .* revoked \\|$`, 'm'))
}
