import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { RunnerLog } from '../../local-runner/mask-log.js'
import { runPost, start } from '../../local-runner/run-action.js'
import type { Cancellation, RunOptions, RunResult } from '../../local-runner/types.js'
import { LABEL, type Scenario, SECRET, withAction } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'
import { findUnreportedKeys } from '../support/unreported-keys.js'
import { waitUntil } from '../support/wait-until.js'

/** As a runner of GitHub's does it to a job container: no signal, files read at once, post beside main. */
const CONTAINER = { unreachable: true }
/** As when a service is stopped or a spot machine goes: a signal, ten seconds, and no post step. */
const SHUTDOWN = { shutdown: true }
/** Long enough that the step is in the middle of its work when it is ended. */
const SLOW_MS = 300
const TEN = Array.from({ length: 10 }, (_, index) => `env=preview-${index}`)

// Windows has no signals.
const describeSignals = process.platform === 'win32' ? describe.skip : describe

describeSignals('a main step that goes on beside its post step, in a job container', () => {
  test.each([1, 4])('while it replaces a key in four environments, at write %d', (count) =>
    withAction(
      '. with secrets',
      async (scenario) => {
        const { sandbox, addKey } = scenario
        const targets = TEN.slice(0, 4)
        for (const [, name] of splitTargets(targets)) addEnvironment(scenario, name)
        const id = addKey(LABEL)
        const environment = splitTargets(targets).at(-1)?.[1] ?? ''
        const [owner = '', repo = ''] = sandbox.repository.split('/')
        const value = sandbox.keys().find((key) => key.id === id)?.key ?? ''
        sandbox.github.addSecret({ owner, repo, environment, name: SECRET, value })

        const inputs = { if_exists: 'replace', secret_targets: targets.join('\n') }
        const ended = await endAt(scenario, 'PUT', count, CONTAINER, inputs)
        const { post } = await cleanUp(scenario, ended, inputs)
        // The secret that was there before still holds a key that works.
        expect(listSecrets(sandbox).filter((line) => line.includes(environment))).toEqual([
          expect.stringMatching(/= active$/),
        ])
        expectNoDeadSecret(scenario)
        expectHeldOrNamed(scenario, [post])
      },
      { hasRealPauses: true },
    ),
  )

  test.each([3, 10])('while it writes ten new secrets, at write %d', (count) =>
    withAction(
      '. with secrets',
      async (scenario) => {
        for (const [, name] of splitTargets(TEN)) addEnvironment(scenario, name)
        const inputs = { secret_targets: TEN.join('\n') }
        const { post } = await cleanUp(
          scenario,
          await endAt(scenario, 'PUT', count, CONTAINER, inputs),
          inputs,
        )
        expectNoDeadSecret(scenario)
        expectHeldOrNamed(scenario, [post])
      },
      { hasRealPauses: true },
    ),
  )

  test.each([
    ['never', 'beside'],
    ['never', 'after'],
    ['always', 'beside'],
    ['always', 'after'],
  ])('while the create request waits, with revoke: %s and post %s main', (revoke, when) =>
    withAction(
      '.',
      async (scenario) => {
        const ended = await endAt(scenario, 'POST', 1, CONTAINER, { revoke })
        if (when === 'after') await ended.gone
        const { post } = await cleanUp(scenario, ended, { revoke })
        expect(scenario.sandbox.keys()).toHaveLength(1)
        // What main put into its outputs, nobody reads.
        expectHeldOrNamed(scenario, [post])
        if (revoke === 'always') expect(scenario.sandbox.activeKeys()).toEqual([])
      },
      { hasRealPauses: true },
    ),
  )
})

describeSignals('a main step whose runner is shut down', () => {
  test.each([1, 3, 10])(
    'at write %d of ten new secrets leaves nothing that it does not name',
    (count) =>
      withAction('. with secrets', async (scenario) => {
        for (const [, name] of splitTargets(TEN)) addEnvironment(scenario, name)
        const inputs = { secret_targets: TEN.join('\n') }
        const { main, post } = await endAt(scenario, 'PUT', count, SHUTDOWN, inputs)
        expect((await runPost(post)).outcome).toBe('skipped')
        expect([main.outcome, main.signal]).toEqual(['cancelled', null])
        expectNoDeadSecret(scenario)
        expectHeldOrNamed(scenario, [main])
      }),
  )

  test('shows the ID of the key in a plain line as soon as there is one', () =>
    withAction('. with secrets', async (scenario) => {
      for (const [, name] of splitTargets(TEN)) addEnvironment(scenario, name)
      const { main } = await endAt(scenario, 'PUT', 1, SHUTDOWN, {
        secret_targets: TEN.join('\n'),
      })
      const id = scenario.sandbox.keys()[0]?.id ?? 'none'
      const line = main.lines.findIndex((text) => text.includes(id))
      expect([main.lines[line]?.startsWith('::'), main.lines.length - line > 1]).toEqual([
        false,
        true,
      ])
    }))
})

describeSignals('a post step whose runner is shut down', () => {
  test('finishes its request, and names the key that it leaves', () =>
    withAction('. with secrets', async (scenario) => {
      const { sandbox, describeRun } = scenario
      for (const [, name] of splitTargets(TEN)) addEnvironment(scenario, name)
      const inputs = { secret_targets: TEN.join('\n'), revoke: 'always' }
      const main = await scenario.main(inputs)
      slowDown(scenario, 'DELETE')
      const run = start('post', { ...describeRun(inputs), state: main.state })
      await waitFor(scenario, 'DELETE', 1)
      run.cancel(SHUTDOWN)
      const post = await run.finished
      expect(post.signal).toBeNull()
      // Nobody holds it any longer but the secrets: main's outputs ended with the job.
      expect(findUnreportedKeys(sandbox, [post])).toEqual([])
      expect(post.summary).toContain(sandbox.keys()[0]?.id)
      expectNoDeadSecret(scenario)
    }))
})

test('a post step whose inputs are empty, in a nested composite, does what main was told', () =>
  withAction('.', async (scenario) => {
    const { state } = await scenario.main({ revoke: 'always' })
    const post = await runPost({ ...scenario.describeRun({ revoke: '' }), state })
    expect([post.exitCode, scenario.sandbox.activeKeys()]).toEqual([0, []])
  }))

/** A main step that was ended while it worked. */
interface Ended {
  readonly main: RunResult
  /** Resolves when its process has ended. */
  readonly gone: Promise<void>
  readonly temp: string
  /** How its post step is started. */
  readonly post: RunOptions
}

/** Starts main, and ends it when so many requests with the method have arrived. */
async function endAt(
  scenario: Scenario,
  method: string,
  count: number,
  how: Cancellation,
  inputs: Record<string, string>,
): Promise<Ended> {
  const log = new RunnerLog()
  const temp = mkdtempSync(join(tmpdir(), 'runner-temp-'))
  slowDown(scenario, method)
  const options = scenario.describeRun(inputs, { log, overrides: { RUNNER_TEMP: temp } })
  const run = start('main', options)
  await waitFor(scenario, method, count)
  run.cancel(how)
  const main = await run.finished
  return { main, gone: run.gone, temp, post: { ...options, state: main.state } }
}

/** Runs post beside main, and waits for the end of both. */
async function cleanUp({ sandbox }: Scenario, { main, gone, temp, post }: Ended, inputs: object) {
  expect([main.outcome, main.exitCode]).toEqual(['cancelled', null])
  const cleaned = await runPost({ ...post, inputs: { ...post.inputs, ...inputs } })
  await gone
  rmSync(temp, { recursive: true, force: true, maxRetries: 5 })
  expect(cleaned.exitCode).toBe(0)
  expect(sandbox.keys().length).toBeGreaterThan(0)
  return { post: cleaned }
}

function slowDown({ sandbox }: Scenario, method: string): void {
  sandbox.misbehave({ kind: 'delay', method, delayMs: SLOW_MS, times: Infinity })
}

async function waitFor({ sandbox }: Scenario, method: string, count: number): Promise<void> {
  await waitUntil(
    `${count} ${method}`,
    () => sandbox.requests.filter((request) => request.method === method).length >= count,
  )
}

function splitTargets(targets: readonly string[]): readonly (readonly string[])[] {
  return targets.map((target) => target.split('='))
}

function addEnvironment({ sandbox }: Scenario, name = ''): void {
  sandbox.github.addEnvironment(sandbox.repository, name)
}

/** No secret may hold a key that is revoked. */
function expectNoDeadSecret({ sandbox }: Scenario): void {
  expect(listSecrets(sandbox).filter((line) => line.endsWith('= revoked'))).toEqual([])
}

/** Each active key stands in a secret, or in an error or a warning. */
function expectHeldOrNamed({ sandbox }: Scenario, runs: readonly RunResult[]): void {
  const stored = new Set(sandbox.github.secrets().map(({ value }) => value))
  const lost = findUnreportedKeys(sandbox, runs)
  const keys = sandbox.activeKeys().filter(({ id, key }) => lost.includes(id) && !stored.has(key))
  expect(keys).toEqual([])
}
