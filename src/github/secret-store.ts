import { ActionError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { type SecretDestination, VISIBILITIES, type Visibility } from '../core/secret-target.js'
import { parseHttpDate, parseTime } from '../core/time.js'
import type { Reader } from '../http/service.js'
import type { GitHubApi } from './client.js'
import { listAll } from './pages.js'
import {
  ENVIRONMENT,
  locateEnvironment,
  locateRepository,
  REPOSITORY,
  unlessNotFound,
} from './places.js'

const SEALING_KEY_BYTES = 32

/** Characters and length of a time: it is saved for the post step as it is. */
const TIME = /^[\dTZ:.+-]{1,40}$/

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
  /** How long ago that was, by GitHub's clock, in milliseconds. */
  readonly ageMs: number | undefined
  /** Whether it was written once only, as far as the marks say. */
  readonly isFirst: boolean
  readonly visibility: Visibility | undefined
}

/** Who may read an organization's secret; ids go only with `selected`. */
export interface Access {
  readonly visibility: Visibility
  readonly repositoryIds: readonly number[]
}

/**
 * The secrets of one destination. Its methods throw what the client throws. A secret counts as missing only in a store
 * that can be seen: one whose public key can be read.
 */
export type SecretStore = ReturnType<typeof openSecretStore>

/** The store behind a destination; `hide` hides a sealed value in everything that is shown. */
export function openSecretStore(
  api: GitHubApi,
  destination: SecretDestination,
  hide: (secret: string) => void,
) {
  const { route, parameters } = locate(destination)
  const secret = `${route}/{secret_name}`
  let reading: Promise<SealingKey> | undefined
  const readKey = () => {
    reading ??= api.request(`GET ${route}/public-key`, parameters, { 200: readSealingKey })
    return reading
  }
  /** The result of a request for a secret; `undefined` for one that is missing. */
  const unlessMissing = async <T>(request: Promise<T>): Promise<T | undefined> => {
    const result = await unlessNotFound(request)
    if (result === undefined) await readKey()
    return result
  }
  return {
    /** Throws for a key that nothing can be sealed with, too. */
    readSealingKey: async (): Promise<SealingKey> => {
      const key = await readKey()
      await trySeal(key)
      return key
    },
    /** `undefined` when there is no such secret. */
    readMetadata: (name: string): Promise<SecretMetadata | undefined> => {
      const named = { ...parameters, secret_name: name }
      return unlessMissing(api.request(`GET ${secret}`, named, { 200: readMetadata }))
    },
    /** Ids of the repositories selected for an organization's secret, from all pages. */
    listSelected: (name: string): Promise<readonly number[]> => {
      const named = { ...parameters, secret_name: name }
      return listAll(api, `${secret}/repositories`, named, 'repositories', readId)
    },
    /** Seals a value and writes it. Returns what GitHub did (201 or 204, and nothing else counts). */
    write: async (
      name: string,
      value: string,
      key: SealingKey,
      access: Access | undefined,
    ): Promise<'created' | 'updated'> => {
      const sealed = await sealValue(value, key)
      hide(sealed)
      const body = { encrypted_value: sealed, key_id: key.keyId, ...describeAccess(access) }
      const named = { ...parameters, secret_name: name, ...body }
      return api.request(`PUT ${secret}`, named, { 201: () => 'created', 204: () => 'updated' })
    },
    /** Deletes a secret (204, and nothing else counts); one that is missing is `gone`. */
    remove: async (name: string): Promise<'deleted' | 'gone'> => {
      const named = { ...parameters, secret_name: name }
      const deleting = api.request(`DELETE ${secret}`, named, { 204: () => 'deleted' as const })
      return (await unlessMissing(deleting)) ?? 'gone'
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

/** Left out of an update, the ids of a selected secret would be cleared; with another visibility they are refused. */
function describeAccess(access: Access | undefined) {
  if (access?.visibility !== 'selected') return access && { visibility: access.visibility }
  return { visibility: 'selected', selected_repository_ids: access.repositoryIds }
}

function readId({ id }: Readonly<Record<string, unknown>>): number | undefined {
  return typeof id === 'number' ? id : undefined
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

/** Loads libsodium, whose WebAssembly takes a while to start; the first value that is sealed waits for it. */
export async function loadSodium() {
  const { default: sodium } = await import(/* webpackMode: "eager" */ 'libsodium-wrappers')
  await sodium.ready
  return sodium
}

/**
 * Seals a value for a destination: a libsodium sealed box, which only GitHub can open, in base64
 * (source: GitHub's guide to encrypting secrets for the REST API).
 */
export async function sealValue(value: string, key: SealingKey): Promise<string> {
  const sodium = await loadSodium()
  const box = sodium.crypto_box_seal(sodium.from_string(value), key.bytes)
  return sodium.to_base64(box, sodium.base64_variants.ORIGINAL)
}

/** Some keys of the right length, such as one of zeros, are refused only now. */
async function trySeal(key: SealingKey): Promise<void> {
  try {
    await sealValue('', key)
  } catch (cause) {
    throw new ActionError('the public key that GitHub returned for it cannot encrypt anything', {
      cause,
    })
  }
}
