import sodium from 'libsodium-wrappers'
import type { SealingKey } from './secret-store.js'

/**
 * Seals a value for a destination: a libsodium sealed box, which only GitHub can open, in base64
 * (source: GitHub's guide to encrypting secrets for the REST API).
 */
export async function sealValue(value: string, key: SealingKey): Promise<string> {
  await sodium.ready
  const box = sodium.crypto_box_seal(sodium.from_string(value), key.bytes)
  return sodium.to_base64(box, sodium.base64_variants.ORIGINAL)
}
