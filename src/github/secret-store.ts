import type { paths } from '@octokit/openapi-types'
import { isRecord } from '../core/json.js'
import { type SecretDestination, VISIBILITIES, type Visibility } from '../core/secret-target.js'
import { hasStatus } from './github-error.js'
import type { GitHubApi } from './octokit.js'

const SEALING_KEY_BYTES = 32

/** The most GitHub puts on one page. */
const PAGE_SIZE = 100

/** A public key that a destination seals its secrets with (published schema actions-public-key). */
export interface SealingKey {
  readonly keyId: string
  /** Curve25519, 32 bytes. */
  readonly bytes: Uint8Array
}

/** What GitHub tells of a secret that is there; never its value. */
export interface SecretFacts {
  /** As GitHub wrote it; it changes with every write. */
  readonly updatedAt: string | undefined
  /** Of an organisation's secret. */
  readonly visibility: Visibility | undefined
}

/** Who may read an organisation's secret; ids go only with `selected`. */
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
type OrganisationSecretBody = PutBody<'/orgs/{org}/actions/secrets/{secret_name}'> &
  PutBody<'/orgs/{org}/dependabot/secrets/{secret_name}'> &
  PutBody<'/orgs/{org}/codespaces/secrets/{secret_name}'>

/** The secrets of one destination. Methods throw octokit's `RequestError`. */
export interface SecretStore {
  /** Throws a `TypeError` when the answer holds no key of 32 bytes. */
  readSealingKey(): Promise<SealingKey>
  /** `undefined` when there is no such secret. */
  readFacts(name: string): Promise<SecretFacts | undefined>
  /** Ids of the repositories selected for an organisation's secret, from all pages. */
  listSelected(name: string): Promise<readonly number[]>
  /** Writes a sealed value. Returns what GitHub says it did (201 or 204). */
  write(
    name: string,
    sealed: string,
    keyId: string,
    access: Access | undefined,
  ): Promise<'created' | 'updated'>
  /** Deletes a secret; one that is gone already counts as deleted. Says which of the two it was. */
  remove(name: string): Promise<'deleted' | 'gone'>
}

/** The store behind a destination. */
export function openSecretStore(api: GitHubApi, destination: SecretDestination): SecretStore {
  const { route, parameters } = locate(destination)
  const secret = `${route}/{secret_name}`
  return {
    readSealingKey: async () => {
      const { data } = await api.request(`GET ${route}/public-key`, { ...parameters })
      return readSealingKey(data)
    },
    readFacts: async (name) => {
      try {
        const { data } = await api.request(`GET ${secret}`, { ...parameters, secret_name: name })
        return readFacts(data)
      } catch (error) {
        if (hasStatus(error, 404)) return undefined
        throw error
      }
    },
    listSelected: (name) =>
      listSelected(api, `${secret}/repositories`, { ...parameters, secret_name: name }),
    write: async (name, sealed, keyId, access) => {
      const body = createBody(sealed, keyId, access)
      const { status } = await api.request(`PUT ${secret}`, {
        ...parameters,
        secret_name: name,
        ...body,
      })
      return status === 201 ? 'created' : 'updated'
    },
    remove: async (name) => {
      try {
        await api.request(`DELETE ${secret}`, { ...parameters, secret_name: name })
        return 'deleted'
      } catch (error) {
        if (hasStatus(error, 404)) return 'gone'
        throw error
      }
    },
  }
}

/** Paths by destination (source: GitHub's REST API, the secrets endpoints of each store). */
function locate(destination: SecretDestination) {
  if (destination.kind === 'organisation') {
    return {
      route: `/orgs/{org}/${destination.app}/secrets`,
      parameters: { org: destination.org },
    }
  }
  const [owner = '', repo = ''] = destination.repository.split('/')
  if (destination.kind === 'environment') {
    return {
      route: '/repos/{owner}/{repo}/environments/{environment_name}/secrets',
      parameters: { owner, repo, environment_name: destination.environment },
    }
  }
  return {
    route: `/repos/{owner}/{repo}/${destination.app}/secrets`,
    parameters: { owner, repo },
  }
}

function createBody(
  sealed: string,
  keyId: string,
  access: Access | undefined,
): RepositorySecretBody | OrganisationSecretBody {
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
    throw new TypeError('GitHub’s answer holds no public key')
  }
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== SEALING_KEY_BYTES || bytes.toString('base64') !== key.trim()) {
    throw new TypeError(
      `GitHub’s public key is not one: base64 of ${bytes.length} bytes where ${SEALING_KEY_BYTES} belong`,
    )
  }
  return { keyId: id, bytes }
}

function readFacts(data: unknown): SecretFacts {
  const { updated_at: updatedAt, visibility } = isRecord(data) ? data : {}
  return {
    updatedAt: typeof updatedAt === 'string' ? updatedAt : undefined,
    visibility: VISIBILITIES.find((known) => known === visibility),
  }
}

async function listSelected(
  api: GitHubApi,
  route: string,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly number[]> {
  const ids: number[] = []
  for (let page = 1; ; page += 1) {
    const { data } = await api.request(`GET ${route}`, { ...parameters, per_page: PAGE_SIZE, page })
    const { total, pageIds } = readSelected(data)
    ids.push(...pageIds)
    // A page may be shorter than asked for; only the count says that it was the last.
    if (ids.length >= total) return ids
    if (pageIds.length === 0) throw new TypeError('GitHub lists fewer repositories than it counts')
  }
}

/** Throws a `TypeError` for anything it would have to guess: a repository left out loses its access. */
function readSelected(data: unknown): { total: number; pageIds: readonly number[] } {
  const { repositories, total_count: total } = isRecord(data) ? data : {}
  if (!Array.isArray(repositories) || typeof total !== 'number') {
    throw new TypeError('GitHub’s answer is not a list of repositories')
  }
  const items: readonly unknown[] = repositories
  const pageIds = items.flatMap((item) =>
    isRecord(item) && typeof item['id'] === 'number' ? [item['id']] : [],
  )
  if (pageIds.length < items.length) throw new TypeError('GitHub lists a repository without an id')
  return { total, pageIds }
}
