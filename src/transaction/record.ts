import { ActionError } from '../core/errors.js'
import {
  hasShape,
  isBoolean,
  isFiniteNumber,
  isOneOf,
  isString,
  isStringList,
  parseJson,
  type Shape,
} from '../core/json.js'
import { REVOKE_POLICIES, type RevokePolicy } from '../core/revoke-policy.js'
import { isDestination, type SecretTarget } from '../core/secret-target.js'
import { isUsableId, type KeyRequest, LONGEST_ID } from '../junction/responses.js'

export const TRANSACTION_STATE = 'transaction'

export const PROCESS_STATE = 'process'

/**
 * How far a create transaction came:
 *
 * - `planned`: nothing but reads was requested.
 * - `intent`: a create request may have been sent; a key with an unknown ID may exist, or one whose value was unreadable.
 * - `created`: the key exists and is not delivered.
 * - `delivered`: the key is in use.
 * - `kept`: a delivery failed, and an overwritten secret contains the key, which must not be revoked.
 * - `done`: no key needs cleanup.
 */
export type Phase = 'planned' | 'intent' | 'created' | 'delivered' | 'kept' | 'done'

/** Where a transaction may go from each phase. */
export const TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  planned: ['intent', 'done'],
  intent: ['created', 'done'],
  created: ['delivered', 'kept', 'done'],
  delivered: [],
  kept: [],
  done: [],
}

/** How far the writing of one secret came. `writing` means that GitHub may have the new value. */
export type SecretStatus = 'pending' | 'writing' | 'created' | 'updated'

export interface SecretRecord extends SecretTarget {
  /** Whether the secret was there before, so that its old value is lost once it is written. */
  readonly existed: boolean
  readonly status: SecretStatus
  /** GitHub's own mark of the write, as it wrote it; `undefined` when that is not known. */
  readonly updatedAt?: string | undefined
}

/** What is saved of one create transaction. Never contains a key's value. */
export interface TransactionRecord {
  readonly phase: Phase
  /** Counts the changes, so that the later of two copies is known. */
  readonly revision: number
  readonly apiUrl: string
  readonly orgId: string
  readonly request: KeyRequest
  readonly revoke: RevokePolicy
  /** Whether every key that appears with this label and these teams counts as this step's own. */
  readonly ownsLabel: boolean
  /** When the intent was saved, in milliseconds since this machine started. */
  readonly began: number
  /** Ids of keys with this label and these teams that were there before. */
  readonly knownIds: readonly string[]
  /** Whether a failed create request may have created a key all the same. */
  readonly mayExist: boolean
  readonly keyId: string | undefined
  /** Base URL of the GitHub API that the secrets belong to. */
  readonly githubApiUrl: string
  /** Ids of the previous keys that are about to be revoked. */
  readonly previousIds: readonly string[]
  /** Ids of the previous keys that are revoked. */
  readonly replacedIds: readonly string[]
  /** The secrets to be written, in order. */
  readonly secrets: readonly SecretRecord[]
}

/** Characters that a list of IDs may take in a record: those of some 500 keys. */
const MOST_ID_CHARACTERS = 20_000

/**
 * A state value becomes one variable of the post step, with its name. Linux starts no process with one of 128 KiB,
 * and Windows cuts one at 32,767 characters.
 */
const MOST_BYTES = process.platform === 'win32' ? 32_700 : 128 * 1024 - 64

/**
 * What an ID, a phase and a revision may add to a record, and what GitHub's mark (`TIME` in
 * `github/secrets.ts`) may add to each secret, in characters.
 */
const LATER = LONGEST_ID + 20
const LATER_OF_A_SECRET = 60

/** Throws an `ActionError` when a record could not be saved to the end, before there is a key. */
export function refuseLargeRecord(record: TransactionRecord): void {
  const { secrets, knownIds } = record
  const last = JSON.stringify({ ...record, previousIds: knownIds })
  const size = Buffer.byteLength(last) + LATER + secrets.length * LATER_OF_A_SECRET
  if (size <= MOST_BYTES) return
  throw new ActionError(
    `secret_targets lists ${secrets.length} targets with long names, more than the post step can be told of (${size} of ${MOST_BYTES} bytes). Nothing was created. Divide the targets between several steps`,
  )
}

/** The first IDs, as many as a record takes. */
export function cutIds(ids: readonly string[]): readonly string[] {
  let room = MOST_ID_CHARACTERS
  return ids.filter(({ length }) => {
    room -= length + 3
    return room >= 0
  })
}

/** Reads a record back; `undefined` when the text is not one, whatever the reason. */
export function decodeRecord(text: string): TransactionRecord | undefined {
  const value = parseJson(text)
  return isTransactionRecord(value) ? value : undefined
}

export function isTransactionRecord(value: unknown): value is TransactionRecord {
  return hasShape(value, RECORD)
}

const REQUEST: Shape<KeyRequest> = { label: isString, teamIds: isStringList }

const SECRET: Shape<SecretRecord> = {
  destination: isDestination,
  name: isString,
  existed: isBoolean,
  status: isOneOf(['pending', 'writing', 'created', 'updated']),
  updatedAt: (value) => value === undefined || isString(value),
}

const RECORD: Shape<TransactionRecord> = {
  phase: (value): value is Phase => isString(value) && Object.hasOwn(TRANSITIONS, value),
  revision: isFiniteNumber,
  apiUrl: isString,
  orgId: isString,
  request: (value) => hasShape(value, REQUEST),
  revoke: isOneOf(REVOKE_POLICIES),
  ownsLabel: isBoolean,
  began: isFiniteNumber,
  knownIds: isIdList,
  mayExist: isBoolean,
  keyId: (value) => value === undefined || isUsableId(value),
  githubApiUrl: isString,
  previousIds: isIdList,
  replacedIds: isIdList,
  secrets: (value) => Array.isArray(value) && value.every((one) => hasShape(one, SECRET)),
}

function isIdList(value: unknown): value is readonly string[] {
  return isStringList(value) && value.every(isUsableId)
}
