import { UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import {
  describeDestination,
  type EnvironmentDestination,
  type SecretDestination,
  type SecretTarget,
  VISIBILITIES,
} from '../core/secret-target.js'
import { parseHttpDate, parseTime } from '../core/time.js'
import type { ClientPorts, Reader } from '../http/service.js'
import {
  connectGitHub,
  type GitHubAddress,
  type GitHubWords,
  type ResponseReaders,
} from './client.js'
import { listAll } from './pages.js'
import {
  confirmEnvironmentGone,
  ENVIRONMENT,
  hasEnvironment,
  locateEnvironment,
  locateRepository,
  REPOSITORY,
  unlessNotFound,
} from './places.js'
import {
  type MissingEnvironments,
  type PreparedSecret,
  prepareSecrets,
  type SecretMetadata,
} from './prepare-secrets.js'
import { loadSodium, readSealingKey, sealValue } from './seal.js'

/** What a secret is whose environment its repository does not have: an error, or missing like the environment. */
type MissingPlaces = Exclude<MissingEnvironments, 'create'>

interface SecretsPorts extends ClientPorts {
  /** Hides a sealed value in everything that is shown. */
  readonly hide: (secret: string) => void
}

const WORDS: GitHubWords = {
  forbid: (permission) =>
    `github_token is not allowed to do this. The workflow's own GITHUB_TOKEN can never write secrets: use a GitHub App's installation token or a fine-grained personal access token, with the permission ${permission}`,
  move: (from, to) => `Change ${from} to ${to} in secret_targets`,
}

/** Characters and length of a time: it is saved for the post step as it is. */
const TIME = /^[\dTZ:.+-]{1,40}$/

/** The secrets of one GitHub. Everything its methods throw is an `ActionError`. */
export type GitHubSecrets = ReturnType<typeof connectSecrets>

export function connectSecrets(address: GitHubAddress, ports: SecretsPorts) {
  const api = connectGitHub(address, ports, WORDS)
  const request = <T>(
    method: string,
    { destination, name }: SecretTarget,
    readers: ResponseReaders<T>,
    body: object = {},
  ): Promise<T> => {
    const { route, parameters } = locate(destination)
    const named = { ...parameters, secret_name: name, ...body }
    return api.request(`${method} ${route}/{secret_name}`, named, readers)
  }
  const readKey = (destination: SecretDestination) => {
    const { route, parameters } = locate(destination)
    return api.request(`GET ${route}/public-key`, parameters, { 200: readSealingKey })
  }
  const findMetadata = (target: SecretTarget): Promise<SecretMetadata | undefined> =>
    unlessNotFound(request('GET', target, { 200: readMetadata }))
  /** A missing secret counts as one only in a store that can be seen: one whose public key can be read. */
  const unlessMissing = async <T>(
    { destination }: SecretTarget,
    missing: MissingPlaces,
    found: Promise<T | undefined>,
  ): Promise<T | undefined> => {
    try {
      const result = await found
      if (result === undefined) await readKey(destination)
      return result
    } catch (error) {
      if (missing === 'refuse' || destination.kind !== 'environment') throw error
      await confirmEnvironmentGone(api, destination, error)
      return undefined
    }
  }
  return {
    /**
     * Checks all targets; throws one error that lists all that could not be written. Creates no environment before
     * `permission` is given.
     */
    prepare: async (
      targets: readonly SecretTarget[],
      missing: MissingEnvironments,
      permission: Promise<unknown>,
    ): Promise<readonly PreparedSecret[]> => {
      const preparing = prepareSecrets(targets, missing, {
        api,
        readKey,
        readMetadata: findMetadata,
        listSelected: ({ destination, name }) => {
          const { route, parameters } = locate(destination)
          const named = { ...parameters, secret_name: name }
          return listAll(api, `${route}/{secret_name}/repositories`, named, 'repositories', readId)
        },
        createEnvironment: async (destination) => {
          if (destination.kind !== 'environment') return
          // Without protection rules; the same request resets the rules of one that exists.
          const readers = { 200: () => undefined }
          await api.request(`PUT ${ENVIRONMENT}`, locateEnvironment(destination), readers)
          ports.info(`Created environment ${describeDestination(destination)}`)
        },
        permission,
      })
      // Once the first requests are on their way.
      const loading = new Promise((resolve) => setImmediate(resolve)).then(loadSodium)
      const [prepared] = await Promise.all([preparing, loading])
      return prepared
    },
    write: async (
      { target, key, metadata, access }: PreparedSecret,
      value: string,
    ): Promise<'created' | 'updated'> => {
      if (key === undefined) throw new TypeError('there is no public key to seal it with')
      const sealed = await sealValue(value, key)
      ports.hide(sealed)
      const body = { encrypted_value: sealed, key_id: key.keyId, ...access }
      const readers = { 201: () => 'created' as const, 204: () => 'updated' as const }
      const done = await request('PUT', target, readers, body)
      // A write that is repeated after a lost response finds its own secret and reports it as updated.
      return metadata === undefined ? 'created' : done
    },
    /** `undefined` when there is no such secret; one that cannot be seen is an error, as for `remove`. */
    readMetadata: (target: SecretTarget, missing: MissingPlaces = 'refuse') =>
      unlessMissing(target, missing, findMetadata(target)),
    /** Deletes a secret; one that is missing is `gone`, a repository or environment that is not visible is an error. */
    remove: async (
      target: SecretTarget,
      missing: MissingPlaces = 'refuse',
    ): Promise<'deleted' | 'gone'> => {
      const deleting = request('DELETE', target, { 204: () => 'deleted' as const })
      return (await unlessMissing(target, missing, unlessNotFound(deleting))) ?? 'gone'
    },
    /** Whether an environment exists; its repository must be visible. */
    hasEnvironment: (place: EnvironmentDestination) => hasEnvironment(api, place),
    /** Deletes an environment with everything in it; one that the list shows to be gone is `gone`. */
    removeEnvironment: async (place: EnvironmentDestination): Promise<'deleted' | 'gone'> => {
      const readers = { 204: () => 'deleted' as const }
      try {
        return await api.request(`DELETE ${ENVIRONMENT}`, locateEnvironment(place), readers)
      } catch (error) {
        return (await confirmEnvironmentGone(api, place, error)) ? 'deleted' : 'gone'
      }
    },
  }
}

/** Paths by destination (source: GitHub's REST API, the secrets endpoints of each store). */
function locate(destination: SecretDestination) {
  if (destination.kind === 'organization') {
    return {
      route: `/orgs/{org}/${destination.app}/secrets`,
      parameters: { org: destination.org },
    }
  }
  if (destination.kind === 'environment') {
    return { route: `${ENVIRONMENT}/secrets`, parameters: locateEnvironment(destination) }
  }
  return {
    route: `${REPOSITORY}/${destination.app}/secrets`,
    parameters: locateRepository(destination.repository),
  }
}

function readId({ id }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof id === 'number' ? id : undefined
}

const readMetadata: Reader<SecretMetadata> = (data, { date }) => {
  const { name, created_at, updated_at, visibility } = isRecord(data) ? data : {}
  if (typeof name !== 'string') {
    throw new UnreadableResponseError('it does not describe a secret')
  }
  const updatedAt = typeof updated_at === 'string' && TIME.test(updated_at) ? updated_at : undefined
  const [written, now] = [parseTime(updatedAt), parseHttpDate(date)]
  return {
    updatedAt,
    ageMs: written === undefined || now === undefined ? undefined : now - written,
    isFirst: created_at === updated_at,
    visibility: VISIBILITIES.find((known) => known === visibility),
  }
}
