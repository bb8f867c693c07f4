import type { SealingKey } from './secret-store.js'

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
