import { randomBytes, randomUUID } from 'node:crypto'
import { findProblems, isUuid, listOf, oneOf, refuse } from '../shape.js'

/** @import { Rule, Shape } from '../types.ts' */
/** @import { KeyRole, KeySeed, SandboxKey } from './types.ts' */

const roles = /** @type {const} */ (['org_admin', 'team_admin'])

/** @type {Rule} */
const string = { holds: (value) => typeof value === 'string', expected: 'a string' }

/** @type {Shape} */
const seedShape = {
  needs: { label: string },
  takes: {
    teamIds: listOf('UUIDs', { holds: isUuid, expected: 'a UUID' }),
    role: oneOf(...roles),
    createdAt: string,
  },
}

/** Stores every Management Key ever created, in order of creation. */
export class KeyStore {
  /** @type {SandboxKey[]} */
  #keys = []
  #now

  /** @param {() => Date} now */
  constructor(now) {
    this.#now = now
  }

  /**
   * Adds a key; without a given value it gets a random, obviously fake one.
   *
   * @param {KeySeed & { key?: string }} seed
   * @returns {SandboxKey}
   */
  add({ label, teamIds = [], role = 'team_admin', createdAt, key }) {
    /** @type {SandboxKey} */
    const added = {
      id: randomUUID(),
      label,
      createdAt: createdAt ?? formatTime(this.#now()),
      role,
      teamIds: [...new Set(teamIds.map((id) => id.toLowerCase()))],
      key: key ?? inventSecret(role),
      revokedAt: null,
    }
    this.#keys.push(added)
    return added
  }

  /**
   * Lists every key, revoked ones included, as copies.
   *
   * @returns {SandboxKey[]}
   */
  all() {
    return structuredClone(this.#keys)
  }

  /**
   * Finds an active key by its ID.
   *
   * @param {string} id
   * @returns {SandboxKey | undefined}
   */
  findLive(id) {
    return this.#keys.find((key) => key.id === id.toLowerCase() && key.revokedAt === null)
  }

  /**
   * Finds the active key that authenticates a request.
   *
   * @param {string} secret
   * @returns {SandboxKey | undefined}
   */
  findBySecret(secret) {
    return this.#keys.find((key) => key.key === secret && key.revokedAt === null)
  }

  /**
   * Lists one page of active keys, in creation order. The cursor names the last key seen, so it stays
   * good when keys are revoked between two pages; `null` when the cursor is not one of ours.
   *
   * @param {(key: SandboxKey) => boolean} wanted
   * @param {string | null} cursor
   * @param {number} size
   * @returns {{ keys: SandboxKey[], nextCursor: string | null } | null}
   */
  page(wanted, cursor, size) {
    const seen = cursor === null ? -1 : this.#keys.findIndex((key) => toCursor(key) === cursor)
    if (cursor !== null && seen === -1) return null
    const rest = this.#keys
      .slice(seen + 1)
      .filter((key) => key.revokedAt === null)
      .filter(wanted)
    const keys = rest.slice(0, size)
    const last = keys.at(-1)
    return { keys, nextCursor: last && rest.length > size ? toCursor(last) : null }
  }

  /**
   * Revokes a key; the record remains.
   *
   * @param {SandboxKey} key
   */
  revoke(key) {
    key.revokedAt = formatTime(this.#now())
  }
}

/**
 * Creates a secret value that is obviously fake.
 *
 * @param {KeyRole} role
 */
export function inventSecret(role) {
  const kind = role === 'org_admin' ? 'org' : 'team'
  return `mg_sandbox_${kind}_${randomBytes(24).toString('base64url')}`
}

/**
 * Formats a time as Junction does: UTC, with microseconds.
 *
 * @param {Date} time
 */
export function formatTime(time) {
  return time.toISOString().replace('Z', '000Z')
}

/**
 * Rejects an invalid seed, with every reason at once.
 *
 * @param {unknown} value
 * @returns {asserts value is KeySeed}
 */
export function assertKeySeed(value) {
  refuse('a key', findProblems('a key', value, seedShape))
}

/**
 * Whether a value is one of the two roles.
 *
 * @param {unknown} value
 * @returns {value is KeyRole}
 */
export function isKeyRole(value) {
  return roles.some((role) => role === value)
}

/** @param {SandboxKey} key */
function toCursor({ id }) {
  return Buffer.from(`after:${id}`).toString('base64url')
}
