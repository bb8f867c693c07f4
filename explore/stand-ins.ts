import type { SandboxGitHub, SandboxKey } from '../sandbox/types.ts'
import type { OracleWorld } from './oracle.js'
import { REPOSITORY, type Stock } from './scenarios.js'

const DAY_MS = 86_400_000

/** What both engines fill and look at: the keys and secrets of a sandbox. */
export interface StandIns {
  readonly keys: () => readonly SandboxKey[]
  readonly addKey: (seed: { label: string; teamIds: string[]; createdAt: string }) => SandboxKey
  readonly github: Pick<SandboxGitHub, 'addEnvironment' | 'addSecret' | 'secrets'>
}

/** Fills the stand-ins at a time. */
export function stockOf({ addKey, github }: StandIns, now: number): Stock {
  const [owner = '', repo = ''] = REPOSITORY.split('/')
  return {
    addKey: (label, teamIds, days) => {
      const createdAt = new Date(now - days * DAY_MS).toISOString()
      const { id, key } = addKey({ label, teamIds: [...teamIds], createdAt })
      return { id, value: key }
    },
    addSecret: ({ place, name }, value) => {
      const store = (['dependabot', 'agents'] as const).find((app) => place.endsWith(`app=${app}`))
      const [, environment] = / env=(\S+)/.exec(place) ?? []
      if (environment !== undefined) github.addEnvironment(REPOSITORY, environment)
      github.addSecret({
        owner,
        name,
        value,
        updatedAt: new Date(now - DAY_MS).toISOString().replace(/\.\d+/, ''),
        ...(place.startsWith('org=') ? {} : { repo }),
        ...(store && { store }),
        ...(environment && { environment }),
      })
    },
  }
}

/** The state of the stand-ins; `madeBy` names the step that created a key. */
export function look(
  { keys, github }: StandIns,
  madeBy: (id: string) => string | null,
): OracleWorld {
  return {
    keys: keys().map(({ key: value, revokedAt, ...key }) => ({
      ...key,
      value,
      revoked: revokedAt !== null,
      madeBy: madeBy(key.id),
    })),
    secrets: github.secrets().map(({ owner, repo, environment, store, name, value }) => ({
      place: [
        repo === undefined ? `org=${owner}` : `repo=${owner}/${repo}`,
        ...(environment === undefined ? [] : [`env=${environment}`]),
        ...(store === 'actions' ? [] : [`app=${store}`]),
      ].join(' '),
      name,
      value,
    })),
  }
}
