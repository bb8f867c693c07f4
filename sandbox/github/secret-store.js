import { randomInt } from 'node:crypto'
import { matchesRequest } from '../http.js'
import { secretsPath } from './destination.js'
import { formatTime } from './published-shapes.js'
import { createKeyPair } from './sealing.js'

/** @import { BrokenPublicKey, Destination, KeyPair, SandboxSecret, ServiceRequest, Visibility } from '../types.ts' */

/** @typedef {{ destination: Destination, key: KeyPair, secrets: Map<string, SandboxSecret> }} Shelf */

/** Stores the key pairs and the secrets of every destination; names of secrets are case-insensitive. */
export class SecretStore {
  /** @type {Map<string, Shelf>} */
  #shelves = new Map()
  /** @type {string | null} */
  #sharedKeyId = null
  /** @type {BrokenPublicKey[]} */
  #broken = []
  #now

  /** @param {() => Date} now */
  constructor(now) {
    this.#now = now
  }

  /** The key pair for secrets sent to a destination. @param {Destination} destination */
  keyOf(destination) {
    return this.#shelf(destination).key
  }

  /** Shows a destination's public key, corrupted if it was selected. @param {Destination} destination @param {ServiceRequest} request */
  showPublicKey(destination, request) {
    const { keyId, publicKey } = this.keyOf(destination)
    const flaw = this.#broken.find(({ path }) => matchesRequest({ path }, request))?.flaw
    if (flaw === 'missing') return { key_id: keyId }
    const bytes = flaw === 'all-zero' ? Buffer.alloc(32) : publicKey
    const key = Buffer.concat([bytes, Buffer.alloc(flaw === 'too-long' ? 1 : 0)])
    return { key_id: keyId, key: key.toString('base64') }
  }

  /** Breaks the public keys whose path matches, only in responses. @param {BrokenPublicKey} broken */
  breakPublicKey(broken) {
    this.#broken.push(broken)
  }

  /** From now on, all key pairs have the same ID. */
  shareKeyIds() {
    const keyId = inventKeyId()
    this.#sharedKeyId = keyId
    for (const shelf of this.#shelves.values()) shelf.key = { ...shelf.key, keyId }
  }

  /** @param {Destination} destination @param {string} name */
  find(destination, name) {
    return this.#shelf(destination).secrets.get(name.toUpperCase())
  }

  /**
   * Creates or updates a secret.
   *
   * @param {Destination} destination
   * @param {string} name
   * @param {{ value: string | null | undefined, visibility: Visibility | undefined, selectedRepositoryIds: number[], updatedAt?: string | undefined }} content Without a value, an update keeps the one there is.
   */
  put(destination, name, { value, visibility, selectedRepositoryIds, updatedAt }) {
    const known = this.find(destination, name)
    const at = updatedAt ?? formatTime(this.#now())
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

  /** Deletes a secret; returns whether it existed. @param {Destination} destination @param {string} name */
  delete(destination, name) {
    return this.#shelf(destination).secrets.delete(name.toUpperCase())
  }

  /** Deletes a destination with its secrets and its key pair. @param {Destination} destination */
  drop(destination) {
    this.#shelves.delete(secretsPath(destination).toLowerCase())
  }

  /** Lists every secret of every destination. */
  all() {
    return [...this.#shelves.values()].flatMap(sortByName)
  }

  /** @param {Destination} destination @returns {Shelf} */
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
