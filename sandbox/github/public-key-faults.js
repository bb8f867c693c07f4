import { matchesRequest } from '../http.js'
import { findProblems, oneOf, pathPattern, refuse } from '../shape.js'

/** @import { ServiceRequest, Shape } from '../types.ts' */
/** @import { BrokenPublicKey, KeyPair } from './types.ts' */

/** @type {Shape} */
const shape = {
  needs: { path: pathPattern, flaw: oneOf('too-long', 'not-base64', 'missing') },
}

/** Corrupts the selected public keys, only in responses. */
export class PublicKeyFaults {
  /** @type {BrokenPublicKey[]} */
  #broken = []

  /**
   * Breaks the public keys whose path matches.
   *
   * @param {BrokenPublicKey} broken
   */
  add(broken) {
    refuse('a broken public key', findProblems('it', broken, shape))
    this.#broken.push(broken)
  }

  /**
   * Shows a public key, corrupted if it was selected.
   *
   * @param {KeyPair} key
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

/** @param {Uint8Array} bytes */
function encode(bytes) {
  return Buffer.from(bytes).toString('base64')
}
