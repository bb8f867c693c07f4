import { ActionError, explainError } from '../core/errors.js'
import {
  describeDestination,
  describeSecret,
  listFailures,
  type SecretDestination,
  type SecretTarget,
  type Visibility,
} from '../core/secret-target.js'
import { isNotFound } from '../http/service.js'
import type { GitHubApi } from './client.js'
import { hasEnvironment, readRepositoryId } from './places.js'
import { type SealingKey, trySeal } from './seal.js'

/** What GitHub reports about an existing secret; never its value. */
export interface SecretMetadata {
  /** As GitHub wrote it; it changes with every write. */
  readonly updatedAt: string | undefined
  /** How long ago that was, by GitHub's clock, in milliseconds. */
  readonly ageMs: number | undefined
  /** Whether it was written once only, as far as the marks say. */
  readonly isFirst: boolean
  readonly visibility: Visibility | undefined
}

/** A target that has been checked: everything a write needs but the value. */
export interface PreparedSecret {
  readonly target: SecretTarget
  readonly metadata: SecretMetadata | undefined
  /** `undefined` when the environment does not exist, which only `tolerate` allows. */
  readonly key: SealingKey | undefined
  /**
   * Who may read an organization's secret, as a write says it. Left out of an update, the IDs of a selected secret
   * would be cleared; with another visibility they are refused.
   */
  readonly access: Access | undefined
}

interface Access {
  readonly visibility: Visibility
  readonly selected_repository_ids?: readonly number[]
}

interface PreparationPorts {
  readonly api: GitHubApi
  readonly readKey: (destination: SecretDestination) => Promise<SealingKey>
  readonly readMetadata: (target: SecretTarget) => Promise<SecretMetadata | undefined>
  readonly listSelected: (target: SecretTarget) => Promise<readonly number[]>
  readonly createEnvironment: (destination: SecretDestination) => Promise<void>
  /** Settles when environments may be created; rejects when none may. */
  readonly permission: Promise<unknown>
}

export type MissingEnvironments = 'refuse' | 'create' | 'tolerate'

/**
 * Checks all targets side by side, before a key is created. Missing environments are created only
 * when nothing else is wrong anywhere.
 * Throws one `ActionError` that lists every target that could not be written, and why.
 */
export async function prepareSecrets(
  targets: readonly SecretTarget[],
  missing: MissingEnvironments,
  ports: PreparationPorts,
): Promise<readonly PreparedSecret[]> {
  const check = createCheck(missing, ports)
  const checked = await runOnAll(
    targets.map((target) => ({ target })),
    ({ target }) => check(target),
  )
  if (missing !== 'create') return checked
  await ports.permission

  const create = oncePerDestination(ports.createEnvironment)
  const checkAgain = createCheck('refuse', ports)
  return runOnAll(checked, async (prepared) => {
    if (prepared.key !== undefined) return prepared
    await create(prepared.target.destination)
    return checkAgain(prepared.target)
  })
}

function createCheck(missing: MissingEnvironments, ports: PreparationPorts) {
  const readKey = oncePerDestination((destination) => readSealingKey(destination, missing, ports))
  return async (target: SecretTarget): Promise<PreparedSecret> => {
    const described = ports.readMetadata(target)
    // What is wrong with the destination is said first, and alone.
    described.catch(() => undefined)
    const key = await readKey(target.destination)
    const metadata = key === undefined ? undefined : await described
    const access = await planAccess(target, metadata, ports)
    return { target: withVisibility(target, access), key, metadata, access }
  }
}

/** Key IDs may coincide between destinations, the keys do not. */
function oncePerDestination<T>(work: (destination: SecretDestination) => Promise<T>) {
  const results = new Map<string, Promise<T>>()
  return (destination: SecretDestination): Promise<T> => {
    const name = describeDestination(destination).toLowerCase()
    const result = results.get(name) ?? work(destination)
    results.set(name, result)
    return result
  }
}

/** `undefined` when the destination is an environment that does not exist and may be missing. */
async function readSealingKey(
  destination: SecretDestination,
  missing: MissingEnvironments,
  { api, readKey }: PreparationPorts,
): Promise<SealingKey | undefined> {
  try {
    const key = await readKey(destination)
    await trySeal(key)
    return key
  } catch (error) {
    if (destination.kind !== 'environment' || !isNotFound(error)) throw error
    // Asked only now, since it takes a permission that writing an environment's secrets does not.
    if (await hasEnvironment(api, destination)) throw error
    // GitHub returns 404 for the environment when the repository is missing or not visible.
    await readRepositoryId(api, destination.repository)
    if (missing !== 'refuse') return undefined
    throw new ActionError(
      'the environment does not exist; create it, or set create_environments: true',
      { cause: error },
    )
  }
}

function withVisibility(target: SecretTarget, access: Access | undefined): SecretTarget {
  const { destination } = target
  if (destination.kind !== 'organization' || access === undefined) return target
  return { ...target, destination: { ...destination, visibility: access.visibility } }
}

/** An existing organization secret keeps its visibility, unless the line sets one. */
async function planAccess(
  target: SecretTarget,
  metadata: SecretMetadata | undefined,
  { api, listSelected }: PreparationPorts,
): Promise<Access | undefined> {
  const { destination } = target
  if (destination.kind !== 'organization') return undefined
  const { org, repositories } = destination
  if (metadata !== undefined && metadata.visibility === undefined) {
    throw new ActionError('GitHub does not report the visibility of the existing secret')
  }
  const visibility = destination.visibility ?? metadata?.visibility ?? 'private'
  if (visibility !== 'selected') return { visibility }
  const ids =
    destination.visibility === 'selected'
      ? await Promise.all(repositories.map((repo) => readRepositoryId(api, `${org}/${repo}`)))
      : await listSelected(target)
  return { visibility, selected_repository_ids: ids }
}

/**
 * Works on all targets side by side; the client limits how many requests are open. Throws one `ActionError` that lists
 * the failures.
 */
async function runOnAll<T extends { readonly target: SecretTarget }, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const outcomes = await Promise.all(
    items.map(async (item) => {
      try {
        return { value: await work(item) }
      } catch (error) {
        return { failure: `${describeSecret(item.target)}: ${explainError(error)}` }
      }
    }),
  )
  const failures = outcomes.flatMap(({ failure }) => failure ?? [])
  if (failures.length > 0)
    throw new ActionError(listFailures('could not be written, so no key was created', failures))
  return outcomes.flatMap((outcome) => (outcome.failure === undefined ? [outcome.value] : []))
}
