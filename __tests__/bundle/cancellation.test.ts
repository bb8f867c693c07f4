import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunResult } from '../../local-runner/types.js'
import { countRequests } from '../support/requests.js'
import { RUN_ID, type Scenario, withAction } from '../support/scenario.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'
import { waitUntil } from '../support/wait-until.js'

const OWN_LABEL = `preview-${RUN_ID}`

// Windows has no signals.
const describeSignals = process.platform === 'win32' ? describe.skip : describe

describeSignals('a step that the runner cancels', () => {
  test.concurrent('before the create request, creates no key', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'hold', method: 'GET' })
      const cancelled = await cancelWhen(scenario, { if_exists: 'replace' }, 'GET')
      expect(cancelled.exitCode).not.toBe(0)
      expect(countRequests(sandbox, 'POST')).toBe(0)
      expect((await cleanUp(scenario, cancelled)).annotations).toEqual([])
    }))

  test.concurrent('during the create request, revokes the key when the response arrives', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'delay', method: 'POST', delayMs: 800 })
      const cancelled = await cancelWhen(scenario, {}, 'POST')
      expect(cancelled.exitCode).not.toBe(0)
      expect(sandbox.keys()).toHaveLength(1)
      expect(sandbox.activeKeys()).toEqual([])
      expect(cancelled.outputs).toEqual({ created: 'false', secrets: '[]' })
      expect((await cleanUp(scenario, cancelled)).annotations).toEqual([])
    }))

  test.concurrent('during the create request, leaves the key to post when no response arrives', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const inputs = { label: OWN_LABEL, timeout_seconds: '3' }
      const cancelled = await cancelWhen(scenario, inputs, 'POST')
      expect(cancelled.exitCode).not.toBe(0)
      expect(countRequests(sandbox, 'POST')).toBe(1)
      expect((await cleanUp(scenario, cancelled, inputs)).annotations).toEqual([])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('during a create request that hangs, gives up before its timeout, saves the record, and ends', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const inputs = { label: OWN_LABEL, timeout_seconds: '600' }
      const cancelled = await cancelWhen(scenario, inputs, 'POST')
      expect(cancelled.exitCode).not.toBe(0)
      expect(JSON.parse(cancelled.state['transaction'] ?? '')).toMatchObject({
        phase: 'intent',
        mayExist: true,
      })
      expect((await cleanUp(scenario, cancelled, inputs)).annotations).toEqual([])
      expect([sandbox.keys().length, sandbox.activeKeys()]).toEqual([1, []])
    }))

  test.concurrent('between attempts, stops waiting', () =>
    withAction(
      '.',
      async (scenario) => {
        const { sandbox } = scenario
        sandbox.misbehave({ kind: 'status', status: 429, retryAfter: 120, method: 'POST' })
        const cancelled = await cancelWhen(scenario, {}, 'POST', () =>
          sandbox.requests.some(({ status }) => status === 429),
        )
        expect(cancelled.exitCode).not.toBe(0)
        expect(sandbox.requests).toHaveLength(1)
        expect((await cleanUp(scenario, cancelled)).annotations).toEqual([])
      },
      { hasRealPauses: true },
    ))

  test.concurrent('after delivery, leaves the key active', () =>
    withAction('.', async (scenario) => {
      const { sandbox, addKey } = scenario
      addKey()
      sandbox.misbehave({ kind: 'delay', method: 'DELETE', delayMs: 500 })
      const replacing = { if_exists: 'replace' }
      const cancelled = await cancelWhen(scenario, replacing, 'DELETE')
      await cleanUp(scenario, cancelled, replacing)
      expect(sandbox.activeKeys().map(({ key }) => key)).toEqual([cancelled.outputs['key']])
    }))

  test.concurrent('after delivery, has the key revoked if revoke says so', () =>
    withAction('.', async (scenario) => {
      const { sandbox, addKey } = scenario
      addKey()
      sandbox.misbehave({ kind: 'delay', method: 'DELETE', delayMs: 500 })
      const replacing = { if_exists: 'replace', revoke: 'on_failure' }
      const cancelled = await cancelWhen(scenario, replacing, 'DELETE')
      await cleanUp(scenario, cancelled, replacing)
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent.each([0, 20, 40, 60])('%d ms after its start loses no key', (ms) =>
    withAction('.', async (scenario) => {
      const inputs = { label: OWN_LABEL }
      const run = start('main', scenario.describeRun(inputs))
      setTimeout(() => run.child?.kill('SIGINT'), ms)
      await cleanUp(scenario, await run.finished, inputs)
    }),
  )
})

/** Cancels main once a request with the method has arrived; it ends without being killed. */
async function cancelWhen(
  { sandbox, describeRun }: Scenario,
  inputs: Record<string, string>,
  method: string,
  holds: () => boolean = () => true,
): Promise<RunResult> {
  // Less than a pause of two minutes, which must not be waited for.
  const run = start('main', describeRun(inputs, { timeoutMs: 110_000 }))
  await waitUntil(`a ${method} arrives`, () => countRequests(sandbox, method) > 0 && holds())
  run.child?.kill('SIGINT')
  const cancelled = await run.finished
  expect(cancelled.signal).toBeNull()
  return cancelled
}

async function cleanUp(
  { post, sandbox }: Scenario,
  cancelled: RunResult,
  inputs: Record<string, string> = {},
): Promise<RunResult> {
  const cleaned = await post(cancelled, inputs, { context: { job: { status: 'cancelled' } } })
  expect(cleaned.exitCode).toBe(0)
  expect(findUnreportedKeys(sandbox, [cancelled, cleaned])).toEqual([])
  return cleaned
}
