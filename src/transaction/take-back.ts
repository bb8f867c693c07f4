import type { SecretFacts, SecretStore } from '../github/secret-store.js'
import type { SecretRecord } from './record.js'

/** What came of taking secrets back. */
export interface TakenBack {
  /** Secrets that were created and are deleted again; those that were gone by then are not among them. */
  readonly deleted: readonly SecretRecord[]
  /** Secrets that hold the new key, or may hold it, and cannot be taken back. */
  readonly holding: readonly SecretRecord[]
}

/** What taking back needs from outside. */
export interface TakeBackPorts {
  readonly openStore: (record: SecretRecord) => SecretStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Told why a secret could not be taken back or looked at. */
  readonly warn: (record: SecretRecord, error: unknown) => void
}

/**
 * Undoes what was written so far, if all of it can be undone: secrets that were there before have lost
 * their old values, and while one of them holds the new key, the others are left in place as well.
 */
export async function takeBackSecrets(
  records: readonly SecretRecord[],
  ports: TakeBackPorts,
): Promise<TakenBack> {
  const known: SecretRecord[] = []
  for (const record of records) known.push(await findOutStatus(record, ports))
  const touched = known.filter(({ status }) => status !== 'pending')
  if (touched.some(({ existed }) => existed)) return { deleted: [], holding: touched }
  return deleteCreated(touched, ports)
}

/** Deletes the secrets that a transaction created or may have created, and no others. */
export async function deleteCreated(
  records: readonly SecretRecord[],
  ports: TakeBackPorts,
): Promise<TakenBack> {
  const deleted: SecretRecord[] = []
  const holding: SecretRecord[] = []
  for (const record of records.filter(({ existed, status }) => !existed && status !== 'pending')) {
    try {
      const outcome = await ports.openStore(record).remove(record.name)
      if (outcome === 'deleted') deleted.push(record)
    } catch (error) {
      ports.warn(record, error)
      holding.push(record)
    }
  }
  return { deleted, holding }
}

/** Younger marks than this may be those of our own write: GitHub writes them in whole seconds. */
const SETTLED_AFTER_MS = 60_000

/** A write without an answer may have been obeyed: looks whether it was, and leaves `writing` where that cannot be told. */
async function findOutStatus(record: SecretRecord, ports: TakeBackPorts): Promise<SecretRecord> {
  if (record.status !== 'writing') return record
  try {
    const facts = await ports.openStore(record).readFacts(record.name)
    return { ...record, status: judgeStatus(record, facts, ports.now()) }
  } catch (error) {
    ports.warn(record, error)
    return record
  }
}

function judgeStatus(
  { existed, updatedAt }: SecretRecord,
  facts: SecretFacts | undefined,
  now: number,
): SecretRecord['status'] {
  // One that is not there yet may still come.
  if (!existed) return facts === undefined ? 'writing' : 'created'
  if (facts === undefined) return 'pending'
  const before = Date.parse(updatedAt ?? '')
  if (Number.isNaN(before) || facts.updatedAt === undefined) return 'writing'
  if (facts.updatedAt !== updatedAt) return 'updated'
  return before < now - SETTLED_AFTER_MS ? 'pending' : 'writing'
}
