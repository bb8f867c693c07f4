import type { Clock } from '../core/clock.js'
import { explainError, FailedRequestError, ignoreCancellation } from '../core/errors.js'
import type { Message } from '../core/message.js'
import { describeSecret, listFailures } from '../core/secret-target.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { SecretRecord } from './record.js'

export interface TakenBack {
  /** Secrets that were created and are deleted again; those that were gone by then are not among them. */
  readonly deleted: readonly SecretRecord[]
  /** Secrets that contain the new key, or may contain it, and cannot be restored or deleted. */
  readonly holding: readonly SecretRecord[]
}

export interface TakeBackPorts {
  /** Waits until the last call of a cancelled step. */
  readonly clock: Pick<Clock, 'sleep'>
  /** Called once, with the reasons why secrets could not be deleted. */
  readonly warning: (message: Message) => void
}

/** The pause before a secret is deleted whose write got no response, in milliseconds: GitHub may still carry it out. */
const LATE_WRITE_MS = 1_000

/** Whether a secret contains the key, or may contain it: a write without a response counts as done. */
export function isWritten({ status }: SecretRecord): boolean {
  return status !== 'pending'
}

/**
 * Undoes what was written so far, if all of it can be undone: secrets that were there before have lost their old
 * values, and while one of them contains the new key, the others are left in place as well. Deletes as many at the same
 * time as the client allows.
 * `secrets` is `undefined` when there is no way to reach them. Never throws.
 */
export async function takeBackSecrets(
  secrets: GitHubSecrets | undefined,
  records: readonly SecretRecord[],
  { clock, warning }: TakeBackPorts,
): Promise<TakenBack> {
  const written = records.filter(isWritten)
  if (secrets === undefined || written.some(({ existed }) => existed)) {
    return { deleted: [], holding: written }
  }
  if (written.some(({ status }) => status === 'writing')) {
    // After the last call, the deletions that follow fail at once, and the post step repeats them.
    await clock.sleep(LATE_WRITE_MS).catch(ignoreCancellation)
  }
  const failures: string[] = []
  const remove = async (record: SecretRecord) => {
    try {
      return { record, outcome: await secrets.remove(record) }
    } catch (error) {
      failures.push(`${describeSecret(record)}: ${explainError(error)}`)
      const mayBeGone = error instanceof FailedRequestError && error.mayHaveTakenEffect
      return {
        record: mayBeGone ? { ...record, status: 'writing' as const } : record,
        outcome: 'kept',
      }
    }
  }
  const removals = await Promise.all(written.map(remove))
  // In one message: a runner keeps ten of a step, and the one that names the key comes last.
  if (failures.length > 0) warning(listFailures('could not be deleted', failures))
  const list = (wanted: string) =>
    removals.flatMap(({ record, outcome }) => (outcome === wanted ? [record] : []))
  return { deleted: list('deleted'), holding: list('kept') }
}
