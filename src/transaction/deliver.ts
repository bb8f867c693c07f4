import type { Clock } from '../core/clock.js'
import { ActionError, CancelledError, explainError, FailedRequestError } from '../core/errors.js'
import { mapAtMost } from '../core/map-at-most.js'
import { describeSecret } from '../core/secret-target.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { GitHubSecrets } from '../github/secrets.js'
import { announcePause } from '../http/retry.js'
import type { ManagementApi } from '../junction/client.js'
import type { ManagementKey, NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { Journal } from './journal.js'
import { revokeUndelivered } from './mint.js'
import { cutIds, type SecretRecord } from './record.js'
import { type TakeBackPorts, type TakenBack, takeBackSecrets } from './take-back.js'
import type { Transaction } from './transaction.js'

interface DeliveryPorts extends TakeBackPorts, Pick<Runner, 'info' | 'cancellation' | 'lastCall'> {
  readonly api: ManagementApi
  readonly journal: Pick<Journal, 'refuseAfterPost'>
  /** Waits until the step is cancelled; `undefined` when the key is not tried before it is written. */
  readonly verifyClock: Clock | undefined
  readonly secrets: GitHubSecrets | undefined
  /** The previous keys that are revoked once the key is delivered. */
  readonly superseded: readonly ManagementKey[]
  /** Gives the key to the job, as step outputs and variables, its value last. */
  readonly publish: (secrets: readonly SecretRecord[]) => void
}

/** A delivery that failed. The key is revoked, unless secrets contain it that could not be restored or deleted. */
export interface FailedDelivery extends TakenBack {
  readonly reason: unknown
}

/** Writes that are open at the same time, each to another target. */
const MOST_WRITES = 4

/**
 * Delivers a key: to secrets first, then to the job; verifies it before, if that is wanted. When that fails, or the
 * step is cancelled, takes back what it can: no secret is left with a revoked key, and no unused key stays active.
 * Returns what failed, if anything. Throws a `StrayKeysError` when the key was not delivered and may still be active.
 */
export async function deliver(
  key: NewManagementKey,
  prepared: readonly PreparedSecret[],
  transaction: Transaction,
  ports: DeliveryPorts,
): Promise<FailedDelivery | undefined> {
  try {
    refuseToGoOn(ports)
    if (ports.verifyClock !== undefined) {
      await verifyKey(key, transaction.record.request.teamIds, ports.verifyClock, ports)
      refuseToGoOn(ports)
    }
    if (ports.secrets !== undefined) {
      await writeSecrets(ports.secrets, key.value, prepared, transaction, ports)
    }
    // What the post step did meanwhile, it did without the writes that it could not see.
    ports.journal.refuseAfterPost()
    ports.publish(transaction.record.secrets)
    transaction.advance('delivered', { previousIds: cutIds(ports.superseded.map(({ id }) => id)) })
    return undefined
  } catch (error) {
    return takeBack(error, key, transaction, ports)
  }
}

function refuseToGoOn({ cancellation, journal }: Pick<DeliveryPorts, 'cancellation' | 'journal'>) {
  if (cancellation.aborted) throw new CancelledError('The step was canceled')
  journal.refuseAfterPost()
}

/** How long the service may take to know a new key, for all teams together, in milliseconds. */
const PATIENCE_MS = 30_000

/** The first pause, in milliseconds; each one that follows is twice as long. */
const FIRST_PAUSE_MS = 500

/**
 * Tries a new key on each of its teams, before anything depends on it. Throws an `ActionError` when the service does
 * not accept it, or does not say, and a `CancelledError` when the step is cancelled while it waits.
 */
async function verifyKey(
  key: NewManagementKey,
  teamIds: readonly string[],
  clock: Clock,
  { api, info }: { readonly api: Pick<ManagementApi, 'isAccepted'> } & Pick<Runner, 'info'>,
): Promise<void> {
  try {
    const until = clock.uptime() + PATIENCE_MS
    let pause = FIRST_PAUSE_MS
    for (const teamId of teamIds) {
      while (!(await api.isAccepted(key.value, teamId))) {
        const left = until - clock.uptime()
        if (left <= 0)
          throw new ActionError('The Management API still returns 401 for it after 30 s')
        const wait = Math.min(pause, left)
        const announced = announcePause(wait)
        if (announced !== '') {
          info(
            `The Management API does not accept Management Key ${key.id} yet. Trying again${announced}`,
          )
        }
        await clock.sleep(wait)
        pause *= 2
      }
    }
  } catch (cause) {
    if (cause instanceof CancelledError) throw cause
    throw new ActionError(
      `Management Key ${key.id} could not be verified, so it was not written anywhere, and no previous key was revoked. ${explainError(cause)}`,
      { cause },
    )
  }
  info(`Verified that the Management API accepts Management Key ${key.id}`)
}

/**
 * Writes a value to all targets, a few at the same time. The record is true at every moment: it has the status of each
 * secret before and after its write. New secrets come first, then one that exists, by itself: until it is overwritten,
 * a failure takes everything back. After a failure or a cancellation, no other write begins, and open ones are waited
 * for. Throws the first failure, as an `ActionError`.
 */
export async function writeSecrets(
  secrets: Pick<GitHubSecrets, 'write' | 'readMetadata'>,
  value: string,
  prepared: readonly PreparedSecret[],
  transaction: Transaction,
  ports: Pick<DeliveryPorts, 'cancellation' | 'journal'>,
): Promise<void> {
  const mark = (index: number, changes: Pick<SecretRecord, 'status' | 'updatedAt'>) => {
    const { secrets: records } = transaction.record
    const marked = records.map((record, at) => (at === index ? { ...record, ...changes } : record))
    transaction.note({ secrets: marked })
  }
  const write = async ([index, secret]: [number, PreparedSecret]) => {
    refuseToGoOn(ports)
    mark(index, { status: 'writing' })
    const status = await secrets.write(secret, value).catch((cause: unknown) => {
      if (cause instanceof FailedRequestError && !cause.mayHaveTakenEffect)
        mark(index, { status: 'pending' })
      const name = describeSecret(secret.target)
      throw new ActionError(`${name} could not be written: ${explainError(cause)}`, { cause })
    })
    mark(index, { status })
    if (transaction.record.revoke === 'never') return
    // Where the post step may delete it, it must know the secret again.
    const metadata = await secrets.readMetadata(secret.target).catch(() => undefined)
    mark(index, { status, updatedAt: metadata?.updatedAt })
  }
  const failures: unknown[] = []
  const writeUnlessFailed = async (entry: [number, PreparedSecret]) => {
    if (failures.length > 0) return
    await write(entry).catch((error: unknown) => {
      failures.push(error)
    })
  }
  const all = [...prepared.entries()]
  const existing = all.filter(([, { metadata }]) => metadata !== undefined)
  const added = all.filter((one) => !existing.includes(one))
  for (const batch of [added, existing.slice(0, 1), existing.slice(1)]) {
    await mapAtMost(MOST_WRITES, batch, writeUnlessFailed)
  }
  if (failures.length > 0) throw failures[0]
}

async function takeBack(
  reason: unknown,
  key: NewManagementKey,
  transaction: Transaction,
  ports: DeliveryPorts,
): Promise<FailedDelivery> {
  const { api, secrets, info, warning, lastCall } = ports
  const undone = await takeBackSecrets(secrets, transaction.record.secrets, ports)
  const { holding } = undone
  if (holding.length === 0) await revokeUndelivered(key.id, reason, { api, info })
  // Where nothing is overwritten, a post step has the time to delete what this one could not.
  const isFinal = !lastCall.aborted || holding.some(({ existed }) => existed)
  try {
    if (holding.length === 0) transaction.advance('done')
    else if (isFinal) transaction.advance('kept', { secrets: holding })
  } catch (error) {
    // What became of the key is to be reported all the same.
    warning(`The post step will not know what became of the key: ${explainError(error)}`)
  }
  return { reason, ...undone }
}
