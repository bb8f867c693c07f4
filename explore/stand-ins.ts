import type { SandboxGitHub, SandboxKey } from '../sandbox/types.ts'
import type { OracleWorld } from './oracle.js'
import { type Configuration, listTargets, REPOSITORY, type Target, TEAMS } from './scenarios.js'

const DAY_MS = 86_400_000

/** What both engines fill and look at: the keys and secrets of a sandbox. */
export interface StandIns {
  readonly keys: () => readonly SandboxKey[]
  readonly addKey: (seed: { label: string; teamIds: string[]; createdAt: string }) => SandboxKey
  readonly github: Pick<SandboxGitHub, 'addEnvironment' | 'addSecret' | 'secrets'>
}

/**
 * Fills both services for one step; with `isShared`, another step has its label. Returns the IDs of the keys that a revoke
 * or prune step is to revoke.
 */
export function stockUp(
  { addKey, github }: StandIns,
  now: number,
  step: Configuration,
  isShared = false,
): string[] {
  const { action, label, teamIds, previous = 0, young = false } = step
  const formatDaysAgo = (days: number) => new Date(now - days * DAY_MS).toISOString()
  const add = (name: string, teams: readonly string[], days: number) =>
    addKey({ label: name, teamIds: [...teams], createdAt: formatDaysAgo(days) })
  // Older than any `older_than`, so that prune selects them.
  const oldest = action === 'prune' ? 20 : 1
  const keys = Array.from({ length: previous }, (_, index) => add(label, teamIds, oldest + index))
  if (young) add(label, teamIds, 0)
  // Neighbors that must survive: the label with another team, and another label with the teams.
  if (action === 'create') add(label, [...teamIds, TEAMS[2] ?? ''], 5)
  add(`${label}-other`, teamIds, 5)
  add('production', teamIds, 90)
  const updatedAt = formatDaysAgo(1).replace(/\.\d+/, '')
  for (const target of listTargets(step)) {
    // A secret whose key another step replaces would be that step's to write, too.
    const value = (isShared ? undefined : keys[0]?.key) ?? 'an older value'
    if (step.old.includes(target.place)) addSecret(github, target, value, updatedAt)
  }
  addSecret(github, { place: `repo=${REPOSITORY}`, name: 'UNRELATED' }, 'an older value', updatedAt)
  return action === 'create' ? [] : keys.map(({ id }) => id)
}

function addSecret(
  github: StandIns['github'],
  { place, name }: Target,
  value: string,
  updatedAt: string,
): void {
  const [owner = '', repo = ''] = REPOSITORY.split('/')
  const store = (['dependabot', 'agents'] as const).find((app) => place.endsWith(`app=${app}`))
  const [, environment] = / env=(\S+)/.exec(place) ?? []
  if (environment !== undefined) github.addEnvironment(REPOSITORY, environment)
  const where = { repo, ...(store && { store }), ...(environment && { environment }) }
  github.addSecret({ owner, name, value, updatedAt, ...(place.startsWith('org=') ? {} : where) })
}

/** The state of the stand-ins; `madeBy` names the step that created a key. */
export function look(
  { keys, github }: StandIns,
  madeBy: (id: string) => string | null,
): OracleWorld {
  return {
    keys: keys().map((key) => ({ ...key, madeBy: madeBy(key.id) })),
    secrets: github.secrets().map(({ owner, repo, environment, store, name, value, ...marks }) => ({
      place: [
        repo === undefined ? `org=${owner}` : `repo=${owner}/${repo}`,
        ...(environment === undefined ? [] : [`env=${environment}`]),
        ...(store === 'actions' ? [] : [`app=${store}`]),
      ].join(' '),
      name,
      value,
      isRewritten: marks.createdAt !== marks.updatedAt,
    })),
  }
}
