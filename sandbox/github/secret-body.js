import { isRecord } from '../is-record.js'
import { readJson } from './json-body.js'
import { sealOverhead } from './open-sealed-box.js'
import { refuseInvalid } from './refusal.js'

/** @import { Destination } from './destination.js' */
/** @import { Visibility } from './secret-store.js' */

/**
 * A write to a secret that keeps to the published schema of its destination.
 *
 * @typedef {object} SecretBody
 * @property {Uint8Array | undefined} sealed
 * @property {string | undefined} keyId
 * @property {Visibility | null} visibility `null` where the schema has none.
 * @property {number[]} selectedRepositoryIds Left out is empty: nobody keeps access by default.
 */

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const valueLimit = 48 * 1024

/**
 * Reads the body of a write to a secret, or refuses it with every reason at once.
 *
 * @param {Destination} destination
 * @param {string} text
 * @returns {SecretBody}
 */
export function readSecretBody(destination, text) {
  const body = readJson(text)
  if (!isRecord(body)) {
    refuseInvalid(['the body must be an object'])
    return { sealed: undefined, keyId: undefined, visibility: null, selectedRepositoryIds: [] }
  }
  const { encrypted_value: value, key_id: keyId } = body
  /** @type {string[]} */
  const problems = listRequired(destination)
    .filter((field) => body[field] === undefined)
    .map((field) => `${field} is missing`)
  if (keyId !== undefined && typeof keyId !== 'string') problems.push('key_id must be a string')
  if ((value === undefined) !== (keyId === undefined)) {
    problems.push('encrypted_value and key_id go together')
  }
  const sealed = readSealed(problems, value)
  const visibility = destination.scope === 'organisation' ? readVisibility(problems, body) : null
  const selectedRepositoryIds =
    destination.scope === 'organisation' ? readSelectedIds(problems, destination, body) : []
  refuseInvalid(problems)
  return {
    sealed,
    keyId: typeof keyId === 'string' ? keyId : undefined,
    visibility,
    selectedRepositoryIds,
  }
}

/**
 * Reads the body that replaces the repositories an organisation's secret is selected for.
 *
 * @param {string} text
 * @returns {number[]}
 */
export function readSelection(text) {
  const body = readJson(text)
  const ids = isRecord(body) ? body['selected_repository_ids'] : undefined
  /** @type {string[]} */
  const problems = []
  const numbers =
    ids === undefined
      ? undefined
      : readIds(problems, ids, (/** @type {unknown} */ id) => Number.isSafeInteger(id))
  if (numbers === undefined) problems.push('selected_repository_ids is missing')
  refuseInvalid(problems)
  return numbers ?? []
}

/**
 * @param {Destination} destination
 * @returns {string[]}
 */
function listRequired({ store, scope }) {
  const sealed = ['encrypted_value', 'key_id']
  if (scope !== 'organisation') return store === 'actions' || store === 'agents' ? sealed : []
  return store === 'agents' ? [...sealed, 'visibility'] : ['visibility']
}

/**
 * @param {string[]} problems
 * @param {unknown} value
 * @returns {Uint8Array | undefined}
 */
function readSealed(problems, value) {
  if (value === undefined) return undefined
  if (typeof value !== 'string' || !base64.test(value)) {
    problems.push('encrypted_value must be a string of base64')
    return undefined
  }
  const sealed = Buffer.from(value, 'base64')
  if (sealed.length > valueLimit + sealOverhead) problems.push('a value is at most 48 KB')
  return sealed
}

/**
 * @param {string[]} problems
 * @param {Record<string, unknown>} body
 * @returns {Visibility | null}
 */
function readVisibility(problems, { visibility }) {
  if (isVisibility(visibility)) return visibility
  if (visibility !== undefined) problems.push('visibility must be all, private or selected')
  return null
}

/**
 * Tells whether a value is one of the three visibilities.
 *
 * @param {unknown} value
 * @returns {value is Visibility}
 */
export function isVisibility(value) {
  return value === 'all' || value === 'private' || value === 'selected'
}

/**
 * @param {string[]} problems
 * @param {Destination} destination
 * @param {Record<string, unknown>} body
 * @returns {number[]}
 */
function readSelectedIds(problems, { store }, { visibility, selected_repository_ids: ids }) {
  if (ids === undefined) return []
  if (visibility !== 'selected') {
    problems.push('selected_repository_ids goes with visibility selected only')
  }
  const takesText = store === 'actions' || store === 'dependabot'
  return readIds(
    problems,
    ids,
    (id) => Number.isSafeInteger(id) || (takesText && typeof id === 'string' && /^\d+$/.test(id)),
  )
}

/**
 * @param {string[]} problems
 * @param {unknown} ids
 * @param {(id: unknown) => boolean} isId
 * @returns {number[]}
 */
function readIds(problems, ids, isId) {
  if (Array.isArray(ids) && ids.every(isId)) return ids.map(Number)
  problems.push('selected_repository_ids must be an array of repository ids')
  return []
}
