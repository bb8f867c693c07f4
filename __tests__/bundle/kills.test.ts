import { describe, expect, test } from '@jest/globals'
import { start } from '../../local-runner/run-action.js'
import type { RunResult } from '../../local-runner/types.js'
import type { Fault } from '../../sandbox/types.js'
import { findForgottenKeys } from '../support/forgotten-keys.js'
import { messagesOf } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import { RUN_ID, type Scenario, withAction } from '../support/scenario.js'
import { waitUntil } from '../support/wait-until.js'

/** Chooses the random instants; given in a failed test's name, and taken from there to repeat it. */
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000)
const INSTANTS = 12
/** With the latency below, a run on a quiet machine takes about as long. */
const LONGEST_MS = 300

const OWN_LABEL = `preview-${RUN_ID}`

// Windows has no signals.
const describeSignals = process.platform === 'win32' ? describe.skip : describe

describeSignals('a step that is killed', () => {
  test.concurrent.each([
    { kind: 'hold' },
    { kind: 'hold', when: 'work' },
    { kind: 'delay', delayMs: 500 },
  ] satisfies Fault[])('while its create is in flight (%o) leaves no key', (fault) =>
    withAction('.', async (scenario) => {
      scenario.sandbox.misbehave({ ...fault, method: 'POST' })
      const killed = await killWhen(scenario, { label: OWN_LABEL }, () =>
        waitUntil('the create arrives', () => countRequests(scenario.sandbox, 'POST') > 0),
      )
      const cleaned = await cleanUp(scenario, killed, { label: OWN_LABEL })
      expect(cleaned.annotations).toEqual([])
      expect(scenario.sandbox.liveKeys()).toEqual([])
    }),
  )

  test.concurrent('leaves no key when its create is obeyed only after post has looked once', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'late', method: 'POST', delayMs: 1_300 })
      const killed = await killWhen(scenario, { label: OWN_LABEL }, () =>
        waitUntil('the create arrives', () => countRequests(sandbox, 'POST') > 0),
      )
      await cleanUp(scenario, killed, { label: OWN_LABEL })
      await waitUntil('the late key is made', () => sandbox.keys().length > 0)
      expect(sandbox.liveKeys()).toEqual([])
    }))

  test.concurrent('while its create is in flight has its key named when the label is fixed', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const killed = await killWhen(scenario, {}, () =>
        waitUntil('the key is made', () => sandbox.keys().length > 0),
      )
      const cleaned = await cleanUp(scenario, killed, {})
      expect(messagesOf(cleaned, 'warning')).toEqual([
        expect.stringMatching(`${sandbox.liveKeys()[0]?.id}.*github\\.run_id`),
      ])
    }))

  test.concurrent('while its create is in flight is told of when post cannot look for its key', () =>
    withAction('.', async (scenario) => {
      const { sandbox, post } = scenario
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const killed = await killWhen(scenario, { label: OWN_LABEL }, () =>
        waitUntil('the key is made', () => sandbox.keys().length > 0),
      )
      sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', times: Infinity })
      const cleaned = await post(killed, { label: OWN_LABEL })
      expect(cleaned.exitCode).toBe(0)
      expect(messagesOf(cleaned, 'warning')).toEqual([
        expect.stringMatching(
          `"${OWN_LABEL}", and the action could not determine whether it did: .*403`,
        ),
      ])
      expect(cleaned.shown.join('\n')).toContain('Junction Dashboard')
    }))

  test.concurrent('between two attempts leaves no key', () =>
    withAction('.', async (scenario) => {
      const { sandbox } = scenario
      sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
      sandbox.misbehave({ kind: 'hold', method: 'GET' })
      const inputs = { if_exists: 'create', label: OWN_LABEL }
      const killed = await killWhen(scenario, inputs, () =>
        waitUntil('the look arrives', () => countRequests(sandbox, 'GET') > 0),
      )
      await cleanUp(scenario, killed, inputs)
      expect(sandbox.liveKeys()).toEqual([])
    }))

  test.concurrent.each(['::add-mask::mg_sandbox_team_', '::notice::Created'])(
    'right after it says %s leaves no key that nobody holds',
    (beginning) =>
      withAction('.', async (scenario) => {
        const killed = await killAtLine(scenario, beginning)
        await cleanUp(scenario, killed, { label: OWN_LABEL })
      }),
  )

  test.concurrent('while predecessors are revoked keeps the key it has handed on', () =>
    withAction('.', async (scenario) => {
      const { sandbox, inputs } = scenario
      const old = sandbox.addKey({ label: OWN_LABEL, teamIds: [inputs['team_id'] ?? ''] })
      sandbox.misbehave({ kind: 'hold', method: 'DELETE' })
      const replacing = { label: OWN_LABEL, if_exists: 'replace' }
      const killed = await killWhen(scenario, replacing, () =>
        waitUntil('the revocation arrives', () => countRequests(sandbox, 'DELETE') > 0),
      )
      await cleanUp(scenario, killed, replacing, [old.id])
      expect(sandbox.liveKeys().map(({ key }) => key)).toContain(killed.outputs['key'])
    }))

  for (const [index, ms] of chooseInstants().entries()) {
    const if_exists = index % 2 === 0 ? 'create' : 'replace'
    const label = index % 4 < 2 ? OWN_LABEL : 'preview-42'
    test.concurrent(`after ${ms} ms (${if_exists}, ${label}, KILL_SEED=${SEED}) leaves no forgotten key`, () =>
      withAction('.', async (scenario) => {
        const { main, sandbox, inputs } = scenario
        const createdAt = new Date(Date.now() - 3_600_000).toISOString()
        const teamIds = [inputs['team_id'] ?? '']
        const old = sandbox.addKey({ label, teamIds, createdAt })
        sandbox.misbehave({ kind: 'delay', delayMs: 60, times: Infinity })
        const killed = await main({ label, if_exists }, { signalAfter: { ms, signal: 'SIGKILL' } })
        sandbox.behave()
        await cleanUp(scenario, killed, { label, if_exists }, [old.id])
        const handedOn = killed.outputs['key']
        const isLive = sandbox.liveKeys().some(({ id }) => id === old.id)
        // A predecessor goes only once its successor is handed on, and then the successor stays.
        if (!isLive) expect(sandbox.liveKeys().map(({ key }) => key)).toContain(handedOn)
      }))
  }
})

async function killWhen(
  { describeRun }: Scenario,
  inputs: Record<string, string>,
  moment: () => Promise<void>,
): Promise<RunResult> {
  const run = start('main', describeRun(inputs))
  await moment()
  run.child.kill('SIGKILL')
  const killed = await run.finished
  expect(killed.signal).toBe('SIGKILL')
  return killed
}

async function killAtLine({ describeRun }: Scenario, beginning: string): Promise<RunResult> {
  const run = start(
    'main',
    describeRun(
      { label: OWN_LABEL },
      {
        onLine: (line) => {
          if (line.startsWith(beginning)) run.child.kill('SIGKILL')
        },
      },
    ),
  )
  return run.finished
}

/** Runs post as after a cancelled job; no key may be forgotten but those that were there before. */
async function cleanUp(
  { post, sandbox }: Scenario,
  killed: RunResult,
  inputs: Record<string, string>,
  former: readonly string[] = [],
): Promise<RunResult> {
  const cleaned = await post(killed, inputs, { context: { job: { status: 'cancelled' } } })
  expect(cleaned.exitCode).toBe(0)
  const forgotten = findForgottenKeys(sandbox, [killed, cleaned])
  expect(forgotten.filter((id) => !former.includes(id))).toEqual([])
  return cleaned
}

/** Instants spread over the run, a random one in each of its parts. */
function chooseInstants(): readonly number[] {
  let state = SEED
  return Array.from({ length: INSTANTS }, (_, index) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return Math.round(((index + state / 0x7fff_ffff) * LONGEST_MS) / INSTANTS)
  })
}
