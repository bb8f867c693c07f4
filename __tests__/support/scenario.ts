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

export const LABEL = 'preview-42'

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
export type Scenario = ReturnType<typeof createScenario>

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

/** Starts a sandbox, passes the scenario to `play`, and always stops the sandbox. */
async function withAction(
  action: Action,
  play: (scenario: Scenario) => Promise<void>,
  { hasRealPauses = false, ...options }: Options = {},
): Promise<void> {
  const sandbox = await startSandbox({ port: 0, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
  try {
    await play(createScenario(action, sandbox, join(folder, 'pauses'), hasRealPauses))
  } finally {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The action's pauses take no time, unless they are real, for tests in which something else happens meanwhile. */
function createScenario(action: Action, sandbox: Sandbox, pauses: string, hasRealPauses: boolean) {
  writeFileSync(pauses, '')
  const { orgKey, orgId, managementUrl, repository, githubUrl, workflowToken, teamIds } = sandbox
  const inputs: Inputs = {
    ...{ org_key: orgKey, org_id: orgId, api_url: managementUrl },
    // What no busy machine reaches.
    timeout_seconds: '120',
    ...INPUTS[action](sandbox),
  }
  const github = { run_id: RUN_ID, repository, api_url: githubUrl, token: workflowToken }
  const describeRun = (given: Inputs = {}, more: Partial<RunOptions> = {}): RunOptions => ({
    actionDir: action.replace(' with secrets', ''),
    node: NODE,
    timeoutMs: LONGEST_RUN_MS,
    ...more,
    env: { PAUSES: pauses, ...more.env },
    nodeArgs: [...(hasRealPauses ? [] : ['--require', SHORT_PAUSES]), ...(more.nodeArgs ?? [])],
    context: { ...more.context, github: { ...github, ...more.context?.github } },
    inputs: { ...inputs, ...given },
  })
  const main = (given?: Inputs, more?: Partial<RunOptions>) => runMain(describeRun(given, more))
  const post = (
    { state }: Pick<RunResult, 'state'>,
    given?: Inputs,
    more?: Partial<RunOptions>,
  ): Promise<RunResult> =>
    runPost(describeRun(given, { ...more, state: revokeAsSaid(state, given) }))
  return {
    sandbox,
    /** The inputs of every run, which those of a test override. */
    inputs,
    /** How a step is started, for tests that need the child process itself. */
    describeRun,
    main,
    /** Runs the main step and expects that it succeeds. */
    succeed: async (...run: Parameters<typeof main>) => {
      const done = await main(...run)
      expect(outcomeOf(done)).toEqual(SUCCESS)
      return done
    },
    /** Runs the main step and kills it, as if the machine had died, once `isTime` says so. */
    mainKilledWhen: (isTime: () => boolean, given?: Inputs) =>
      runAndSignal(describeRun(given), isTime, 'SIGKILL'),
    /** Runs the main step and cancels it, as a runner does, once `isTime` says so; it must end by itself. */
    mainCancelledWhen: (isTime: () => boolean, given?: Inputs, signal: NodeJS.Signals = 'SIGINT') =>
      runAndSignal(describeRun(given), isTime, signal),
    /** Runs the post step with the state of a main step. */
    post,
    /** Runs the post step and expects that it succeeds without a message. */
    clean: async (...run: Parameters<typeof post>) => {
      const cleaned = await post(...run)
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      return cleaned
    },
    /** Adds a key, by default of the first team, and returns its ID. */
    addKey: (label = LABEL, seed: KeySeed = {}) =>
      sandbox.addKey({ label, teamIds: teamIds.slice(0, 1), ...seed }).id,
    /** Labels of the active keys, sorted. */
    liveLabels: () =>
      sandbox
        .activeKeys()
        .map(({ label }) => label)
        .sort(),
    /** How long each pause of the runs so far would have been, in milliseconds. */
    pauses: () => readFileSync(pauses, 'utf8').split('\n').filter(Boolean).map(Number),
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
