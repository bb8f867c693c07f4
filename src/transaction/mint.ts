import type { Clock } from '../core/clock.js'
import {
  CancelledError,
  ConnectionError,
  explainError,
  HttpStatusError,
  StrayKeysError,
  UnreadableAnswerError,
} from '../core/errors.js'
import { computeDelay, MOST_ATTEMPTS } from '../http/retry.js'
import type { ManagementApi } from '../junction/client.js'
import type { NewManagementKey } from '../junction/responses.js'
import { encodeTransaction, type Transaction } from './record.js'
import { settleStrayKeys } from './stray-keys.js'

/** The pause before the last look for stray keys when no attempt follows, in milliseconds. */
const LAST_LOOK_AFTER_MS = 1_000

/** What minting needs from outside. */
export interface MintPorts {
  readonly api: ManagementApi
  readonly clock: Clock
  readonly info: (message: string) => void
  /** Hides a key's value; called before anything else is done with it. */
  readonly mask: (secret: string) => void
  /** Saves how far the transaction came, for the post step. */
  readonly save: (transaction: Transaction) => void
}

/** A key that exists and that nobody holds yet, with the transaction that has to be carried on. */
export interface MintedKey {
  readonly key: NewManagementKey
  readonly transaction: Transaction
}

/**
 * Creates one Management Key so that no failure leaves another one alive unnoticed.
 *
 * A create is repeated at once when it certainly did nothing (no connection, 429). When it may have
 * been obeyed, the keys it may have made are looked for and settled first.
 * Throws what the last attempt threw, or a `StrayKeysError` that names keys left alive.
 */
export async function mintKey(intent: Transaction, ports: MintPorts): Promise<MintedKey> {
  let transaction = intent
  ports.save(transaction)
  for (let attempt = 1; ; attempt += 1) {
    const result = await tryCreate(transaction, attempt, ports)
    if ('key' in result) return recordKey(result.key, transaction, ports)

    const { error, effect } = result
    const delay = planNextAttempt(error, effect, attempt, ports.clock)
    if (effect !== 'refused') ports.info(describeAttempt(result, attempt, delay))
    transaction = await undoFailedCreate(result, delay ?? LAST_LOOK_AFTER_MS, transaction, ports)
    if (delay === undefined) return giveUp(error, transaction, ports)
    if (effect === 'none') await ports.clock.sleep(delay)
  }
}

function describeAttempt(
  { error, effect }: FailedCreate,
  attempt: number,
  delay: number | undefined,
): string {
  const next = delay === undefined ? 'Giving up' : 'Trying again'
  const reaction = effect === 'unknown' ? 'Looking for a key it may have made' : next
  return `Attempt ${attempt} of ${MOST_ATTEMPTS}: ${explainError(error)}. ${reaction}`
}

/** Statuses of a refusal that may come after the work was done: redirects, 408 and 409. */
function isDoubtfulRefusal(error: unknown): boolean {
  if (!(error instanceof HttpStatusError)) return false
  return error.status < 400 || error.status === 408 || error.status === 409
}

/** Unless a key may exist all the same, the post step has nothing to look for. */
function giveUp(error: unknown, transaction: Transaction, ports: MintPorts): never {
  if (!transaction.unsure && !isDoubtfulRefusal(error))
    ports.save({ ...transaction, phase: 'settled' })
  throw error
}

/**
 * What a failed create did: `none` certainly, `refused` for good, `unknown` because the answer was lost,
 * or `illegible`, a key whose id arrived but not its value.
 */
type Effect = 'none' | 'refused' | 'unknown' | 'illegible'

interface FailedCreate {
  readonly error: unknown
  readonly effect: Effect
}

async function tryCreate(
  transaction: Transaction,
  attempt: number,
  ports: MintPorts,
): Promise<{ key: NewManagementKey } | FailedCreate> {
  try {
    const key = await ports.api.createKey(transaction.request, attempt)
    refusePublicValue(key, transaction)
    return { key }
  } catch (error) {
    return { error, effect: judgeEffect(error) }
  }
}

/**
 * A value that stands in the record, such as the key's own id or its label, is no secret. Masked, it would
 * hide the very words that name the key, and the record would hold it.
 */
function refusePublicValue(key: NewManagementKey, transaction: Transaction): void {
  const record = encodeTransaction({ ...transaction, phase: 'created', keyId: key.id })
  if (!record.includes(JSON.stringify(key.value).slice(1, -1))) return
  throw new UnreadableAnswerError(
    'The Management API’s answer to the request to create a Management Key holds no secret value',
    key.id,
  )
}

function judgeEffect(error: unknown): Effect {
  if (error instanceof ConnectionError) {
    if (error.failure === 'untrusted') return 'refused'
    return error.failure === 'unreachable' ? 'none' : 'unknown'
  }
  if (error instanceof HttpStatusError) {
    if (error.status === 429) return 'none'
    return error.status < 500 ? 'refused' : 'unknown'
  }
  const hasId = error instanceof UnreadableAnswerError && error.keyId !== undefined
  return hasId ? 'illegible' : 'unknown'
}

/** Milliseconds until the next attempt, or nothing when there shall be none. */
function planNextAttempt(
  error: unknown,
  effect: Effect,
  attempt: number,
  clock: Clock,
): number | undefined {
  if (effect === 'refused' || attempt >= MOST_ATTEMPTS) return undefined
  return computeDelay(error, attempt, clock.random())
}

/** Makes sure that a failed create leaves no key behind. Returns the transaction as it then stands. */
async function undoFailedCreate(
  { error, effect }: FailedCreate,
  pause: number,
  transaction: Transaction,
  ports: MintPorts,
): Promise<Transaction> {
  if (effect === 'illegible') await revokeIllegibleKey(error, transaction, ports)
  if (effect !== 'unknown') return transaction
  const unsure: Transaction = { ...transaction, unsure: true }
  ports.save(unsure)
  // A service under strain may obey a moment after its answer was lost: look after the pause, not before.
  await ports.clock.sleep(pause)
  await settleFailedCreate(error, unsure, ports)
  return unsure
}

/** Mask, then record: from here on the post step revokes the key unless it is delivered. */
async function recordKey(
  key: NewManagementKey,
  unrecorded: Transaction,
  ports: MintPorts,
): Promise<MintedKey> {
  ports.mask(key.value)
  const transaction: Transaction = { ...unrecorded, phase: 'created', keyId: key.id }
  try {
    ports.save(transaction)
  } catch (error) {
    await revokeUndelivered(key.id, error, ports)
    throw error
  }
  return { key, transaction }
}

async function revokeIllegibleKey(
  error: unknown,
  transaction: Transaction,
  ports: MintPorts,
): Promise<void> {
  if (!(error instanceof UnreadableAnswerError) || error.keyId === undefined) return
  ports.save({ ...transaction, phase: 'created', keyId: error.keyId })
  await revokeUndelivered(error.keyId, error, ports)
  ports.save(transaction)
}

/**
 * Revokes a key that could not be handed on.
 * Throws a `StrayKeysError` that names it when that fails too; `reason` is why it was not handed on.
 */
export async function revokeUndelivered(
  keyId: string,
  reason: unknown,
  ports: Pick<MintPorts, 'api' | 'info'>,
): Promise<void> {
  try {
    await ports.api.revokeKey(keyId)
    ports.info(`Revoked Management Key ${keyId}, which could not be handed on`)
  } catch (error) {
    throw new StrayKeysError(
      `${explainError(reason)}. Management Key ${keyId} was created, nobody holds it, and it could not be revoked: ${explainError(error)}. Revoke it in the Junction Dashboard`,
      { cause: error },
    )
  }
}

async function settleFailedCreate(
  reason: unknown,
  transaction: Transaction,
  ports: MintPorts,
): Promise<void> {
  try {
    await settleStrayKeys(ports.api, transaction, ports.info)
  } catch (error) {
    if (error instanceof CancelledError) throw error
    if (error instanceof StrayKeysError) {
      throw new StrayKeysError(`${explainError(reason)}. ${error.message}`, { cause: reason })
    }
    throw new StrayKeysError(
      `${explainError(reason)}. Whether it made a key could not be found out: ${explainError(error)}. Look in the Junction Dashboard for a new key with the label "${transaction.request.label}"`,
      { cause: error },
    )
  }
}
