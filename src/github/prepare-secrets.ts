import { ActionError, explainError } from '../core/errors.js'
import {
  describeDestination,
  describeSecret,
  listFailures,
  type SecretDestination,
  type SecretTarget,
} from '../core/secret-target.js'
import { isNotFound } from '../http/service.js'
import type { GitHubApi } from './client.js'
import { createEnvironment, hasEnvironment, readRepositoryId } from './places.js'
import type { Access, SealingKey, SecretMetadata, SecretStore } from './secret-store.js'

/** A target that has been checked: everything a write needs but the value. */
export interface PreparedSecret {
  readonly target: SecretTarget
  readonly store: SecretStore
  /** The existing secret; `undefined` when there is none. */
  readonly metadata: SecretMetadata | undefined
  /** `undefined` when the environment does not exist, which only `tolerate` allows. */
  readonly key: SealingKey | undefined
  readonly access: Access | undefined
}

const FAILED = 'could not be written, so no key was created'

interface PreparationPorts {
  readonly api: GitHubApi
  readonly open: (destination: SecretDestination) => SecretStore
  readonly info: (message: string) => void
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
  const checked = await runOnAllTargets(targets, createCheck(missing, ports))
  if (missing !== 'create') return checked
  await ports.permission

  const absent = checked.filter(({ key }) => key === undefined).map(({ target }) => target)
  const places = new Map(absent.map((target) => [describeDestination(target.destination), target]))
  await runOnAllTargets([...places.values()], async ({ destination }) => {
    if (destination.kind !== 'environment') return
    await createEnvironment(ports.api, destination)
    ports.info(`Created environment ${describeDestination(destination)}`)
  })
  const created = await runOnAllTargets(absent, createCheck('refuse', ports))
  const checkedAgain = new Map(created.map((prepared) => [prepared.target, prepared]))
  return checked.map((prepared) => checkedAgain.get(prepared.target) ?? prepared)
}

function createCheck(missing: MissingEnvironments, { api, open }: PreparationPorts) {
  // One public key a destination: key ids may coincide between destinations, the keys do not.
  const places = new Map<string, { store: SecretStore; reading: Promise<SealingKey | undefined> }>()
  const see = (destination: SecretDestination) => {
    const store = open(destination)
    return { store, reading: readSealingKey(destination, store, missing, api) }
  }
  return async (target: SecretTarget): Promise<PreparedSecret> => {
    const name = describeDestination(target.destination).toLowerCase()
    const place = places.get(name) ?? see(target.destination)
    places.set(name, place)
    const { store } = place
    const described = store.readMetadata(target.name)
    // What is wrong with the destination is said first, and alone.
    described.catch(() => undefined)
    const key = await place.reading
    const metadata = key === undefined ? undefined : await described
    const access = await planAccess(target, metadata, store, api)
    return { target: withVisibility(target, access), store, key, metadata, access }
  }
}

/** `undefined` when the destination is an environment that does not exist and may be missing. */
async function readSealingKey(
  destination: SecretDestination,
  store: SecretStore,
  missing: MissingEnvironments,
  api: GitHubApi,
): Promise<SealingKey | undefined> {
  try {
    return await store.readSealingKey()
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

/** A target with the visibility that its secret gets, or keeps. */
function withVisibility(target: SecretTarget, access: Access | undefined): SecretTarget {
  const { destination } = target
  if (destination.kind !== 'organization' || access === undefined) return target
  return { ...target, destination: { ...destination, visibility: access.visibility } }
}

/** An existing organization secret keeps its visibility, unless the line sets one. */
async function planAccess(
  { destination, name }: SecretTarget,
  metadata: SecretMetadata | undefined,
  store: SecretStore,
  api: GitHubApi,
): Promise<Access | undefined> {
  if (destination.kind !== 'organization') return undefined
  const { org, repositories } = destination
  if (metadata !== undefined && metadata.visibility === undefined) {
    throw new ActionError('GitHub does not report the visibility of the existing secret')
  }
  const visibility = destination.visibility ?? metadata?.visibility ?? 'private'
  if (visibility !== 'selected') return { visibility, repositoryIds: [] }
  const repositoryIds =
    destination.visibility === 'selected'
      ? await Promise.all(repositories.map((repo) => readRepositoryId(api, `${org}/${repo}`)))
      : await store.listSelected(name)
  return { visibility, repositoryIds }
}

/**
 * Works on all targets side by side; the client limits how many requests are open. Throws one `ActionError` that lists
 * the failures.
 */
async function runOnAllTargets<T>(
  targets: readonly SecretTarget[],
  work: (target: SecretTarget) => Promise<T>,
): Promise<readonly T[]> {
  const outcomes = await Promise.all(
    targets.map(async (target) => {
      try {
        return { value: await work(target) }
      } catch (error) {
        return { failure: `${describeSecret(target)}: ${explainError(error)}` }
      }
    }),
  )
  const failures = outcomes.flatMap(({ failure }) => failure ?? [])
  if (failures.length > 0) throw new ActionError(listFailures(FAILED, failures))
  return outcomes.flatMap((outcome) => (outcome.failure === undefined ? [outcome.value] : []))
}
