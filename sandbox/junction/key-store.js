import { randomBytes, randomUUID } from 'node:crypto'
import { listOf, listProblems, objectOf, oneOf, refuse, string, uuid } from '../shape.js'

/** @import { KeyRole, KeySeed, SandboxKey } from '../types.ts' */

export const keyRole = oneOf('org_admin', 'team_admin')

const keySeed = objectOf({
  needs: { label: string },
  takes: { teamIds: listOf('UUIDs', uuid), role: keyRole, createdAt: string },
})

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

  /** Lists every key, revoked ones included, as copies. @returns {SandboxKey[]} */
  all() {
    return structuredClone(this.#keys)
  }

  /** Finds an active key. @param {(key: SandboxKey) => boolean} wanted */
  findActive(wanted) {
    return this.#keys.find((key) => key.revokedAt === null && wanted(key))
  }

  /** Revokes a key; the record remains. @param {SandboxKey} key */
  revoke(key) {
    key.revokedAt = formatTime(this.#now())
  }
}

/** Creates a secret value that is obviously fake. @param {KeyRole} role */
export function inventSecret(role) {
  const kind = role === 'org_admin' ? 'org' : 'team'
  return `mg_sandbox_${kind}_${randomBytes(24).toString('base64url')}`
}

/** Formats a time as Junction does: UTC, with microseconds. @param {Date} time */
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
  refuse('a key', listProblems(keySeed, value))
}
