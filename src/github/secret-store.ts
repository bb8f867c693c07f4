import type { paths } from '@octokit/openapi-types'
import { UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { type SecretDestination, VISIBILITIES, type Visibility } from '../core/secret-target.js'
import { isNotFound } from '../http/service.js'
import type { GitHubApi } from './client.js'
import { type ListFormat, listAll } from './pages.js'
import { ENVIRONMENT, locateEnvironment, locateRepository, REPOSITORY } from './places.js'

const SEALING_KEY_BYTES = 32

/** Characters and length of a time: it is saved for the post step as it is. */
const TIME = /^[\dTZ:.+-]{1,40}$/

/** The repositories selected for an organization's secret. */
const SELECTED: ListFormat<number> = {
  field: 'repositories',
  readItem: ({ id }) => (typeof id === 'number' ? id : undefined),
}

/** A public key that a destination seals its secrets with (published schema actions-public-key). */
export interface SealingKey {
  readonly keyId: string
  /** Curve25519, 32 bytes. */
  readonly bytes: Uint8Array
}

/** What GitHub reports about an existing secret; never its value. */
export interface SecretMetadata {
  /** As GitHub wrote it; it changes with every write. */
  readonly updatedAt: string | undefined
  /** Of an organization's secret. */
  readonly visibility: Visibility | undefined
}

/** Who may read an organization's secret; ids go only with `selected`. */
export interface Access {
  readonly visibility: Visibility
  readonly repositoryIds: readonly number[]
}

type PutBody<Path extends keyof paths> = paths[Path] extends {
  put: { requestBody: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never

/** Bodies that every store of a kind accepts, checked against GitHub's published types. */
type RepositorySecretBody = Required<
  PutBody<'/repos/{owner}/{repo}/actions/secrets/{secret_name}'> &
    PutBody<'/repos/{owner}/{repo}/dependabot/secrets/{secret_name}'> &
    PutBody<'/repos/{owner}/{repo}/codespaces/secrets/{secret_name}'> &
    PutBody<'/repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name}'>
>
type OrganizationSecretBody = PutBody<'/orgs/{org}/actions/secrets/{secret_name}'> &
  PutBody<'/orgs/{org}/dependabot/secrets/{secret_name}'> &
  PutBody<'/orgs/{org}/codespaces/secrets/{secret_name}'>

/**
 * The secrets of one destination. Methods throw what the client throws. A secret counts as missing only
 * in a store that can be seen: one whose public key can be read.
 */
export interface SecretStore {
  readSealingKey(): Promise<SealingKey>
  /** `undefined` when there is no such secret. */
  readMetadata(name: string): Promise<SecretMetadata | undefined>
  /** Ids of the repositories selected for an organization's secret, from all pages. */
  listSelected(name: string): Promise<readonly number[]>
  /** Writes a sealed value. Returns what GitHub did (201 or 204, and nothing else counts). */
  write(
    name: string,
    sealed: string,
    keyId: string,
    access: Access | undefined,
  ): Promise<'created' | 'updated'>
  /** Deletes a secret (204, and nothing else counts); one that is missing is `gone`. */
  remove(name: string): Promise<'deleted' | 'gone'>
}

/** The store behind a destination. */
export function openSecretStore(api: GitHubApi, destination: SecretDestination): SecretStore {
  const { route, parameters } = locate(destination)
  const secret = `${route}/{secret_name}`
  let isSeen = false
  const readKey = async () => {
    const key = await api.request(`GET ${route}/public-key`, parameters, { 200: readSealingKey })
    isSeen = true
    return key
  }
  const confirmMissing = async (error: unknown) => {
    if (!isNotFound(error)) throw error
    if (!isSeen) await readKey()
  }
  return {
    readSealingKey: readKey,
    readMetadata: async (name) => {
      try {
        const named = { ...parameters, secret_name: name }
        return await api.request(`GET ${secret}`, named, { 200: readMetadata })
      } catch (error) {
        await confirmMissing(error)
        return undefined
      }
    },
    listSelected: (name) =>
      listAll(api, `${secret}/repositories`, { ...parameters, secret_name: name }, SELECTED),
    write: async (name, sealed, keyId, access) => {
      const body = createBody(sealed, keyId, access)
      const named = { ...parameters, secret_name: name, ...body }
      return api.request(`PUT ${secret}`, named, { 201: () => 'created', 204: () => 'updated' })
    },
    remove: async (name) => {
      try {
        const named = { ...parameters, secret_name: name }
        return await api.request(`DELETE ${secret}`, named, { 204: () => 'deleted' })
      } catch (error) {
        await confirmMissing(error)
        return 'gone'
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

function createBody(
  sealed: string,
  keyId: string,
  access: Access | undefined,
): RepositorySecretBody | OrganizationSecretBody {
  const secret: RepositorySecretBody = { encrypted_value: sealed, key_id: keyId }
  if (access === undefined) return secret
  const { visibility, repositoryIds } = access
  // Left out of an update, the ids of a selected secret would be cleared; with another visibility they are refused.
  return visibility === 'selected'
    ? { ...secret, visibility, selected_repository_ids: [...repositoryIds] }
    : { ...secret, visibility }
}

function readSealingKey(data: unknown): SealingKey {
  const { key_id: keyId, key } = isRecord(data) ? data : {}
  const id = typeof keyId === 'number' ? String(keyId) : keyId
  if (typeof id !== 'string' || id === '' || typeof key !== 'string') {
    throw new UnreadableResponseError('it contains no public key')
  }
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== SEALING_KEY_BYTES || bytes.toString('base64') !== key.trim()) {
    throw new UnreadableResponseError(
      `the public key is invalid: base64 of ${bytes.length} bytes instead of ${SEALING_KEY_BYTES}`,
    )
  }
  return { keyId: id, bytes }
}

function readMetadata(data: unknown): SecretMetadata {
  const { name, updated_at: updatedAt, visibility } = isRecord(data) ? data : {}
  if (typeof name !== 'string') {
    throw new UnreadableResponseError('it does not describe a secret')
  }
  return {
    updatedAt: typeof updatedAt === 'string' && TIME.test(updatedAt) ? updatedAt : undefined,
    visibility: VISIBILITIES.find((known) => known === visibility),
  }
}
