import { ActionError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'

const KEY_BYTES = 32

/** A public key that a destination seals its secrets with (published schema actions-public-key). */
export interface SealingKey {
  readonly keyId: string
  /** Curve25519, 32 bytes. */
  readonly bytes: Uint8Array
}

export function readSealingKey(data: unknown): SealingKey {
  const { key_id: keyId, key } = isRecord(data) ? data : {}
  const id = typeof keyId === 'number' ? String(keyId) : keyId
  if (typeof id !== 'string' || id === '' || typeof key !== 'string') {
    throw new UnreadableResponseError('it contains no public key')
  }
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== KEY_BYTES || bytes.toString('base64') !== key.trim()) {
    throw new UnreadableResponseError(
      `the public key is invalid: base64 of ${bytes.length} bytes instead of ${KEY_BYTES}`,
    )
  }
  return { keyId: id, bytes }
}

/** Loads libsodium, whose WebAssembly takes a while to start; the first value that is sealed waits for it. */
export async function loadSodium() {
  const { default: sodium } = await import(/* webpackMode: "eager" */ 'libsodium-wrappers')
  await sodium.ready
  return sodium
}

/**
 * Seals a value for a destination: a libsodium sealed box, which only GitHub can open, in base64
 * (source: GitHub's guide to encrypting secrets for the REST API).
 */
export async function sealValue(value: string, key: SealingKey): Promise<string> {
  const sodium = await loadSodium()
  const box = sodium.crypto_box_seal(sodium.from_string(value), key.bytes)
  return sodium.to_base64(box, sodium.base64_variants.ORIGINAL)
}

/** Some keys of the right length, such as one of zeros, are refused only now. */
export async function trySeal(key: SealingKey): Promise<void> {
  try {
    await sealValue('', key)
  } catch (cause) {
    throw new ActionError('the public key that GitHub returned for it cannot encrypt anything', {
      cause,
    })
  }
}
