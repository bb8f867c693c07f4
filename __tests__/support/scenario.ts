import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { runMain, runPost, start } from '../../local-runner/run-action.js'
import type { RunOptions, RunResult } from '../../local-runner/types.js'
import { createKeyPair, openSealedBox, sealOverhead } from '../../sandbox/github/sealing.js'
import { startSandbox } from '../../sandbox/server.js'
import type { Sandbox, SandboxOptions } from '../../sandbox/types.js'

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

/** Name of the secret that the root action writes when it is run with secrets. */
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
  prune: () => ({}),
}

type Action = '.' | '. with secrets' | 'revoke' | 'prune'
type Inputs = Record<string, string>
type KeySeed = Omit<Parameters<Sandbox['addKey']>[0], 'label'>

/** A built action with its own sandbox, in whose repository it runs. */
export interface Scenario {
  readonly sandbox: Sandbox
  /** The options of every run, which those of a test override. */
  readonly inputs: Inputs
  /** Runs the main step as a runner would. */
  main(inputs?: Inputs, options?: Partial<RunOptions>): Promise<RunResult>
  /** Runs the main step and kills it, as if the machine had died, once `isTime` says so. */
  mainKilledWhen(isTime: () => boolean, inputs?: Inputs): Promise<RunResult>
  /** Runs the post step with the state of a main step. */
  post(
    main: Pick<RunResult, 'state'>,
    inputs?: Inputs,
    options?: Partial<RunOptions>,
  ): Promise<RunResult>
  /** How a step is started, for tests that need the child process itself. */
  describeRun(inputs?: Inputs, options?: Partial<RunOptions>): RunOptions
  /** Adds a key, by default of the first team, and returns its ID. */
  addKey(label?: string, seed?: KeySeed): string
  /** Labels of the active keys, sorted. */
  liveLabels(): readonly string[]
  /** How long each pause of the runs so far would have been, in milliseconds. */
  pauses(): readonly number[]
}

/**
 * Starts a sandbox, passes the scenario to `play`, and always stops the sandbox. The action's pauses take no time,
 * unless they are real, for tests in which something else happens meanwhile.
 */
export async function withAction(
  action: Action,
  play: (scenario: Scenario) => Promise<void>,
  { hasRealPauses = false, ...options }: SandboxOptions & { hasRealPauses?: boolean } = {},
): Promise<void> {
  const sandbox = await startSandbox({ port: 0, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'scenario-'))
  const pauses = join(folder, 'pauses')
  writeFileSync(pauses, '')
  const { orgKey, orgId, managementUrl, repository, githubUrl, workflowToken, teamIds } = sandbox
  const inputs = {
    ...{ org_key: orgKey, org_id: orgId, api_url: managementUrl },
    ...INPUTS[action](sandbox),
  }
  const github = { run_id: RUN_ID, repository, api_url: githubUrl, token: workflowToken }
  const describeRun: Scenario['describeRun'] = (given = {}, more = {}) => ({
    actionDir: action === '. with secrets' ? '.' : action,
    node: NODE,
    timeoutMs: LONGEST_RUN_MS,
    ...more,
    env: { PAUSES: pauses, ...more.env },
    nodeArgs: [...(hasRealPauses ? [] : ['--require', SHORT_PAUSES]), ...(more.nodeArgs ?? [])],
    context: { ...more.context, github: { ...github, ...more.context?.github } },
    inputs: { ...inputs, ...given },
  })
  try {
    await play({
      sandbox,
      inputs,
      describeRun,
      main: (given, more) => runMain(describeRun(given, more)),
      mainKilledWhen: (isTime, given) => runAndKill(describeRun(given), isTime),
      post: ({ state }, given, more) =>
        runPost(describeRun(given, { ...more, state: revokeAsSaid(state, given) })),
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

async function runAndKill(options: RunOptions, isTime: () => boolean): Promise<RunResult> {
  const { child, finished } = start('main', options)
  while (child?.exitCode === null && !isTime()) await sleep(5)
  child?.kill('SIGKILL')
  const killed = await finished
  expect(killed.signal).toBe('SIGKILL')
  return killed
}
