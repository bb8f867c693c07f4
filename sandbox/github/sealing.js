import { generateKeyPairSync } from 'node:crypto'
import { Refusal } from './refusal.js'

/** @import { KeyPair } from '../types.ts' */

const publicKeyLength = 32
const nonceLength = 24

/** @type {ReturnType<typeof loadCryptography> | undefined} */
let cryptography

/** How many bytes a sealed box adds to its content. */
export const sealOverhead = 48

/**
 * Creates the key pair of one destination: X25519, 32 bytes each, with which both encodings end. Encoded as it is made:
 * Node.js 20 locks a key to export it, and waits for ever if it collects what made the key meanwhile.
 *
 * @returns {Omit<KeyPair, 'keyId'>}
 */
export function createKeyPair() {
  const { publicKey, privateKey } = generateKeyPairSync('x25519', {
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  return {
    publicKey: publicKey.subarray(-publicKeyLength),
    privateKey: privateKey.subarray(-publicKeyLength),
  }
}

/** Opens a sealed box; `null` if this key pair does not open it. @param {Uint8Array} sealed @param {KeyPair} keyPair */
export async function openSealedBox(sealed, { publicKey, privateKey }) {
  if (sealed.length < sealOverhead) return null
  cryptography ??= loadCryptography()
  const { nacl, blake } = await cryptography
  const ephemeralKey = sealed.subarray(0, publicKeyLength)
  const nonce = blake.blake2b(Buffer.concat([ephemeralKey, publicKey]), undefined, nonceLength)
  const box = sealed.subarray(publicKeyLength)
  const opened = nacl.box.open(box, nonce, ephemeralKey, privateKey)
  return opened === null ? null : Buffer.from(opened).toString('utf8')
}

/** Loaded only to open a box, so that the rest runs without dependencies. */
async function loadCryptography() {
  try {
    const { default: nacl } = await import('tweetnacl')
    const { default: blake } = await import('blakejs')
    return { nacl, blake }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `The sandbox needs tweetnacl and blakejs to open a sealed value: run "npm ci" (${reason}).`
    throw new Refusal(500, message)
  }
}
