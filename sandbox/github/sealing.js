import { Refusal } from './refusal.js'

/** @import { KeyPair } from './key-pair.js' */

const publicKeyLength = 32
const nonceLength = 24

/** How many bytes a sealed box is longer than what is in it. */
export const sealOverhead = 48

/**
 * Opens a sealed box, or finds that this key pair does not open it: `null`.
 *
 * @param {Uint8Array} sealed
 * @param {KeyPair} keyPair
 * @returns {Promise<string | null>}
 */
export async function openSealedBox(sealed, { publicKey, privateKey }) {
  if (sealed.length < sealOverhead) return null
  const { nacl, blake } = await loadCryptography()
  const ephemeralKey = sealed.subarray(0, publicKeyLength)
  const nonce = blake.blake2b(Buffer.concat([ephemeralKey, publicKey]), undefined, nonceLength)
  const box = sealed.subarray(publicKeyLength)
  const opened = nacl.box.open(box, nonce, ephemeralKey, privateKey)
  return opened === null ? null : Buffer.from(opened).toString('utf8')
}

const importCryptography = async () => {
  const { default: nacl } = await import('tweetnacl')
  const { default: blake } = await import('blakejs')
  return { nacl, blake }
}

/** @type {ReturnType<typeof importCryptography> | undefined} */
let cryptography

/** Loaded once, and only when there is a box to open, so the rest runs with nothing installed. */
async function loadCryptography() {
  try {
    cryptography ??= importCryptography()
    return await cryptography
  } catch (cause) {
    cryptography = undefined
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `The sandbox needs tweetnacl and blakejs to open a sealed value: run "npm ci" (${reason}).`
    throw new Refusal(500, message)
  }
}
