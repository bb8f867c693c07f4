import { isRecord, isStringList, parseJson } from './json.js'

/** What a key is to be: the part of a create request that also finds the key again. */
export interface KeyRequest {
  readonly label: string
  readonly teamIds: readonly string[]
}

/**
 * How far the create transaction came. Saved to the job's state before and after every step that
 * counts, so that the post step can finish what a crash cut short. Never holds a key's value.
 *
 * - `intent`: a create may have been sent; a key may exist whose id nobody knows.
 * - `created`: the key exists and nobody holds it yet.
 * - `delivered`: somebody holds it.
 * - `settled`: no key is left to care for.
 */
export type Phase = 'intent' | 'created' | 'delivered' | 'settled'

/** The record of one create transaction. */
export interface Transaction {
  readonly phase: Phase
  /** Base URL of the Management API the key belongs to. */
  readonly apiUrl: string
  readonly orgId: string
  readonly request: KeyRequest
  /** True when every key found with this label and these teams since `began` counts as this job's own. */
  readonly owned: boolean
  /** When the first create was sent, in milliseconds of this machine's clock. */
  readonly began: number
  /** Ids of keys with this label and these teams that were there before. */
  readonly knownIds: readonly string[]
  /** True once a create failed in a way that may have made a key all the same. */
  readonly unsure: boolean
  /** Id of the key, from `created` on. */
  readonly keyId: string | undefined
}

/** Writes a transaction as the text of a state value. */
export function encodeTransaction(transaction: Transaction): string {
  return JSON.stringify(transaction)
}

/** Reads a transaction back; `undefined` when the text is none, whatever the reason. */
export function decodeTransaction(text: string): Transaction | undefined {
  const value = parseJson(text)
  if (!isRecord(value) || !isRecord(value['request'])) return undefined
  const { phase, apiUrl, orgId, owned, began, knownIds, unsure, keyId } = value
  const { label, teamIds } = value['request']
  if (!isPhase(phase) || typeof apiUrl !== 'string' || typeof orgId !== 'string') return undefined
  if (typeof owned !== 'boolean' || typeof unsure !== 'boolean') return undefined
  if (typeof began !== 'number' || typeof label !== 'string') return undefined
  if (!isStringList(knownIds) || !isStringList(teamIds)) return undefined
  if (keyId !== undefined && typeof keyId !== 'string') return undefined
  return {
    phase,
    apiUrl,
    orgId,
    request: { label, teamIds },
    owned,
    began,
    knownIds,
    unsure,
    keyId,
  }
}

function isPhase(value: unknown): value is Phase {
  return value === 'intent' || value === 'created' || value === 'delivered' || value === 'settled'
}
