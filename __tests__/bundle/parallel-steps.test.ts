import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunOptions, RunResult } from '../../local-runner/types.js'
import { readNotes } from '../../src/runner/step-notes.js'
import { expectMessage, messagesOf } from '../support/messages.js'
import { RUN_ID, type Scenario, withAction } from '../support/scenario.js'
import { withStepFiles } from '../support/step-files.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'
import { waitUntil } from '../support/wait-until.js'

const OWN_LABEL = `preview-${RUN_ID}`

/** One step of a job whose steps share a temporary folder. */
function stepOf(action: string, temp: string): Partial<RunOptions> {
  return { context: { github: { action } }, overrides: { RUNNER_TEMP: temp } }
}

async function withJob(play: (scenario: Scenario, temp: string) => Promise<void>): Promise<void> {
  await withAction(
    '.',
    (scenario) => withStepFiles(({ overrides: { RUNNER_TEMP } }) => play(scenario, RUNNER_TEMP)),
    { hasRealPauses: true },
  )
}

/** Expects that both steps succeed, and that only their keys are active. */
async function expectBothKeys(
  { sandbox, post }: Scenario,
  runs: readonly RunResult[],
  temp: string,
): Promise<void> {
  expect(runs.map((run) => messagesOf(run, 'error'))).toEqual(runs.map(() => []))
  const keys = runs.map(({ outputs }) => outputs['key']).sort()
  const active = () =>
    sandbox
      .activeKeys()
      .map(({ key }) => key)
      .sort()
  expect(active()).toEqual(keys)
  for (const [index, run] of runs.entries()) {
    await post(run, { label: OWN_LABEL }, stepOf(`step${index}`, temp))
  }
  expect(active()).toEqual(keys)
}

describe('steps of one job that run side by side with the same label and teams', () => {
  test.concurrent.each([0, 60, 120, 200, 300, 400, 500, 700, 900, 1_200])(
    'one loses its response, and neither mistakes the other’s key for a stray: %d ms',
    (delayMs) =>
      withJob(async (scenario, temp) => {
        const { sandbox, main } = scenario
        sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
        if (delayMs > 0) sandbox.misbehave({ kind: 'delay', delayMs, method: 'POST' })
        const runs = await Promise.all(
          [0, 1].map((index) => main({ label: OWN_LABEL }, stepOf(`step${index}`, temp))),
        )
        expect(sandbox.keys()).toHaveLength(3)
        await expectBothKeys(scenario, runs, temp)
      }),
  )

  test.concurrent.each([0, 20, 40, 60, 80, 100, 130, 160, 200, 250])(
    'both replace, and neither revokes the other’s new key: %d ms apart',
    (delayMs) =>
      withJob(async ({ sandbox, main }, temp) => {
        const inputs = { label: OWN_LABEL, if_exists: 'replace' }
        const before = await main(inputs, stepOf('before', temp))
        sandbox.misbehave({ kind: 'delay', delayMs: 200, method: 'POST', times: 2 })
        const startAfter = async (action: string, ms: number) => {
          await new Promise((resolve) => setTimeout(resolve, ms))
          return main(inputs, stepOf(action, temp))
        }
        const runs = await Promise.all([startAfter('step0', 0), startAfter('step1', delayMs)])
        const isActive = (run: RunResult) =>
          sandbox.activeKeys().some(({ key }) => key === run.outputs['key'])
        expect([before, ...runs].map(isActive)).toEqual([false, true, true])
        expect(runs.flatMap((run) => messagesOf(run, 'error', 'warning'))).toEqual([])
      }),
  )

  test.concurrent('the second does not ask before the first knows its key', () =>
    withJob(async ({ sandbox, main, describeRun }, temp) => {
      sandbox.misbehave({ kind: 'slow-body', delayMs: 8, method: 'POST' })
      const first = start('main', describeRun({ label: OWN_LABEL }, stepOf('step0', temp)))
      await waitUntil('the first key is made', () => sandbox.keys().length > 0)
      const second = main({ label: OWN_LABEL }, stepOf('step1', temp))
      const { outputs } = await first.finished
      expect((await second).outcome).toBe('success')
      const asked = sandbox.requests.map(({ method }) => method)
      expect(asked).toEqual(['GET', 'POST', 'GET', 'POST'])
      expect(sandbox.activeKeys()[0]?.id).toBe(outputs['key_id'])
    }))

  test.concurrent('those with other labels wait for none', () =>
    withJob(async ({ sandbox, main, describeRun }, temp) => {
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const hanging = start('main', describeRun({ label: OWN_LABEL }, stepOf('step0', temp)))
      await waitUntil('the hanging key is made', () => sandbox.keys().length > 0)
      const other = await main({ label: `${OWN_LABEL}-b` }, stepOf('step1', temp))
      expect(other.outcome).toBe('success')
      hanging.child?.kill('SIGKILL')
      await hanging.finished
    }))

  test.concurrent('one that replaces after another has ended revokes its key', () =>
    withJob(async ({ sandbox, main }, temp) => {
      const inputs = { label: OWN_LABEL, if_exists: 'replace' }
      const first = await main(inputs, stepOf('step0', temp))
      const second = await main(inputs, stepOf('step1', temp))
      expect(JSON.parse(second.outputs['replaced_key_ids'] ?? '')).toEqual([
        first.outputs['key_id'],
      ])
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([second.outputs['key_id']])
    }))

  test.concurrent('waits for the response of another step whose key already exists', () =>
    withJob(async (scenario, temp) => {
      const { sandbox, main, describeRun } = scenario
      sandbox.misbehave({ kind: 'slow-body', delayMs: 8, method: 'POST' })
      const slow = start('main', describeRun({ label: OWN_LABEL }, stepOf('step0', temp)))
      await waitUntil('the slow key is made', () => sandbox.keys().length > 0)
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      const quick = await main({ label: OWN_LABEL }, stepOf('step1', temp))
      await expectBothKeys(scenario, [await slow.finished, quick], temp)
    }))

  test.concurrent('does not wait for a step that was killed during its request', () =>
    withJob(async ({ sandbox, main, describeRun }, temp) => {
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const killed = start('main', describeRun({ label: OWN_LABEL }, stepOf('step0', temp)))
      await waitUntil('its key is made', () => sandbox.keys().length > 0)
      killed.child?.kill('SIGKILL')
      await killed.finished
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      const other = await main({ label: OWN_LABEL }, stepOf('step1', temp))
      expect(messagesOf(other, 'error')).toEqual([])
      expect(sandbox.activeKeys().map(({ key }) => key)).toContain(other.outputs['key'])
    }))
})

describe('a post step whose state the runner has not read', () => {
  test.concurrent('finds the key of its own main step in the journal', () =>
    withJob(async ({ sandbox, post, describeRun }, temp) => {
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const options = stepOf('step0', temp)
      const killed = start('main', describeRun({ label: OWN_LABEL }, options))
      await waitUntil('its key is made', () => sandbox.keys().length > 0)
      killed.child?.kill('SIGKILL')
      await killed.finished
      sandbox.behave()

      const stranger = await post({ state: {} }, { label: OWN_LABEL }, stepOf('step1', temp))
      expect(stranger.shown).toContain('Nothing to clean up.')
      expect(sandbox.activeKeys()).toHaveLength(1)
      const cleaned = await post({ state: {} }, { label: OWN_LABEL }, options)
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('applies revoke to a delivered key', () =>
    withJob(async ({ sandbox, main, post }, temp) => {
      const created = await main({ revoke: 'always' }, stepOf('step0', temp))
      expect(created.exitCode).toBe(0)
      await post({ state: {} }, { revoke: 'always' }, stepOf('step0', temp))
      expect(sandbox.activeKeys()).toEqual([])
      expect(findUnreportedKeys(sandbox, [created])).toEqual([])
    }))

  test.concurrent('names a delivered key, whose outputs may be lost as well', () =>
    withJob(async ({ main, post }, temp) => {
      const created = await main({}, stepOf('step0', temp))
      const cleaned = await post({ state: {} }, {}, stepOf('step0', temp))
      expectMessage(
        cleaned,
        'warning',
        `${created.outputs['key_id']} stays active (revoke: never), but`,
      )
      expect(cleaned.summary).toContain(created.outputs['key_id'])
      expect((await post(created, {}, stepOf('step0', temp))).annotations).toEqual([])
    }))

  test.concurrent('never finds a key’s value there', () =>
    withJob(async ({ main, sandbox }, temp) => {
      const created = await main({}, stepOf('step0', temp))
      const notes = readNotes(temp)
        .map(({ text }) => text)
        .join('\n')
      expect(notes).toContain(created.outputs['key_id'])
      expect(notes).not.toContain(created.outputs['key'])
      expect(notes).not.toContain(sandbox.orgKey)
    }))
})
