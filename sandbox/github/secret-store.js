import { randomInt } from 'node:crypto'
import { matchesRequest } from '../request-match.js'
import { secretsPath } from './destination.js'
import { formatTime } from './format-time.js'
import { createKeyPair } from './key-pair.js'

/** @import { Destination } from './destination.js' */
/** @import { KeyPair } from './key-pair.js' */

/** @typedef {'all' | 'private' | 'selected'} Visibility Who may read an organisation's secret. */

/**
 * A secret as the sandbox holds it, opened.
 *
 * @typedef {object} StoredSecret
 * @property {string} name In capitals.
 * @property {string | null} value `null` when the destination's private key did not open the box.
 * @property {Visibility | null} visibility Only an organisation's secret has one.
 * @property {number[]} selectedRepositoryIds
 * @property {string} createdAt
 * @property {string} updatedAt
 */

/** @typedef {KeyPair & { keyId: string }} DestinationKey */

/**
 * @typedef {object} Shelf
 * @property {Destination} destination
 * @property {DestinationKey} key
 * @property {Map<string, StoredSecret>} secrets By name.
 */

/** Holds the key pairs and the secrets of every destination. */
export class SecretStore {
  /** @type {Map<string, Shelf>} */
  #shelves = new Map()
  /** @type {string | null} */
  #sharedKeyId = null
  #now

  /** @param {() => Date} now */
  constructor(now) {
    this.#now = now
  }

  /**
   * The key pair that seals what is sent to a destination.
   *
   * @param {Destination} destination
   * @returns {DestinationKey}
   */
  keyOf(destination) {
    return this.#shelf(destination).key
  }

  /**
   * Gives destinations whose path matches a new key pair.
   *
   * @param {string | RegExp | undefined} path
   * @returns {void}
   */
  rotateKeys(path) {
    const match = path === undefined ? {} : { path }
    for (const shelf of this.#shelves.values()) {
      const publicKeyPath = `${secretsPath(shelf.destination)}/public-key`
      if (matchesRequest(match, { method: 'GET', path: publicKeyPath })) shelf.key = this.#newKey()
    }
  }

  /**
   * From now on every destination's key pair goes by one and the same id.
   *
   * @returns {void}
   */
  shareKeyIds() {
    const keyId = inventKeyId()
    this.#sharedKeyId = keyId
    for (const shelf of this.#shelves.values()) shelf.key = { ...shelf.key, keyId }
  }

  /**
   * Lists a destination's secrets by name.
   *
   * @param {Destination} destination
   * @returns {StoredSecret[]}
   */
  list(destination) {
    return sortByName(this.#shelf(destination))
  }

  /**
   * Finds one secret, by its name in any case.
   *
   * @param {Destination} destination
   * @param {string} name
   * @returns {StoredSecret | undefined}
   */
  find(destination, name) {
    return this.#shelf(destination).secrets.get(name.toUpperCase())
  }

  /**
   * Creates or updates a secret; without a value an update keeps the one it has.
   *
   * @param {Destination} destination
   * @param {string} name
   * @param {Pick<StoredSecret, 'visibility' | 'selectedRepositoryIds'> & { value: string | null | undefined }} content
   * @returns {{ secret: StoredSecret, created: boolean }}
   */
  put(destination, name, { value, visibility, selectedRepositoryIds }) {
    const known = this.find(destination, name)
    const at = formatTime(this.#now())
    const secret = {
      name: name.toUpperCase(),
      value: value === undefined ? (known?.value ?? null) : value,
      visibility,
      selectedRepositoryIds: [...new Set(selectedRepositoryIds)],
      createdAt: known?.createdAt ?? at,
      updatedAt: at,
    }
    this.#shelf(destination).secrets.set(secret.name, secret)
    return { secret, created: known === undefined }
  }

  /**
   * Deletes a secret, and says whether there was one.
   *
   * @param {Destination} destination
   * @param {string} name
   * @returns {boolean}
   */
  delete(destination, name) {
    return this.#shelf(destination).secrets.delete(name.toUpperCase())
  }

  /**
   * Lists every secret with its destination.
   *
   * @returns {{ destination: Destination, secret: StoredSecret }[]}
   */
  all() {
    return [...this.#shelves.values()].flatMap((shelf) =>
      sortByName(shelf).map((secret) => ({ destination: shelf.destination, secret })),
    )
  }

  /**
   * @param {Destination} destination
   * @returns {Shelf}
   */
  #shelf(destination) {
    const path = secretsPath(destination).toLowerCase()
    const shelf = this.#shelves.get(path)
    if (shelf !== undefined) return shelf
    const added = { destination, key: this.#newKey(), secrets: new Map() }
    this.#shelves.set(path, added)
    return added
  }

  /** @returns {DestinationKey} */
  #newKey() {
    return { ...createKeyPair(), keyId: this.#sharedKeyId ?? inventKeyId() }
  }
}

/** @returns {string} */
function inventKeyId() {
  return `33804${randomInt(10 ** 13, 10 ** 14)}`
}

/**
 * @param {Shelf} shelf
 * @returns {StoredSecret[]}
 */
function sortByName({ secrets }) {
  return [...secrets.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}
