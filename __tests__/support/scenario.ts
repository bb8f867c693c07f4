import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { format } from 'node:util'
import { describe, expect, test as jestTest } from '@jest/globals'
import { runMain, runPost, start } from '../../local-runner/run-action.js'
import type { RunOptions, RunResult } from '../../local-runner/types.js'
import { createKeyPair, openSealedBox, sealOverhead } from '../../sandbox/github/sealing.js'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox, SandboxOptions } from '../../sandbox/types.js'
import { outcomeOf, SUCCESS } from './messages.js'

// Loads what opens a sealed box: during `test.concurrent`, Jest lets no code load a module.
await openSealedBox(Buffer.alloc(sealOverhead), { ...createKeyPair(), keyId: '' })

/** A runner passes both steps the same inputs: where a test has `revoke` for the post step alone, main had it too. */
function revokeAsSaid(state: RunResult['state'], { revoke }: Inputs = {}): RunResult['state'] {
  const { transaction } = state
  if (transaction === undefined || revoke === undefined) return state
  return { ...state, transaction: transaction.replace(/"revoke":"\w+"/, `"revoke":"${revoke}"`) }
}

/** Ends only what hangs, on the slowest machine. */
const LONGEST_RUN_MS = 240_000

const SHORT_PAUSES = resolve('__tests__/support/short-pauses.cjs')

/** Node.js that runs the bundle: BUNDLE_NODE, or the one that runs the tests. */
const NODE = process.env['BUNDLE_NODE']

/** GITHUB_RUN_ID of every run, so that a test can put it into a label. */
export const RUN_ID = '7263548190'

/** Default label of the key that the root action creates. */
export const LABEL = 'preview-42'

/** A label that is the run's own. */
export const OWN_LABEL = `preview-${RUN_ID}`

/** Name of the secret that an action writes or deletes when it is run with secrets. */
export const SECRET = 'JUNCTION_KEY'

/** The folder of an action.yml, and the inputs that each needs besides the sandbox's organization. */
const INPUTS: Readonly<Record<Action, (sandbox: Sandbox) => Record<string, string>>> = {
  '.': ({ teamIds }) => ({ team_id: teamIds[0] ?? '', label: LABEL }),
  '. with secrets': (sandbox) => ({
    ...INPUTS['.'](sandbox),
    secret_name: SECRET,
    github_token: sandbox.githubToken,
  }),
  revoke: () => ({}),
  'revoke with secrets': ({ githubToken }) => ({
    label: LABEL,
    secret_name: SECRET,
    github_token: githubToken,
  }),
  prune: () => ({}),
}

type Action = '.' | '. with secrets' | 'revoke' | 'revoke with secrets' | 'prune'
type Inputs = Record<string, string>
type Options = SandboxOptions & { hasRealPauses?: boolean }
type KeySeed = Omit<Parameters<Sandbox['addKey']>[0], 'label'>

/** A built action with its own sandbox, in whose repository it runs. */
export interface Scenario {
  readonly sandbox: Sandbox
  /** The options of every run, which those of a test override. */
  readonly inputs: Inputs
  /** Runs the main step as a runner would. */
  main(inputs?: Inputs, options?: Partial<RunOptions>): Promise<RunResult>
  /** Runs the main step and expects that it succeeds. */
  succeed(inputs?: Inputs, options?: Partial<RunOptions>): Promise<RunResult>
  /** Runs the main step and kills it, as if the machine had died, once `isTime` says so. */
  mainKilledWhen(isTime: () => boolean, inputs?: Inputs): Promise<RunResult>
  /** Runs the main step and cancels it, as a runner does, once `isTime` says so; it must end by itself. */
  mainCancelledWhen(
    isTime: () => boolean,
    inputs?: Inputs,
    signal?: NodeJS.Signals,
  ): Promise<RunResult>
  /** Runs the post step with the state of a main step. */
  post(
    main: Pick<RunResult, 'state'>,
    inputs?: Inputs,
    options?: Partial<RunOptions>,
  ): Promise<RunResult>
  /** Runs the post step and expects that it succeeds without a message. */
  clean(...run: Parameters<Scenario['post']>): Promise<RunResult>
  /** How a step is started, for tests that need the child process itself. */
  describeRun(inputs?: Inputs, options?: Partial<RunOptions>): RunOptions
  /** Adds a key, by default of the first team, and returns its ID. */
  addKey(label?: string, seed?: KeySeed): string
  /** Labels of the active keys, sorted. */
  liveLabels(): readonly string[]
  /** How long each pause of the runs so far would have been, in milliseconds. */
  pauses(): readonly number[]
}

/** Tests of an action at the same time, each with a scenario of its own, to which `extend` may add. */
export function testExtended<More>(
  action: Action,
  extend: (scenario: Scenario, play: (extended: Scenario & More) => Promise<void>) => Promise<void>,
) {
  type Play<Rest extends readonly unknown[] = []> = (
    scenario: Scenario & More,
    ...rest: Rest
  ) => Promise<void>
  const test = (title: string, play: Play, options?: Options | (() => Options)) =>
    jestTest.concurrent(title, () =>
      withAction(
        action,
        (scenario) => extend(scenario, play),
        typeof options === 'function' ? options() : options,
      ),
    )
  /** `%s` and the like in the title stand for the row, or for its parts in order. */
  const each =
    <const Row>(rows: readonly Row[]) =>
    (title: string, play: Play<[Row]>, options?: Options | ((row: Row) => Options)) => {
      const count = title.split('%').length - 1
      for (const row of rows) {
        const parts = Array.isArray(row) ? row : [row]
        test(
          format(title, ...parts.slice(0, count)),
          (scenario) => play(scenario, row),
          typeof options === 'function' ? () => options(row) : options,
        )
      }
    }
  return Object.assign(test, { each })
}

/** Tests of an action at the same time, each with a scenario of its own. */
export const testAction = (action: Action) =>
  testExtended<unknown>(action, (scenario, play) => play(scenario))

/** `describe`, for tests with signals: Windows has none. */
export const describeSignals = process.platform === 'win32' ? describe.skip : describe

/**
 * Starts a sandbox, passes the scenario to `play`, and always stops the sandbox. The action's pauses take no time,
 * unless they are real, for tests in which something else happens meanwhile.
 */
async function withAction(
  action: Action,
  play: (scenario: Scenario) => Promise<void>,
  { hasRealPauses = false, ...options }: Options = {},
): Promise<void> {
  const sandbox = await startSandbox({ port: 0, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
  const pauses = join(folder, 'pauses')
  writeFileSync(pauses, '')
  const { orgKey, orgId, managementUrl, repository, githubUrl, workflowToken, teamIds } = sandbox
  const inputs = {
    ...{ org_key: orgKey, org_id: orgId, api_url: managementUrl },
    // What no busy machine reaches.
    timeout_seconds: '120',
    ...INPUTS[action](sandbox),
  }
  const github = { run_id: RUN_ID, repository, api_url: githubUrl, token: workflowToken }
  const describeRun: Scenario['describeRun'] = (given = {}, more = {}) => ({
    actionDir: action.replace(' with secrets', ''),
    node: NODE,
    timeoutMs: LONGEST_RUN_MS,
    ...more,
    env: { PAUSES: pauses, ...more.env },
    nodeArgs: [...(hasRealPauses ? [] : ['--require', SHORT_PAUSES]), ...(more.nodeArgs ?? [])],
    context: { ...more.context, github: { ...github, ...more.context?.github } },
    inputs: { ...inputs, ...given },
  })
  const main: Scenario['main'] = (given, more) => runMain(describeRun(given, more))
  const post: Scenario['post'] = ({ state }, given, more) =>
    runPost(describeRun(given, { ...more, state: revokeAsSaid(state, given) }))
  try {
    await play({
      sandbox,
      inputs,
      describeRun,
      main,
      succeed: async (given, more) => {
        const done = await main(given, more)
        expect(outcomeOf(done)).toEqual(SUCCESS)
        return done
      },
      mainKilledWhen: (isTime, given) => runAndSignal(describeRun(given), isTime, 'SIGKILL'),
      mainCancelledWhen: (isTime, given, signal = 'SIGINT') =>
        runAndSignal(describeRun(given), isTime, signal),
      post,
      clean: async (...run) => {
        const cleaned = await post(...run)
        expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
        return cleaned
      },
      addKey: (label = LABEL, seed = {}) =>
        sandbox.addKey({ label, teamIds: teamIds.slice(0, 1), ...seed }).id,
      liveLabels: () =>
        sandbox
          .activeKeys()
          .map(({ label }) => label)
          .sort(),
      pauses: () => readFileSync(pauses, 'utf8').split('\n').filter(Boolean).map(Number),
    })
  } finally {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Ends a step by a signal when it is time; after one that can be caught, it must end by itself. */
async function runAndSignal(
  options: RunOptions,
  isTime: () => boolean,
  signal: NodeJS.Signals,
): Promise<RunResult> {
  const { child, finished } = start('main', options)
  while (child?.exitCode === null && !isTime()) await sleep(5)
  child?.kill(signal)
  const ended = await finished
  expect(ended.signal).toBe(signal === 'SIGKILL' ? signal : null)
  return ended
}
