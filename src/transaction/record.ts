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

/** Name of the state value that names the process of the main step. */
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

/** When a delivered key is revoked at the end of the job. */
export const REVOKE_POLICIES = ['never', 'always', 'on_failure'] as const

/** A value of `REVOKE_POLICIES`. */
export type RevokePolicy = (typeof REVOKE_POLICIES)[number]

/** How far the writing of one secret came. `writing` means that GitHub may have the new value. */
export type SecretStatus = 'pending' | 'writing' | 'created' | 'updated'

const SECRET_STATUSES: readonly SecretStatus[] = ['pending', 'writing', 'created', 'updated']

/** What a transaction has done to one secret. */
export interface SecretRecord {
  readonly destination: SecretDestination
  readonly name: string
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
  /** Base URL of the Management API the key belongs to. */
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
  /** Id of the key, as soon as it is known. */
  readonly keyId: string | undefined
  /** Base URL of the GitHub API that the secrets belong to. */
  readonly githubApiUrl: string
  /** Ids of the previous keys that are about to be revoked. */
  readonly previousIds: readonly string[]
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

/** Characters of an `updated_at` at most (`TIME` in `github/secret-store.ts`). */
const LONGEST_TIME = 40

/** Throws an `ActionError` when a record could not be saved to the end, before there is a key. */
export function refuseLargeRecord(record: TransactionRecord): void {
  const secrets = record.secrets.map((secret) => ({
    ...secret,
    status: 'writing' as const,
    updatedAt: 'x'.repeat(LONGEST_TIME),
  }))
  const { knownIds: previousIds } = record
  const last = { ...record, phase: 'delivered' as const, revision: 10_000, secrets, previousIds }
  const size = Buffer.byteLength(encodeRecord({ ...last, keyId: 'x'.repeat(LONGEST_ID) }))
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

/** Plans the writing of a secret. */
export function planSecret({ destination, name }: SecretTarget, existed: boolean): SecretRecord {
  return { destination, name, existed, status: 'pending' }
}

/** Writes a record as the text of a state value. */
export function encodeRecord(record: TransactionRecord): string {
  return JSON.stringify(record)
}

/** Reads a record back; `undefined` when the text is not one, whatever the reason. */
export function decodeRecord(text: string): TransactionRecord | undefined {
  const value = parseJson(text)
  if (!isRecord(value)) return undefined
  const { phase, revision, apiUrl, orgId, ownsLabel, began, mayExist, githubApiUrl } = value
  const revoke = REVOKE_POLICIES.find((policy) => policy === value['revoke'])
  if (!isPhase(phase) || !isFiniteNumber(revision) || revoke === undefined) return undefined
  if (typeof ownsLabel !== 'boolean' || typeof mayExist !== 'boolean') return undefined
  if (typeof apiUrl !== 'string' || typeof orgId !== 'string') return undefined
  if (typeof githubApiUrl !== 'string' || !isFiniteNumber(began)) return undefined
  const ids = decodeIds(value)
  const request = decodeRequest(value['request'])
  const secrets = decodeSecrets(value['secrets'])
  if (ids === undefined || request === undefined || secrets === undefined) return undefined
  const known = { phase, revision, apiUrl, orgId, request, revoke, ownsLabel, began, mayExist }
  return { ...known, ...ids, githubApiUrl, secrets }
}

function decodeRequest(value: unknown): KeyRequest | undefined {
  const { label, teamIds } = isRecord(value) ? value : {}
  return typeof label === 'string' && isStringList(teamIds) ? { label, teamIds } : undefined
}

function decodeIds({ keyId, knownIds, previousIds }: Readonly<Record<string, unknown>>) {
  if (!isIdList(knownIds) || !isIdList(previousIds)) return undefined
  if (keyId !== undefined && !isUsableId(keyId)) return undefined
  return { keyId, knownIds, previousIds }
}

function decodeSecrets(value: unknown): readonly SecretRecord[] | undefined {
  if (!Array.isArray(value)) return undefined
  const items: readonly unknown[] = value
  const secrets = items.flatMap((item) => decodeSecret(item) ?? [])
  return secrets.length === items.length ? secrets : undefined
}

function decodeSecret(value: unknown): SecretRecord | undefined {
  if (!isRecord(value)) return undefined
  const destination = decodeDestination(value['destination'])
  const { name, existed, updatedAt } = value
  const status = SECRET_STATUSES.find((known) => known === value['status'])
  if (destination === undefined || typeof name !== 'string') return undefined
  if (typeof existed !== 'boolean' || status === undefined) return undefined
  if (updatedAt === undefined) return { destination, name, existed, status }
  if (typeof updatedAt !== 'string') return undefined
  return { destination, name, existed, status, updatedAt }
}

function isIdList(value: unknown): value is readonly string[] {
  return isStringList(value) && value.every(isUsableId)
}

function isPhase(value: unknown): value is Phase {
  return typeof value === 'string' && Object.hasOwn(TRANSITIONS, value)
}
