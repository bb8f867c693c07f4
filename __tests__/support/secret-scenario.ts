import { type RunOptions, type RunResult, start } from '../../local-runner/run-action.js'
import type { Sandbox, SandboxOptions } from '../../sandbox/server.js'
import { RUN_ID, type Scenario, withScenario } from './scenario.js'

/** Name of the secret in every scenario. */
export const SECRET = 'JUNCTION_KEY'

/** How a first value looks in `listHoldings`, before the action overwrites it. */
export const OLD_VALUE = 'an older value'

/** A scenario whose step may write secrets of the sandbox's GitHub. */
export interface SecretScenario extends Scenario {
  /** Runs the main step and kills it, as if the machine had died, once `isTime` says so. */
  mainKilledWhen(isTime: () => boolean, inputs?: Record<string, string>): Promise<RunResult>
}

/** Starts a sandbox and plays a scenario with `github_token`, the sandbox's repository and `secret_name`. */
export function withSecrets(
  play: (scenario: SecretScenario) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  return withScenario(async (scenario) => {
    const { sandbox } = scenario
    const inputs = {
      ...scenario.inputs,
      secret_name: SECRET,
      github_token: sandbox.githubToken,
    }
    const context = {
      github: { run_id: RUN_ID, repository: sandbox.repository, api_url: sandbox.githubUrl },
    }
    const describeRun: Scenario['describeRun'] = (given = {}, more = {}) =>
      scenario.describeRun({ ...inputs, ...given }, { context, ...more })
    await play({
      ...scenario,
      inputs,
      describeRun,
      main: (given, more) => scenario.main({ ...inputs, ...given }, { context, ...more }),
      post: (main, given, more) =>
        scenario.post(main, { ...inputs, ...given }, { context, ...more }),
      mainKilledWhen: (isTime, given) => runAndKill(describeRun(given), isTime),
    })
  }, options)
}

async function runAndKill(options: RunOptions, isTime: () => boolean): Promise<RunResult> {
  const run = start('main', options)
  const watch = setInterval(() => {
    if (isTime()) run.child.kill('SIGKILL')
  }, 5)
  try {
    return await run.finished
  } finally {
    clearInterval(watch)
  }
}

/**
 * Every secret GitHub holds, a line each: where it is, its name, and what is in it. `live` and `dead` are
 * Management Keys, `unusable` is a box that its destination cannot open.
 */
export function listHoldings({ github, keys }: Sandbox): readonly string[] {
  return github
    .secrets()
    .map(({ owner, repo, environment, store, name, value }) => {
      const key = keys().find((one) => one.key === value)
      const content =
        key === undefined ? (value ?? 'unusable') : key.revokedAt === null ? 'live' : 'dead'
      const place = repo === undefined ? owner : `${owner}/${repo}`
      const inside = environment === undefined ? '' : ` env ${environment}`
      return `${place}${inside}${store === 'actions' ? '' : ` ${store}`}: ${name} = ${content}`
    })
    .sort()
}

/** What GitHub was asked to change, in order: method, path without the base, status of the answer. */
export function listWrites(sandbox: Sandbox): readonly string[] {
  const base = new URL(sandbox.githubUrl).pathname
  return sandbox.requests
    .filter(({ method, path }) => method !== 'GET' && path.startsWith(`${base}/`))
    .map(({ method, path, status }) => `${method} ${path.slice(base.length)} ${status}`)
}

/** How many keys the Management API was asked to create. */
export function countCreates({ requests }: Sandbox): number {
  return requests.filter(({ method }) => method === 'POST').length
}

/** All that the step told people, as the log shows it. */
export function readAnnotations({ annotations }: RunResult, level: string): string {
  return annotations
    .filter((annotation) => annotation.level === level)
    .map(({ message }) => message)
    .join('\n')
}

/** How a step ended: compared with `SUCCESS`, a failure shows its reason. */
export function outcomeOf(result: RunResult): object {
  return { exitCode: result.exitCode, errors: readAnnotations(result, 'error') }
}

/** The outcome of a step that went well. */
export const SUCCESS = { exitCode: 0, errors: '' }

/** Lets a test say that a secret was there before, with an older value. */
export function addOldSecret(
  { github, repository }: Sandbox,
  place: { store?: 'actions' | 'dependabot' | 'codespaces' | 'agents'; environment?: string } = {},
): void {
  const [owner = '', repo = ''] = repository.split('/')
  github.addSecret({ owner, repo, name: SECRET, value: OLD_VALUE, ...place })
}
