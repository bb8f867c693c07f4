import { resolve } from 'node:path'
import { expect } from '@jest/globals'
import { RunnerLog } from '../../local-runner/mask-log.js'
import { runPost, start } from '../../local-runner/run-action.js'
import type { Cancellation, RunResult } from '../../local-runner/types.js'
import { passOn, withGateway } from '../support/gateway.js'
import { expectWarning, findUnreportedKeys, messagesOf } from '../support/messages.js'
import { countRequests } from '../support/requests.js'
import {
  describeSignals,
  LABEL,
  OWN_LABEL,
  type Scenario,
  testExtended,
} from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'
import { type StepFiles, withStepFiles } from '../support/step-files.js'
import { waitUntil } from '../support/wait-until.js'

/** As a runner of GitHub's does it to a job container: no signal, files read at once, post beside main. */
const CONTAINER = { unreachable: true }
/** As when a service is stopped or a spot machine goes: signals, and no post step. The kill waits for a slow machine. */
const SHUTDOWN = { shutdown: true, terminateMs: 60_000 }
/** Long enough that the step is in the middle of its work when it is ended. */
const SLOW_MS = 300
const ENVIRONMENTS = Array.from({ length: 10 }, (_, index) => `preview-${index}`)
const TEN = { secret_targets: ENVIRONMENTS.map((name) => `env=${name}`).join('\n') }

type Job = Scenario & StepFiles

/** Tests in a repository with ten environments. */
const test = testExtended<StepFiles>('. with secrets', (scenario, play) => {
  const { github, repository } = scenario.sandbox
  for (const name of ENVIRONMENTS) github.addEnvironment(repository, name)
  return withStepFiles(scenario, play)
})
const testCreate = testExtended('.', withStepFiles)

describeSignals('a main step that goes on beside its post step, in a job container', () => {
  test.each([1, 4])(
    'while it replaces a key in four environments, at write %d',
    async (scenario, count) => {
      const { sandbox, addKey } = scenario
      const [environment = ''] = ENVIRONMENTS
      const id = addKey(LABEL)
      const value = sandbox.keys().find((key) => key.id === id)?.key
      addOldSecret(sandbox, { environment, value })

      const secret_targets = TEN.secret_targets.split('\n').slice(0, 4).reverse().join('\n')
      const inputs = { if_exists: 'replace', secret_targets }
      const ended = await endAt(scenario, 'PUT', count, CONTAINER, inputs)
      const post = await cleanUp(scenario, ended)
      // The secret that was there before still holds a key that works.
      expect(listSecrets(sandbox).filter((line) => line.includes(environment))).toEqual([
        expect.stringMatching(/= active$/),
      ])
      expectNoDeadSecret(scenario)
      // Main may be ended before it gets to the previous key, which the next run revokes.
      expectHeldOrNamed(scenario, [post], [id])
    },
    { hasRealPauses: true },
  )

  test.each([3, 10])(
    'while it writes ten new secrets, at write %d',
    async (scenario, count) => {
      const ended = await endAt(scenario, 'PUT', count, CONTAINER, TEN)
      const post = await cleanUp(scenario, ended)
      expectNoDeadSecret(scenario)
      expectHeldOrNamed(scenario, [post])
    },
    { hasRealPauses: true },
  )

  testCreate.each([
    ['never', 'beside'],
    ['never', 'after'],
    ['always', 'beside'],
    ['always', 'after'],
  ])(
    'while the create request waits, with revoke: %s and post %s main',
    async (scenario, [revoke, when]) => {
      // On a machine so slow that main is killed before it has the response, post knows its key by the label.
      const inputs = { revoke, label: revoke === 'always' ? OWN_LABEL : LABEL }
      const ended = await endAt(scenario, 'POST', 1, CONTAINER, inputs)
      if (when === 'after') await ended.gone
      const post = await cleanUp(scenario, ended)
      expect(scenario.sandbox.keys()).toHaveLength(1)
      // What main put into its outputs, nobody reads.
      expectHeldOrNamed(scenario, [post])
      if (revoke === 'always') expect(scenario.sandbox.activeKeys()).toEqual([])
    },
    { hasRealPauses: true },
  )
})

describeSignals('a main step that its post step cannot see, in another container', () => {
  test(
    'is taken for dead while its writes hang, and undoes what it does too late',
    async (scenario) => {
      const { sandbox, addKey, describeRun, overrides } = scenario
      const old = addKey()
      const held: (() => void)[] = []
      const respond: typeof passOn = (answer, response) => {
        if (answer.statusCode === 201) held.push(() => passOn(answer, response))
        else passOn(answer, response)
      }
      await withGateway(sandbox, respond, async (url) => {
        const github_api_url = `${new URL(url).origin}${new URL(sandbox.githubUrl).pathname}`
        const inputs = { ...TEN, if_exists: 'replace', github_api_url }
        const run = start('main', describeRun(inputs, { overrides }))
        await waitUntil('four writes', () => held.length === 4)
        run.cancel(CONTAINER)
        const { state } = await run.finished
        const nodeArgs = ['--require', resolve('__tests__/support/foreign-namespace.cjs')]
        const hurried = describeRun({ ...inputs, timeout_seconds: '3' }, { overrides, nodeArgs })
        expect((await runPost({ ...hurried, state })).exitCode).toBe(0)
        expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old])
        for (const letGo of held) letGo()
        await run.gone
      })
      expect(listSecrets(sandbox)).toEqual([])
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old])
    },
    { hasRealPauses: true },
  )

  testCreate(
    'is ended by one without a note of it, which warns of its key',
    async ({ sandbox, describeRun }) => {
      sandbox.misbehave({ kind: 'hold', when: 'work', method: 'POST' })
      const run = start('main', describeRun())
      await waitUntil('its key is made', () => sandbox.keys().length > 0)
      run.cancel(CONTAINER)
      const { state } = await run.finished
      // Another folder for temporary files.
      const post = await runPost({ ...describeRun(), state: { ...state, transaction: '' } })
      await run.gone
      expectWarning(post, new RegExp(`still running when the job ended.*"${LABEL}"`))
    },
    { hasRealPauses: true },
  )
})

describeSignals('a main step whose runner is shut down', () => {
  test('during a write without a response names the key and the secret', async (scenario) => {
    const { sandbox } = scenario
    sandbox.misbehave({ kind: 'hold', when: 'work', method: 'PUT' })
    const { main } = await endAt(scenario, 'PUT', 1, SHUTDOWN, {})
    expect([main.outcome, main.signal]).toEqual(['cancelled', null])
    expectNoDeadSecret(scenario)
    expect(findUnreportedKeys(sandbox, [main])).toEqual([])
    expect(messagesOf(main, 'error')[0]).toMatch(
      /stays active.*\n- \w+ in repo=\S+: may be written$/,
    )
  })

  test.each([1, 3, 10])(
    'at write %d of ten new secrets leaves nothing that it does not name',
    async (scenario, count) => {
      const { main, post } = await endAt(scenario, 'PUT', count, SHUTDOWN, TEN)
      expect((await runPost(post)).outcome).toBe('skipped')
      expect([main.outcome, main.signal]).toEqual(['cancelled', null])
      expectNoDeadSecret(scenario)
      expectHeldOrNamed(scenario, [main])
      // The ID of the key stands in a plain line as soon as there is one.
      const id = scenario.sandbox.keys()[0]?.id ?? 'none'
      const line = main.lines.findIndex((text) => text.includes(id))
      expect(main.lines[line]).not.toMatch(/^::/)
      expect(main.lines.length - line).toBeGreaterThan(1)
    },
  )
})

describeSignals('a post step whose runner is shut down', () => {
  test('finishes its request, and names the key that it leaves', async (scenario) => {
    const { sandbox, describeRun } = scenario
    const inputs = { ...TEN, revoke: 'always' }
    const { state } = await scenario.main(inputs)
    slowDown(scenario, 'DELETE')
    const run = start('post', { ...describeRun(inputs), state })
    await waitFor(scenario, 'DELETE', 1)
    run.cancel(SHUTDOWN)
    const post = await run.finished
    expect(post.signal).toBeNull()
    // Nobody holds it any longer but the secrets: main's outputs ended with the job.
    expect(findUnreportedKeys(sandbox, [post])).toEqual([])
    expect(post.summary).toContain(sandbox.keys()[0]?.id)
    expectNoDeadSecret(scenario)
  })
})

testCreate(
  'a post step whose inputs are empty, in a nested composite, does what main was told',
  async (scenario) => {
    const { state } = await scenario.main({ revoke: 'always' })
    const post = await runPost({ ...scenario.describeRun({ revoke: '' }), state })
    expect([post.exitCode, scenario.sandbox.activeKeys()]).toEqual([0, []])
  },
)

/** Starts main, and ends it when so many requests with the method have arrived. Gives it and how post is started. */
async function endAt(
  scenario: Job,
  method: string,
  count: number,
  how: Cancellation,
  inputs: Record<string, string>,
) {
  const { RUNNER_TEMP } = scenario.overrides
  const options = scenario.describeRun(inputs, {
    log: new RunnerLog(),
    overrides: { RUNNER_TEMP },
  })
  slowDown(scenario, method)
  const run = start('main', options)
  await waitFor(scenario, method, count)
  run.cancel(how)
  const main = await run.finished
  return { main, gone: run.gone, post: { ...options, state: main.state } }
}

async function cleanUp({ sandbox }: Job, { main, gone, post }: Awaited<ReturnType<typeof endAt>>) {
  expect([main.outcome, main.exitCode]).toEqual(['cancelled', null])
  const cleaned = await runPost(post)
  await gone
  expect(cleaned.exitCode).toBe(0)
  expect(sandbox.keys().length).toBeGreaterThan(0)
  return cleaned
}

function slowDown({ sandbox }: Scenario, method: string): void {
  sandbox.misbehave({ kind: 'delay', method, delayMs: SLOW_MS, times: Infinity })
}

function waitFor({ sandbox }: Scenario, method: string, count: number): Promise<void> {
  return waitUntil(`${count} ${method}`, () => countRequests(sandbox, method) >= count)
}

function expectNoDeadSecret({ sandbox }: Scenario): void {
  expect(listSecrets(sandbox).filter((line) => line.endsWith('= revoked'))).toEqual([])
}

/** Each active key stands in a secret, or in an error or a warning, except previous ones. */
function expectHeldOrNamed(
  { sandbox }: Scenario,
  runs: readonly RunResult[],
  previous: readonly string[] = [],
): void {
  const stored = new Set(sandbox.github.secrets().map(({ value }) => value))
  const lost = findUnreportedKeys(sandbox, runs)
  const keys = sandbox
    .activeKeys()
    .filter(({ id, key }) => lost.includes(id) && !stored.has(key) && !previous.includes(id))
  expect(keys).toEqual([])
}
