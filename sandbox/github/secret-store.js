import { randomInt } from 'node:crypto'
import { matchesRequest } from '../http.js'
import { secretsPath } from './destination.js'
import { formatTime } from './published-shapes.js'
import { createKeyPair } from './sealing.js'

/** @import { Destination, KeyPair, SandboxSecret, SecretContent } from './types.ts' */

/** @typedef {{ destination: Destination, key: KeyPair, secrets: Map<string, SandboxSecret> }} Shelf */

/** Stores the key pairs and the secrets of every destination. */
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
   * The key pair for secrets sent to a destination.
   *
   * @param {Destination} destination
   */
  keyOf(destination) {
    return this.#shelf(destination).key
  }

  /**
   * Gives destinations whose path matches a new key pair.
   *
   * @param {string | RegExp | undefined} path
   */
  rotateKeys(path) {
    const match = path === undefined ? {} : { path }
    for (const shelf of this.#shelves.values()) {
      const publicKeyPath = `${secretsPath(shelf.destination)}/public-key`
      if (matchesRequest(match, { method: 'GET', path: publicKeyPath })) shelf.key = this.#newKey()
    }
  }

  /** From now on, all key pairs have the same ID. */
  shareKeyIds() {
    const keyId = inventKeyId()
    this.#sharedKeyId = keyId
    for (const shelf of this.#shelves.values()) shelf.key = { ...shelf.key, keyId }
  }

  /**
   * Lists a destination's secrets by name.
   *
   * @param {Destination} destination
   */
  list(destination) {
    return sortByName(this.#shelf(destination))
  }

  /**
   * Finds one secret, by its name in any case.
   *
   * @param {Destination} destination
   * @param {string} name
   */
  find(destination, name) {
    return this.#shelf(destination).secrets.get(name.toUpperCase())
  }

  /**
   * Creates or updates a secret.
   *
   * @param {Destination} destination
   * @param {string} name
   * @param {SecretContent} content
   */
  put(destination, name, { value, visibility, selectedRepositoryIds }) {
    const known = this.find(destination, name)
    const at = formatTime(this.#now())
    /** @type {SandboxSecret} */
    const secret = {
      ...destination,
      name: name.toUpperCase(),
      value: value === undefined ? (known?.value ?? null) : value,
      ...(visibility === undefined ? {} : { visibility }),
      ...(visibility === 'selected'
        ? { selectedRepositoryIds: [...new Set(selectedRepositoryIds)] }
        : {}),
      createdAt: known?.createdAt ?? at,
      updatedAt: at,
    }
    this.#shelf(destination).secrets.set(secret.name, secret)
    return { secret, created: known === undefined }
  }

  /**
   * Deletes a secret; returns whether it existed.
   *
   * @param {Destination} destination
   * @param {string} name
   */
  delete(destination, name) {
    return this.#shelf(destination).secrets.delete(name.toUpperCase())
  }

  /**
   * Deletes a destination with its secrets and its key pair.
   *
   * @param {Destination} destination
   */
  drop(destination) {
    this.#shelves.delete(secretsPath(destination).toLowerCase())
  }

  /**
   * Lists every secret of every destination.
   *
   * @returns {SandboxSecret[]}
   */
  all() {
    return [...this.#shelves.values()].flatMap(sortByName)
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

  /** @returns {KeyPair} */
  #newKey() {
    return { ...createKeyPair(), keyId: this.#sharedKeyId ?? inventKeyId() }
  }
}

function inventKeyId() {
  return `33804${randomInt(10 ** 13, 10 ** 14)}`
}

/** @param {Shelf} shelf */
function sortByName({ secrets }) {
  return [...secrets.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}
