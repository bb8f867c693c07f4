import { type RunOptions, type RunResult, runMain, runPost } from '../../local-runner/run-action.js'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.js'

/** The repository's root, where action.yml is; jest runs there. */
const ACTION_DIR = process.cwd()

/** Node.js that runs the bundle: the one named by BUNDLE_NODE, else the one that runs the tests. */
const NODE = process.env['BUNDLE_NODE']

/** GITHUB_RUN_ID of every run, so that a test can put it into a label. */
export const RUN_ID = '7263548190'

/** The built root action in front of a sandbox of its own. */
export interface Scenario {
  readonly sandbox: Sandbox
  /** Inputs that make a key: the sandbox's own key, organisation, first team, and a label. */
  readonly inputs: Readonly<Record<string, string>>
  /** Runs dist/create.cjs as a runner would; `inputs` are put over the scenario's. */
  main(inputs?: Record<string, string>, options?: Partial<RunOptions>): Promise<RunResult>
  /** Runs dist/post.cjs with the state a main step left. */
  post(
    main: Pick<RunResult, 'state'>,
    inputs?: Record<string, string>,
    options?: Partial<RunOptions>,
  ): Promise<RunResult>
  /** How a scenario's step is started, for tests that need the child process itself. */
  describeRun(inputs?: Record<string, string>, options?: Partial<RunOptions>): RunOptions
}

/** Starts a sandbox, hands the scenario to `play`, and stops the sandbox whatever happens. */
export async function withScenario(
  play: (scenario: Scenario) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  const sandbox = await startSandbox({ port: 0, ...options })
  const inputs = {
    org_key: sandbox.orgKey,
    org_id: sandbox.orgId,
    team_id: sandbox.teamIds[0] ?? '',
    label: 'preview-42',
    api_url: sandbox.managementUrl,
  }
  const describeRun: Scenario['describeRun'] = (given = {}, more = {}) => ({
    actionDir: ACTION_DIR,
    node: NODE,
    context: { github: { run_id: RUN_ID } },
    ...more,
    inputs: { ...inputs, ...given },
  })
  try {
    await play({
      sandbox,
      inputs,
      describeRun,
      main: (given, more) => runMain(describeRun(given, more)),
      post: ({ state }, given, more) => runPost(describeRun(given, { ...more, state })),
    })
  } finally {
    await sandbox.stop()
  }
}
