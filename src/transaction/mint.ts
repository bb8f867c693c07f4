import type { Clock } from '../core/clock.js'
import {
  CancelledError,
  explainError,
  FailedRequestError,
  StrayKeysError,
  UnreadableResponseError,
} from '../core/errors.js'
import { computeDelay, isTransient, MOST_ATTEMPTS } from '../http/retry.js'
import type { NewManagementKey } from '../junction/responses.js'
import { encodeRecord } from './record.js'
import { revokeStrayKeys, type StrayPorts } from './stray-keys.js'
import type { Transaction } from './transaction.js'

/**
 * The pause before the last look at what a request without a response did, when no attempt follows, in milliseconds:
 * a service may still carry it out.
 */
export const LAST_LOOK_AFTER_MS = 1_000

/** Characters of a value from which on its shortened forms are masked, too. */
const SHORTEST_TO_CUT = 16

/** What minting needs from outside. */
export interface MintPorts extends StrayPorts {
  readonly clock: Clock
  /** Hides a key's value; called before anything else is done with it. */
  readonly mask: (secret: string) => void
}

/**
 * What a failed create request did, as far as its error shows:
 *
 * - `none`: nothing; worth another attempt.
 * - `refused`: nothing, and never will.
 * - `refused-unclear`: refused for good, yet a key may exist (a redirect, 408 or 409).
 * - `unknown`: the response was lost, and a key may exist.
 * - `unreadable`: a key exists whose id arrived and whose value did not.
 */
type Effect =
  | { readonly kind: 'none' | 'refused' | 'refused-unclear' | 'unknown' }
  | { readonly kind: 'unreadable'; readonly keyId: string }

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
  for (let attempt = 1; ; attempt += 1) {
    refuseAfterPost(transaction)
    const result = await tryCreate(transaction, attempt, ports)
    if ('key' in result) return recordKey(result.key, transaction, ports)

    const { error, effect } = result
    switch (effect.kind) {
      case 'refused-unclear':
        // The record stays at `intent`: the post step looks for the key, unless the runner is shut down before.
        throw new StrayKeysError(
          `${explainError(error)}. It may have created a Management Key with the label "${transaction.record.request.label}" all the same. Unless the post step reports it, check the Junction Dashboard`,
          [],
          { cause: error },
        )
      case 'refused':
        throw giveUp(error, transaction)
      case 'unreadable':
        transaction.note({ keyId: effect.keyId })
        await revokeUndelivered(effect.keyId, error, ports)
        transaction.note({ keyId: undefined })
        break
      case 'unknown':
      case 'none':
    }
    const isLast = attempt === MOST_ATTEMPTS
    const delay = isLast ? undefined : computeDelay(error, attempt, ports.clock.random())
    ports.info(describeAttempt(result, attempt, delay))
    if (delay === undefined && effect.kind !== 'unknown') throw giveUp(error, transaction)
    // An overloaded service may create the key a moment after its response was lost, so list the keys after the pause.
    await pause(delay ?? LAST_LOOK_AFTER_MS, transaction, ports)
    if (effect.kind === 'unknown') await undoLostCreate(error, transaction, ports)
    if (delay === undefined) throw giveUp(error, transaction)
  }
}

/** Once a post step has begun, nobody would clean up after another request. */
function refuseAfterPost(transaction: Transaction): void {
  try {
    transaction.refuseAfterPost()
  } catch (error) {
    throw giveUp(error, transaction)
  }
}

/** Waits. Where no key may exist, a cancellation leaves nothing to look for. */
async function pause(ms: number, transaction: Transaction, { clock }: MintPorts): Promise<void> {
  try {
    await clock.sleep(ms)
  } catch (cause) {
    if (!transaction.record.mayExist) throw giveUp(cause, transaction)
    throw explainCancel(cause, transaction)
  }
}

/** A runner that is shut down starts no post step, so that this may be the last word. */
function explainCancel(cause: unknown, { record }: Transaction): CancelledError {
  return new CancelledError(
    `The step was canceled, and a create request that got no response may have created a Management Key with the label "${record.request.label}". Unless the post step reports it, check the Junction Dashboard`,
    { cause },
  )
}

interface FailedCreate {
  readonly error: unknown
  readonly effect: Effect
}

async function tryCreate(
  transaction: Transaction,
  attempt: number,
  { api }: MintPorts,
): Promise<{ readonly key: NewManagementKey } | FailedCreate> {
  try {
    const key = await api.createKey(transaction.record.request, attempt)
    refusePublicValue(key, transaction)
    return { key }
  } catch (error) {
    const effect = judgeEffect(error)
    if (effect.kind === 'unknown') transaction.note({ mayExist: true })
    return { error, effect }
  }
}

function judgeEffect(error: unknown): Effect {
  const keyId = error instanceof UnreadableResponseError ? error.keyId : undefined
  if (keyId !== undefined) return { kind: 'unreadable', keyId }
  if (!(error instanceof FailedRequestError)) return { kind: 'unknown' }
  if (error.mayHaveTakenEffect) return { kind: isTransient(error) ? 'unknown' : 'refused-unclear' }
  return { kind: isTransient(error) ? 'none' : 'refused' }
}

/**
 * A value that stands in the record, such as the key's own id or its label, is no secret. Masked, it would
 * hide the very words that name the key, and the record would contain it.
 */
function refusePublicValue(key: NewManagementKey, { record }: Transaction): void {
  const saved = encodeRecord({ ...record, phase: 'created', keyId: key.id })
  if (!saved.includes(JSON.stringify(key.value).slice(1, -1))) return
  throw new UnreadableResponseError(
    "The Management API's response to the request to create a Management Key contains no secret value",
    key.id,
  )
}

function describeAttempt(
  { error, effect }: FailedCreate,
  attempt: number,
  delay: number | undefined,
): string {
  const next = delay === undefined ? 'Giving up' : 'Trying again'
  const reaction = effect.kind === 'unknown' ? 'Looking for a key it may have created' : next
  return `Attempt ${attempt} of ${MOST_ATTEMPTS}: ${explainError(error)}. ${reaction}`
}

/** Unless a key may exist all the same, the post step has nothing to look for. */
function giveUp(error: unknown, transaction: Transaction): unknown {
  if (!transaction.record.mayExist) transaction.advance('done')
  return error
}

/**
 * A value, then the same without its last one and its last two characters: whether the runner finds the value in
 * base64 depends on what follows it there, and with these it does. Not of a value so short that they hide words.
 */
function withShorterForms(value: string): readonly string[] {
  return value.length < SHORTEST_TO_CUT
    ? [value]
    : [value, ...[1, 2].map((count) => value.slice(0, -count))]
}

/** Mask, then record: from here on the post step revokes the key unless it is delivered. */
async function recordKey(
  key: NewManagementKey,
  transaction: Transaction,
  ports: MintPorts,
): Promise<NewManagementKey> {
  for (const secret of withShorterForms(key.value)) ports.mask(secret)
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
 * Revokes a key that was not delivered; `reason` is why. Throws a `StrayKeysError` that names the key when it
 * may still be active.
 */
export async function revokeUndelivered(
  keyId: string,
  reason: unknown,
  ports: Pick<StrayPorts, 'api' | 'info'>,
): Promise<void> {
  try {
    await ports.api.revokeKey(keyId)
    ports.info(`Revoked Management Key ${keyId}, which could not be delivered`)
  } catch (error) {
    throw new StrayKeysError(
      `${explainError(reason)}. Management Key ${keyId} was created but not delivered, and it could not be revoked: ${explainError(error)}. Revoke it in the Junction Dashboard`,
      [keyId],
      { cause: error },
    )
  }
}

/** Revokes what a create whose response was lost has left behind. Throws a `StrayKeysError` when it cannot. */
async function undoLostCreate(
  reason: unknown,
  transaction: Transaction,
  ports: MintPorts,
): Promise<void> {
  const { record } = transaction
  try {
    await revokeStrayKeys(record, ports)
  } catch (error) {
    if (error instanceof CancelledError) throw explainCancel(error, transaction)
    if (error instanceof StrayKeysError) {
      throw new StrayKeysError(`${explainError(reason)}. ${error.message}`, error.keyIds, {
        cause: reason,
      })
    }
    throw new StrayKeysError(
      `${explainError(reason)}. The action could not determine whether a key was created: ${explainError(error)}. Check the Junction Dashboard for a new key with the label "${record.request.label}"`,
      [],
      { cause: error },
    )
  }
}
