import type { SecretTarget } from '../core/secret-target.js'
import { isRefusal } from '../github/octokit-plugins.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import { sealValue } from '../github/seal.js'
import type { SecretRecord } from './record.js'

function planRecords(prepared: readonly PreparedSecret[]): readonly SecretRecord[] {
  return prepared.map(({ target, facts }) => ({
    destination: target.destination,
    name: target.name,
    existed: facts !== undefined,
    updatedAt: facts?.updatedAt,
    status: 'pending',
  }))
}

/** What writing needs from outside. */
export interface WritePorts {
  /** Told how far every secret is, before and after each write. */
  readonly save: (records: readonly SecretRecord[]) => void
  /** Hides a sealed value in everything that is shown. */
  readonly hide: (secret: string) => void
}

/** Thrown when one target's write fails; `cause` is what it threw. */
export class WriteError extends Error {
  override name = 'WriteError'
  readonly target: SecretTarget

  constructor(target: SecretTarget, cause: unknown) {
    super('a secret could not be written', { cause })
    this.target = target
  }
}

/**
 * Seals a value for every target and writes it, one after the other: octokit leaves a second between
 * writes, as GitHub asks, and what is written can be told at any moment.
 * Throws a `WriteError` at the first write that fails.
 */
export async function writeSecrets(
  value: string,
  prepared: readonly PreparedSecret[],
  ports: WritePorts,
): Promise<void> {
  let records = planRecords(prepared)
  const mark = (index: number, status: SecretRecord['status']) => {
    records = records.map((record, at) => (at === index ? { ...record, status } : record))
    ports.save(records)
  }
  ports.save(records)
  for (const [index, secret] of prepared.entries()) {
    try {
      await writeSecret(value, secret, (status) => mark(index, status), ports.hide)
    } catch (error) {
      throw new WriteError(secret.target, error)
    }
  }
}

async function writeSecret(
  value: string,
  { target, store, key, facts, access }: PreparedSecret,
  mark: (status: SecretRecord['status']) => void,
  hide: (secret: string) => void,
): Promise<void> {
  if (key === undefined) throw new TypeError('there is no public key to seal it with')
  const sealed = await sealValue(value, key)
  hide(sealed)
  mark('writing')
  try {
    const done = await store.write(target.name, sealed, key.keyId, access)
    // A write that was repeated after a lost answer finds its own secret and calls it updated.
    mark(facts === undefined ? 'created' : done)
  } catch (error) {
    if (isRefusal(error)) mark('pending')
    throw error
  }
}
