import type { Clock } from '../core/clock.js'
import {
  ActionError,
  CancelledError,
  explainError,
  FailedRequestError,
  ignoreCancellation,
  StrayKeysError,
  UnreadableResponseError,
} from '../core/errors.js'
import { announcePause, computeDelay, isTransient, MOST_ATTEMPTS } from '../http/retry.js'
import type { Revocation } from '../junction/client.js'
import { isSameId, type NewManagementKey } from '../junction/responses.js'
import type { Journal } from './journal.js'
import type { TransactionRecord } from './record.js'
import { revokeStrayKeys, type StrayPorts } from './stray-keys.js'
import type { Transaction } from './transaction.js'

/** The pause before the last look for a key, in milliseconds: a service may still create it. */
const LAST_LOOK_AFTER_MS = 1_000

/** Characters of a value from which on its shortened forms are masked, too: those of a shorter one would hide words. */
const SHORTEST_TO_CUT = 16

export interface MintPorts extends StrayPorts {
  readonly journal: Pick<Journal, 'listKeys' | 'refuseAfterPost'>
  readonly clock: Clock
  readonly mask: (secret: string) => void
}

/**
 * Creates one Management Key so that no failure leaves another one active unnoticed.
 *
 * A create is repeated without further checks only when it cannot have succeeded (no connection, 429). When it
 * may have, the keys it may have created are looked for and revoked first.
 * Throws what the last attempt threw, or a `StrayKeysError` that names keys that may still be active.
 */
export async function mintKey(
  transaction: Transaction,
  ports: MintPorts,
): Promise<NewManagementKey> {
  const key = await requestKey(transaction, ports).catch((error: unknown) => {
    const { mayExist, keyId } = transaction.record
    // Then the post step has nothing to look for. Another error means that the record could not be saved.
    const isOver = error instanceof ActionError && !mayExist && keyId === undefined
    if (isOver) transaction.advance('done')
    throw isOver && error instanceof CancelledError
      ? new CancelledError(`${error.message}. It leaves no key behind`, { cause: error })
      : error
  })
  return recordKey(key, transaction, ports)
}

async function requestKey(transaction: Transaction, ports: MintPorts): Promise<NewManagementKey> {
  for (let attempt = 1; ; attempt += 1) {
    ports.journal.refuseAfterPost()
    try {
      const key = await ports.api.createKey(transaction.record.request, attempt)
      refusePublicValue(key, transaction)
      return key
    } catch (error) {
      await undoAttempt(error, attempt, transaction, ports)
    }
  }
}

/** Undoes what a failed create request did, and waits until the next. Throws when there is to be none. */
async function undoAttempt(
  error: unknown,
  attempt: number,
  transaction: Transaction,
  ports: MintPorts,
): Promise<void> {
  const { keyId, isFinal, ...effect } = judgeEffect(error, transaction.record)
  const { mayExist: wasInDoubt } = transaction.record
  let { mayExist } = effect
  if (keyId !== undefined) {
    transaction.note({ keyId })
    // An ID that the service does not know is that of something else, such as a gateway's own request.
    mayExist = (await revokeUndelivered(keyId, error, ports)) === 'already gone'
    transaction.note({ keyId: undefined })
  }
  if (mayExist) transaction.note({ mayExist })
  // A redirect, 408 or 409 leaves the search to the post step.
  if (isFinal) throw mayExist ? suspectStray(error, error, transaction.record) : error
  const isLast = attempt === MOST_ATTEMPTS
  const delay = isLast ? undefined : computeDelay(error, attempt, ports.clock.random())
  const pause = announcePause(delay ?? LAST_LOOK_AFTER_MS)
  const next = delay === undefined ? 'Giving up' : `Trying again${pause}`
  const reaction = mayExist ? `Looking${pause} for a key it may have created` : next
  ports.info(`Attempt ${attempt} of ${MOST_ATTEMPTS}: ${explainError(error)}. ${reaction}`)
  if (delay === undefined && !mayExist) throw error
  const pausing = ports.clock.sleep(delay ?? LAST_LOOK_AFTER_MS)
  try {
    if (mayExist) await endDoubt(pausing, wasInDoubt, transaction, ports)
    await pausing
  } catch (cause) {
    throw suspectStray(error, cause, transaction.record)
  }
  if (delay === undefined) throw error
}

/**
 * Revokes the key that a create request without a response has left behind. After the pause: an overloaded service may
 * create it a moment later. One that is cut short is followed by a look, too: a runner that is shut down runs no post
 * step. `wasInDoubt` is what the record said before that request.
 */
async function endDoubt(
  pausing: Promise<void>,
  wasInDoubt: boolean,
  transaction: Transaction,
  ports: MintPorts,
): Promise<void> {
  await pausing.catch(ignoreCancellation)
  const revoked = await revokeStrayKeys(transaction.record, ports)
  // One request creates one key at most.
  if (revoked.length > 0) transaction.note({ mayExist: wasInDoubt })
}

/**
 * What a failed create request did, as far as its error shows: of a key whose value is unreadable, the ID has arrived.
 * That of a key that was there before is not the new one's.
 */
function judgeEffect(error: unknown, { knownIds }: TransactionRecord) {
  const id = error instanceof UnreadableResponseError ? error.keyId : undefined
  const keyId = knownIds.some((known) => isSameId(known, id ?? '')) ? undefined : id
  const isKnown = error instanceof FailedRequestError
  return {
    keyId,
    mayExist: keyId === undefined && (!isKnown || error.mayHaveTakenEffect),
    isFinal: isKnown && !isTransient(error),
  }
}

/** What to throw when a look for the key that a request may have created fails, or there is to be none. */
function suspectStray(reason: unknown, cause: unknown, record: TransactionRecord): unknown {
  if (!record.mayExist) return cause
  const why = [...new Set([reason, cause])].map(explainError).join('. ')
  if (cause instanceof StrayKeysError)
    return new StrayKeysError(why, cause.keyIds, { cause: reason })
  return new StrayKeysError(
    `${why}. A create request may have created a Management Key with the label "${record.request.label}" all the same. Unless the post step reports it, check the Junction Dashboard`,
    [],
    { cause },
  )
}

/**
 * A value that stands in the record or beside itself in the response, such as the key's own id or its label, is no
 * secret. Masked, it would hide the very words that name the key, and the record or the other outputs would contain it.
 */
function refusePublicValue({ value, ...key }: NewManagementKey, { record }: Transaction): void {
  const saved = JSON.stringify({ ...record, phase: 'created', keyId: key.id })
  if (!`${saved}${JSON.stringify(key)}`.includes(JSON.stringify(value).slice(1, -1))) return
  throw new UnreadableResponseError(
    "The Management API's response to the request to create a Management Key contains no secret value",
    key.id,
  )
}

/** Mask, then record: from here on the post step revokes the key unless it is delivered. */
async function recordKey(
  key: NewManagementKey,
  transaction: Transaction,
  ports: MintPorts,
): Promise<NewManagementKey> {
  // Without its last characters, too: whether the runner finds the value in base64 depends on what follows it there.
  const { length } = key.value
  const cuts = length < SHORTEST_TO_CUT ? [0] : [0, 1, 2]
  for (const cut of cuts) ports.mask(key.value.slice(0, length - cut))
  // A runner that is shut down may leave no time to say more.
  ports.info(`Received Management Key ${key.id}`)
  try {
    transaction.advance('created', { keyId: key.id })
  } catch (error) {
    await revokeUndelivered(key.id, error, ports)
    throw error
  }
  return key
}

/**
 * Revokes a key that was not delivered; `reason` is why. Returns whether it had been active. Throws a `StrayKeysError`
 * that names the key when it may still be active.
 */
export async function revokeUndelivered(
  keyId: string,
  reason: unknown,
  ports: Pick<StrayPorts, 'api' | 'info'>,
): Promise<Revocation['status']> {
  try {
    const { status } = await ports.api.revokeKey(keyId)
    const done = status === 'revoked' ? 'Revoked' : 'Found no active'
    ports.info(`${done} Management Key ${keyId}, which could not be delivered`)
    return status
  } catch (error) {
    throw new StrayKeysError(
      `${explainError(reason)}. Management Key ${keyId} was created but not delivered, and it could not be revoked: ${explainError(error)}. Revoke it in the Junction Dashboard`,
      [keyId],
      { cause: error },
    )
  }
}
