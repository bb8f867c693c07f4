import type { Clock } from '../core/clock.js'
import { CancelledError, explainError } from '../core/errors.js'
import { describeSecret } from '../core/secret-target.js'
import type { SecretMetadata } from '../github/secret-store.js'
import type { GitHubSecrets } from '../github/secrets.js'
import { LAST_LOOK_AFTER_MS } from './mint.js'
import type { SecretRecord } from './record.js'

/** What came of taking secrets back. */
export interface TakenBack {
  /** Secrets that were created and are deleted again; those that were gone by then are not among them. */
  readonly deleted: readonly SecretRecord[]
  /** Secrets that contain the new key, or may contain it, and cannot be restored or deleted. */
  readonly holding: readonly SecretRecord[]
}

/** What taking back needs from outside. */
export interface TakeBackPorts {
  /** Waits until the last call of a cancelled step. */
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  /** Called with the reason why a secret could not be deleted or read. */
  readonly warning: (message: string) => void
}

/**
 * Undoes what was written so far, if all of it can be undone: secrets that were there before have lost
 * their old values, and while one of them contains the new key, the others are left in place as well.
 * Never throws.
 */
export async function takeBackSecrets(
  secrets: GitHubSecrets,
  records: readonly SecretRecord[],
  ports: TakeBackPorts,
): Promise<TakenBack> {
  if (records.some(({ status }) => status === 'writing')) await waitForLateWrite(ports)
  const known: SecretRecord[] = []
  for (const record of records) known.push(await findOutStatus(secrets, record, ports))
  const touched = known.filter(({ status }) => status !== 'pending')
  if (touched.some(({ existed }) => existed)) return { deleted: [], holding: touched }
  return deleteCreated(secrets, touched, ports)
}

async function waitForLateWrite({ clock }: TakeBackPorts): Promise<void> {
  try {
    await clock.sleep(LAST_LOOK_AFTER_MS)
  } catch (error) {
    // After the last call, the checks that follow fail at once, and the post step repeats them.
    if (!(error instanceof CancelledError)) throw error
  }
}

/** Deletes the secrets that a transaction created or may have created, and no others. Never throws. */
export async function deleteCreated(
  secrets: GitHubSecrets,
  records: readonly SecretRecord[],
  ports: TakeBackPorts,
): Promise<TakenBack> {
  const deleted: SecretRecord[] = []
  const holding: SecretRecord[] = []
  for (const record of records.filter(({ existed, status }) => !existed && status !== 'pending')) {
    try {
      if ((await secrets.remove(record)) === 'deleted') deleted.push(record)
    } catch (error) {
      warn(record, error, ports)
      holding.push(record)
    }
  }
  return { deleted, holding }
}

/** Younger marks than this may be those of our own write: GitHub writes them in whole seconds. */
const SETTLED_AFTER_MS = 60_000

/** A write without a response may have taken effect: checks whether it did, and leaves `writing` where that is unknown. */
async function findOutStatus(
  secrets: GitHubSecrets,
  record: SecretRecord,
  ports: TakeBackPorts,
): Promise<SecretRecord> {
  if (record.status !== 'writing') return record
  try {
    const metadata = await secrets.readMetadata(record)
    return { ...record, status: judgeStatus(record, metadata, ports.clock.now()) }
  } catch (error) {
    warn(record, error, ports)
    return record
  }
}

function warn(record: SecretRecord, error: unknown, { warning }: TakeBackPorts): void {
  warning(`${describeSecret(record)} could not be deleted or checked: ${explainError(error)}`)
}

function judgeStatus(
  { existed, updatedAt }: SecretRecord,
  metadata: SecretMetadata | undefined,
  now: number,
): SecretRecord['status'] {
  // One that is not there yet may still come.
  if (!existed) return metadata === undefined ? 'writing' : 'created'
  if (metadata === undefined) return 'pending'
  const before = Date.parse(updatedAt ?? '')
  if (Number.isNaN(before) || metadata.updatedAt === undefined) return 'writing'
  if (metadata.updatedAt !== updatedAt) return 'updated'
  return before < now - SETTLED_AFTER_MS ? 'pending' : 'writing'
}
