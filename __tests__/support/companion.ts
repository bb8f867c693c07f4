import { join } from 'node:path'
import { type RunOptions, type RunResult, runMain } from '../../local-runner/run-action.js'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.js'

/** Node.js that runs the bundle: the one named by BUNDLE_NODE, else the one that runs the tests. */
const NODE = process.env['BUNDLE_NODE']

/** One of the two companion actions in front of a sandbox of its own. */
export interface Companion {
  readonly sandbox: Sandbox
  /** Runs the built action as a runner would, in the sandbox's repository. */
  run(inputs: Record<string, string>, options?: Partial<RunOptions>): Promise<RunResult>
  /** Makes a key of the first team, or what else the seed says, and gives its id. */
  addKey(label: string, seed?: KeySeed): string
  /** Labels of the keys that are alive, sorted. */
  liveLabels(): readonly string[]
}

type KeySeed = Omit<Parameters<Sandbox['addKey']>[0], 'label'>

/** Starts a sandbox, hands the scenario to `play`, and stops the sandbox whatever happens. */
export async function withCompanion(
  action: 'revoke' | 'prune',
  play: (companion: Companion) => Promise<void>,
  options: SandboxOptions = {},
): Promise<void> {
  const sandbox = await startSandbox({ port: 0, ...options })
  const { repository, githubUrl, workflowToken, teamIds } = sandbox
  const inputs = {
    org_key: sandbox.orgKey,
    org_id: sandbox.orgId,
    api_url: sandbox.managementUrl,
  }
  try {
    await play({
      sandbox,
      run: (given, more) =>
        runMain({
          actionDir: join(process.cwd(), action),
          node: NODE,
          context: { github: { repository, api_url: githubUrl, token: workflowToken } },
          ...more,
          inputs: { ...inputs, ...given },
        }),
      addKey: (label, seed) => sandbox.addKey({ label, teamIds: teamIds.slice(0, 1), ...seed }).id,
      liveLabels: () =>
        sandbox
          .liveKeys()
          .map(({ label }) => label)
          .sort(),
    })
  } finally {
    await sandbox.stop()
  }
}

/** A moment so many days before another, as Junction writes it. */
export function daysBefore(days: number, moment: Date = new Date()): string {
  return new Date(moment.getTime() - days * 86_400_000).toISOString()
}

/** What the services were asked to change, in order: method, last part of the path, status. */
export function listChanges({ requests }: Sandbox): readonly string[] {
  return requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path, status }) => `${method} ${path.split('/').at(-1)} ${status}`)
}

/** Numbers of the pull requests that were looked up, in numerical order. */
export function listLookedUp({ requests }: Sandbox): readonly number[] {
  return requests
    .flatMap(({ path }) => /\/pulls\/(\d+)$/.exec(path)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** Everything a step told people at one level. */
export function readMessages({ annotations }: RunResult, level: string): string {
  return annotations
    .filter((annotation) => annotation.level === level)
    .map(({ message }) => message)
    .join('\n')
}

/** A key of a made-up page of the list, which may look as the sandbox never makes one. */
export function listedKey(id: string, fields: Record<string, unknown>): Record<string, unknown> {
  return {
    id,
    created_at: '2020-01-01T00:00:00Z',
    role: 'team_admin',
    team_role_bindings: [],
    ...fields,
  }
}

/** Answers the next request for the list with a made-up page. */
export function answerList(
  { misbehave }: Sandbox,
  data: readonly unknown[],
  nextCursor: string | null = null,
  times = 1,
): void {
  const body = { data, next_cursor: nextCursor }
  misbehave({ kind: 'status', status: 200, method: 'GET', path: /management_key$/, body, times })
}
