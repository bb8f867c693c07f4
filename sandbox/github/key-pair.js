import { generateKeyPairSync } from 'node:crypto'

/** @typedef {{ publicKey: Uint8Array, privateKey: Uint8Array }} KeyPair X25519, 32 bytes each. */

/**
 * Makes the key pair of one destination.
 *
 * @returns {KeyPair}
 */
export function createKeyPair() {
  const { d, x } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('Node.js made no X25519 key pair.')
  return { publicKey: Buffer.from(x, 'base64url'), privateKey: Buffer.from(d, 'base64url') }
}
