import { ActionError } from '../core/errors.js'
import { isFiniteNumber, isRecord, isStringList, parseJson } from '../core/json.js'
import {
  decodeDestination,
  type SecretDestination,
  type SecretTarget,
} from '../core/secret-target.js'
import type { KeyRequest } from '../junction/client.js'
import { isUsableId, LONGEST_ID } from '../junction/responses.js'

/** Name of the state value that carries the record to the post step. */
export const TRANSACTION_STATE = 'transaction'

/**
 * How far a create transaction came:
 *
 * - `intent`: a create request may have been sent; a key with an unknown ID may exist.
 * - `created`: the key exists and is not delivered. Back to `intent` when its value was unreadable.
 * - `delivered`: the key is in use.
 * - `kept`: a delivery failed, and an overwritten secret contains the key, which must not be revoked.
 * - `done`: no key needs cleanup.
 */
export type Phase = 'intent' | 'created' | 'delivered' | 'kept' | 'done'

/** Where a transaction may go from each phase. */
export const TRANSITIONS: Readonly<Record<Phase, readonly Phase[]>> = {
  intent: ['created', 'done'],
  created: ['intent', 'delivered', 'kept', 'done'],
  delivered: [],
  kept: [],
  done: [],
}

/**
 * How far the writing of one secret came. `writing` means that GitHub may have the new value.
 */
export type SecretStatus = 'pending' | 'writing' | 'created' | 'updated'

/** What a transaction has done to one secret. */
export interface SecretRecord {
  readonly destination: SecretDestination
  readonly name: string
  /** Whether the secret was there before, so that its old value is lost once it is written. */
  readonly existed: boolean
  /** GitHub's own mark of the last write before ours. */
  readonly updatedAt: string | undefined
  readonly status: SecretStatus
}

/** What is saved of one create transaction. Never contains a key's value. */
export interface TransactionRecord {
  readonly phase: Phase
  /** Base URL of the Management API the key belongs to. */
  readonly apiUrl: string
  readonly orgId: string
  readonly request: KeyRequest
  /** Whether every key created with this label and these teams since `began` counts as this step's own. */
  readonly ownsLabel: boolean
  /** When the first create was sent, in milliseconds since this machine started. */
  readonly began: number
  /** Ids of keys with this label and these teams that were there before. */
  readonly knownIds: readonly string[]
  /** Whether a failed create request may have created a key all the same. */
  readonly mayExist: boolean
  /** Id of the key, from `created` on. */
  readonly keyId: string | undefined
  /** Base URL of the GitHub API that the secrets belong to. */
  readonly githubApiUrl: string
  /** The secrets to be written, in order; filled once the key exists. */
  readonly secrets: readonly SecretRecord[]
}

/**
 * The state value of a step that has begun nothing. A step saves it first of all: where a step saved
 * nothing, the runner would take a variable that another step has set for its state.
 */
export const NO_TRANSACTION = JSON.stringify({ phase: 'none' })

/** Of a record: a state value becomes one variable of the post step, and Linux takes none of 128 KiB, with its name. */
const MOST_BYTES = 128 * 1024 - 64

/** Of the known IDs in a record: those of some 500 keys. */
const MOST_ID_BYTES = 20_000

/** Characters of an `updated_at` at most (`TIME` in `github/secret-store.ts`). */
const LONGEST_TIME = 40

/**
 * Throws an `ActionError` when a record could not hold the secrets that are to be written, whatever becomes of them.
 * To be called before anything is requested.
 */
export function refuseTooManySecrets(
  intent: Omit<TransactionRecord, 'phase'>,
  targets: readonly SecretTarget[],
): void {
  const planned = {
    existed: false,
    updatedAt: 'x'.repeat(LONGEST_TIME),
    status: 'pending',
  } as const
  const secrets = targets.map((target) => ({ ...target, ...planned }))
  const keyId = 'x'.repeat(LONGEST_ID)
  const size = measure({ ...intent, phase: 'delivered', keyId, knownIds: [], secrets })
  if (size <= MOST_BYTES) return
  throw new ActionError(
    `secret_targets lists ${targets.length} targets, more than the post step can be told of (${size} of ${MOST_BYTES} bytes). Divide them between several steps; or use an organization secret with repos=, which reaches many repositories with one target`,
  )
}

function measure(record: TransactionRecord): number {
  return Buffer.byteLength(JSON.stringify(record))
}

/**
 * Writes a record as the text of a state value, with as many of the known ids as one may hold. Who reads it
 * cannot tell a key that was left out from a new one, so that none counts as the step's own then.
 */
export function encodeRecord(record: TransactionRecord): string {
  const room = MOST_BYTES - measure({ ...record, ownsLabel: false, knownIds: [] })
  const knownIds = takeIds(record.knownIds, Math.min(room, MOST_ID_BYTES))
  const ownsLabel = record.ownsLabel && knownIds.length === record.knownIds.length
  return JSON.stringify({ ...record, ownsLabel, knownIds })
}

/** The first IDs, as many as fit into this many bytes. */
function takeIds(ids: readonly string[], bytes: number): readonly string[] {
  let room = bytes
  return ids.filter((id) => {
    room -= JSON.stringify(id).length + 1
    return room >= 0
  })
}

/**
 * Reads the state that a main step saved; `undefined` when it began no transaction.
 * Throws an `ActionError` when it is not readable.
 */
export function readRecord(state: string): TransactionRecord | undefined {
  if (state === '' || state === NO_TRANSACTION) return undefined
  const record = decodeRecord(state)
  if (record !== undefined) return record
  throw new ActionError(
    'Could not read the state saved by the main step. Check the Junction Dashboard for a new, unused key',
  )
}

/** Reads a record back; `undefined` when the text is not one, whatever the reason. */
export function decodeRecord(text: string): TransactionRecord | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || !isRecord(value['request'])) return undefined
  const { phase, apiUrl, orgId, ownsLabel, began, knownIds, mayExist, keyId, githubApiUrl } = value
  const { label, teamIds } = value['request']
  if (!isPhase(phase) || typeof apiUrl !== 'string' || typeof orgId !== 'string') return undefined
  if (typeof ownsLabel !== 'boolean' || typeof mayExist !== 'boolean') return undefined
  if (!isFiniteNumber(began) || typeof label !== 'string') return undefined
  if (!isIdList(knownIds) || !isStringList(teamIds)) return undefined
  if (keyId !== undefined && !isUsableId(keyId)) return undefined
  if (typeof githubApiUrl !== 'string' || !Array.isArray(value['secrets'])) return undefined
  const items: readonly unknown[] = value['secrets']
  const secrets = items.flatMap((item) => decodeSecret(item) ?? [])
  if (secrets.length !== items.length) return undefined
  const request = { label, teamIds }
  const known = { phase, apiUrl, orgId, request, ownsLabel, began, knownIds, mayExist, keyId }
  return { ...known, githubApiUrl, secrets }
}

function decodeSecret(value: unknown): SecretRecord | undefined {
  if (!isRecord(value)) return undefined
  const destination = decodeDestination(value['destination'])
  const { name, existed, updatedAt, status } = value
  if (destination === undefined || typeof name !== 'string') return undefined
  if (typeof existed !== 'boolean' || !isSecretStatus(status)) return undefined
  if (updatedAt !== undefined && typeof updatedAt !== 'string') return undefined
  return { destination, name, existed, updatedAt, status }
}

function isIdList(value: unknown): value is readonly string[] {
  return (
    isStringList(value) &&
    value.every(isUsableId) &&
    takeIds(value, MOST_ID_BYTES).length === value.length
  )
}

function isSecretStatus(value: unknown): value is SecretStatus {
  return value === 'pending' || value === 'writing' || value === 'created' || value === 'updated'
}

function isPhase(value: unknown): value is Phase {
  return typeof value === 'string' && Object.hasOwn(TRANSITIONS, value)
}
