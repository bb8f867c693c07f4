import { isOneOf, isRecord, isString, isStringList } from './json.js'
import { type List, listLines } from './message.js'

export const SECRET_APPS = ['actions', 'dependabot', 'codespaces', 'agents'] as const

type SecretApp = (typeof SECRET_APPS)[number]

export const VISIBILITIES = ['all', 'private', 'selected'] as const

export type Visibility = (typeof VISIBILITIES)[number]

/** A place that stores secrets and has its own public key. */
export type SecretDestination =
  | { readonly kind: 'repository'; readonly repository: string; readonly app: SecretApp }
  | { readonly kind: 'environment'; readonly repository: string; readonly environment: string }
  | {
      readonly kind: 'organization'
      readonly org: string
      readonly app: SecretApp
      /** If `undefined`, an existing secret keeps its own. */
      readonly visibility: Visibility | undefined
      /** Names of the organization's repositories, for `visibility: 'selected'`. */
      readonly repositories: readonly string[]
    }

export type EnvironmentDestination = Extract<SecretDestination, { kind: 'environment' }>

/** A secret to write: where, and under which name (in capitals, as GitHub stores it). */
export interface SecretTarget {
  readonly destination: SecretDestination
  readonly name: string
}

/** The environments of some targets, each once; GitHub ignores the case of their names. */
export function listEnvironments(
  targets: readonly SecretTarget[],
): readonly EnvironmentDestination[] {
  const environments = new Map<string, EnvironmentDestination>()
  for (const { destination } of targets) {
    if (destination.kind !== 'environment') continue
    environments.set(describeDestination(destination).toLowerCase(), destination)
  }
  return [...environments.values()]
}

/** Describes a destination in the syntax of `secret_targets`. */
export function describeDestination(destination: SecretDestination): string {
  if (destination.kind === 'environment') {
    return `repo=${destination.repository} env=${quoteName(destination.environment)}`
  }
  const place =
    destination.kind === 'repository' ? `repo=${destination.repository}` : `org=${destination.org}`
  return destination.app === 'actions' ? place : `${place} app=${destination.app}`
}

/** A name as a value in the syntax of `secret_targets`. */
export function quoteName(name: string): string {
  return /[\s"]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name
}

/** Describes a secret, as in `KEY in repo=owner/name`. */
export function describeSecret({ name, destination }: SecretTarget): string {
  return `${name} in ${describeDestination(destination)}`
}

/** Lists secrets that failed: how many of them `predicate`, then a line for each. */
export function listFailures(predicate: string, failures: readonly string[]): List {
  const subject = failures.length === 1 ? 'A secret' : `${failures.length} secrets`
  return listLines(`${subject} ${predicate}:`, failures)
}

export function isDestination(value: unknown): value is SecretDestination {
  if (!isRecord(value)) return false
  const { kind, app, repository, environment, org, visibility, repositories } = value
  if (kind === 'environment') return isString(repository) && isString(environment)
  if (!isOneOf(SECRET_APPS)(app)) return false
  if (kind === 'repository') return isString(repository)
  if (visibility !== undefined && !isOneOf(VISIBILITIES)(visibility)) return false
  return kind === 'organization' && isString(org) && isStringList(repositories)
}
