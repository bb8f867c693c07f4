import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunOptions, RunResult } from '../../local-runner/types.js'
import { readNotes } from '../../src/runner/step-notes.js'
import { expectMessage, findUnreportedKeys, messagesOf } from '../support/messages.js'
import { listMethods } from '../support/requests.js'
import { OWN_LABEL, type Scenario, testExtended } from '../support/scenario.js'
import { withStepFiles } from '../support/step-files.js'
import { waitUntil } from '../support/wait-until.js'

const OWN = { label: OWN_LABEL }

type Job = ReturnType<typeof createJob>

/** A job whose steps share a temporary folder. */
function createJob(scenario: Scenario, temp: string) {
  const stepOf = (action: string): Partial<RunOptions> => ({
    context: { github: { action } },
    overrides: { RUNNER_TEMP: temp },
  })
  /** Starts a step, and waits until its key is made. */
  const makeKey = async (action: string) => {
    const step = start('main', scenario.describeRun(OWN, stepOf(action)))
    await waitUntil('its key is made', () => scenario.sandbox.keys().length > 0)
    return { step }
  }
  const makeKeyAndDie = async (action: string) => {
    const { step } = await makeKey(action)
    step.child?.kill('SIGKILL')
    await step.finished
  }
  return { temp, stepOf, makeKey, makeKeyAndDie }
}

const test = testExtended<Job>('.', (scenario, play) =>
  withStepFiles(scenario, ({ overrides: { RUNNER_TEMP } }) =>
    play({ ...scenario, ...createJob(scenario, RUNNER_TEMP) }),
  ),
)

/** Expects that both steps succeed, and that only their keys are active. */
async function expectBothKeys(
  { sandbox, post, stepOf }: Scenario & Job,
  runs: readonly RunResult[],
): Promise<void> {
  expect(runs.map((run) => messagesOf(run, 'error'))).toEqual(runs.map(() => []))
  const keys = runs.map(({ outputs }) => outputs['key']).sort()
  const listActive = () =>
    sandbox
      .activeKeys()
      .map(({ key }) => key)
      .sort()
  expect(listActive()).toEqual(keys)
  for (const [index, run] of runs.entries()) await post(run, OWN, stepOf(`step${index}`))
  expect(listActive()).toEqual(keys)
}

const REAL = { hasRealPauses: true }

describe('steps of one job that run side by side with the same label and teams', () => {
  test.each([0, 60, 120, 200, 300, 400, 500, 700, 900, 1_200])(
    'one loses its response, and neither mistakes the other’s key for a stray: %d ms',
    async (job, delayMs) => {
      const { sandbox, main, stepOf } = job
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      if (delayMs > 0) sandbox.misbehave({ kind: 'delay', delayMs, method: 'POST' })
      const runs = await Promise.all(['step0', 'step1'].map((step) => main(OWN, stepOf(step))))
      expect(sandbox.keys()).toHaveLength(3)
      await expectBothKeys(job, runs)
    },
    REAL,
  )

  test.each([0, 20, 40, 60, 80, 100, 130, 160, 200, 250])(
    'both replace, and neither revokes the other’s new key: %d ms apart',
    async ({ sandbox, main, stepOf }, delayMs) => {
      const inputs = { ...OWN, if_exists: 'replace' }
      const before = await main(inputs, stepOf('before'))
      // Longer than they are apart: the first has not ended when the second begins.
      sandbox.misbehave({ kind: 'delay', delayMs: 400, method: 'POST', times: 2 })
      const first = main(inputs, stepOf('step0'))
      await sleep(delayMs)
      const runs = await Promise.all([first, main(inputs, stepOf('step1'))])
      const isActive = (run: RunResult) =>
        sandbox.activeKeys().some(({ key }) => key === run.outputs['key'])
      expect([before, ...runs].map(isActive)).toEqual([false, true, true])
      expect(runs.flatMap((run) => messagesOf(run, 'error', 'warning'))).toEqual([])
    },
    REAL,
  )

  test(
    'the second does not ask before the first knows its key',
    async (job) => {
      const { sandbox, succeed, makeKey, stepOf } = job
      sandbox.misbehave({ kind: 'slow-body', delayMs: 8, method: 'POST' })
      const { step } = await makeKey('step0')
      const second = await succeed(OWN, stepOf('step1'))
      expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'GET', 'POST'])
      await expectBothKeys(job, [await step.finished, second])
    },
    REAL,
  )

  test(
    'does not wait for one with another label, nor for one that was killed',
    async (job) => {
      const { sandbox, succeed, makeKey, stepOf } = job
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const { step } = await makeKey('step0')
      await succeed({ label: `${OWN.label}-b` }, stepOf('step1'))
      step.child?.kill('SIGKILL')
      await step.finished
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      const other = await succeed(OWN, stepOf('step2'))
      expect(sandbox.activeKeys().map(({ key }) => key)).toContain(other.outputs['key'])
    },
    REAL,
  )
})

describe('a post step whose state the runner has not read', () => {
  test('finds the key of its own main step in the journal', async (job) => {
    const { sandbox, post, clean, makeKeyAndDie, stepOf } = job
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
    await makeKeyAndDie('step0')
    sandbox.behave()

    const stranger = await post({ state: {} }, OWN, stepOf('step1'))
    expect(stranger.shown).toContain('Nothing to clean up.')
    expect(sandbox.activeKeys()).toHaveLength(1)
    await clean({ state: {} }, OWN, stepOf('step0'))
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('says of a key what a later step has made of it', async (job) => {
    const { sandbox, succeed, clean, stepOf } = job
    const inputs = { ...OWN, if_exists: 'replace' }
    const first = await succeed(inputs, stepOf('step0'))
    const second = await succeed(inputs, stepOf('step1'))
    expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([second.outputs['key_id']])
    const cleaned = [
      await clean(second, inputs, stepOf('step1')),
      await clean(first, inputs, stepOf('step0')),
    ]
    expect(cleaned.map(({ shown }) => shown.at(-1))).toEqual([
      `Left Management Key ${second.outputs['key_id']} as it is (revoke: never)`,
      `Management Key ${first.outputs['key_id']} was replaced and revoked by a later step of this job`,
    ])
  })

  test('applies revoke to a delivered key', async ({ sandbox, succeed, post, stepOf }) => {
    const created = await succeed({ revoke: 'always' }, stepOf('step0'))
    await post({ state: {} }, { revoke: 'always' }, stepOf('step0'))
    expect(sandbox.activeKeys()).toEqual([])
    expect(findUnreportedKeys(sandbox, [created])).toEqual([])
  })

  test('names a delivered key, whose outputs may be lost as well', async (job) => {
    const { sandbox, main, post, clean, temp, stepOf } = job
    const created = await main({}, stepOf('step0'))
    const { key_id: id, key } = created.outputs
    const cleaned = await post({ state: {} }, {}, stepOf('step0'))
    expectMessage(cleaned, 'warning', `${id} stays active (revoke: never), but`)
    expect(cleaned.summary).toContain(id)
    await clean(created, {}, stepOf('step0'))
    // What the journal has of a key is never its value.
    const notes = readNotes(temp)
      .map(({ text }) => text)
      .join('\n')
    expect(notes).toContain(id)
    expect([key, sandbox.orgKey].filter((secret) => notes.includes(`${secret}`))).toEqual([])
  })
})
