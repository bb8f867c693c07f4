import { matchesRequest } from '../request-match.js'

/** @import { ServiceRequest } from '../request-log.js' */
/** @import { DestinationKey } from './secret-store.js' */

/**
 * @typedef {'too-long' | 'not-base64' | 'missing'} PublicKeyFlaw 33 bytes; characters that base64
 *   has not; no `key` at all.
 */

/** @typedef {{ path: string | RegExp, flaw: PublicKeyFlaw }} BrokenPublicKey Whose key is broken. */

const flaws = new Set(['too-long', 'not-base64', 'missing'])

/** Spoils the public keys that were told to be broken, in the answers only. */
export class PublicKeyFaults {
  /** @type {BrokenPublicKey[]} */
  #broken = []

  /**
   * Breaks the public keys whose path matches.
   *
   * @param {BrokenPublicKey} broken
   * @returns {void}
   */
  add(broken) {
    if (!flaws.has(broken.flaw))
      throw new TypeError(`flaw must be one of ${[...flaws].join(', ')}.`)
    this.#broken.push(broken)
  }

  /**
   * Shows a public key, spoilt if it was told to be.
   *
   * @param {DestinationKey} key
   * @param {ServiceRequest} request
   * @returns {Record<string, string>}
   */
  show({ keyId, publicKey }, request) {
    const broken = this.#broken.find(({ path }) => matchesRequest({ path }, request))
    switch (broken?.flaw) {
      case 'missing':
        return { key_id: keyId }
      case 'too-long':
        return { key_id: keyId, key: encode(Buffer.concat([publicKey, Buffer.alloc(1)])) }
      case 'not-base64':
        return { key_id: keyId, key: `*${encode(publicKey).slice(1)}` }
      default:
        return { key_id: keyId, key: encode(publicKey) }
    }
  }
}

/**
 * @param {Uint8Array} bytes
 * @returns {string}
 */
function encode(bytes) {
  return Buffer.from(bytes).toString('base64')
}
