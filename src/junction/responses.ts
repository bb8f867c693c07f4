import { UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { looksLikeKey } from '../core/scrub.js'

/** A Management Key in the key list. Everything but the ID may be missing. */
export interface ManagementKey {
  readonly id: string
  readonly label: string | undefined
  readonly role: string | undefined
  readonly createdAt: string | undefined
  /** IDs of the teams it is bound to, in lower case; `undefined` when the response omits them. */
  readonly teamIds: readonly string[] | undefined
}

/** A new Management Key, with the value that only this response contains. */
export interface NewManagementKey extends ManagementKey {
  readonly value: string
}

/** The key to create, and how to find it again. */
export interface KeyRequest {
  readonly label: string
  readonly teamIds: readonly string[]
}

/**
 * Reads the response to a create (published schema ClientFacingManagementKeyUnhashed).
 * Throws an `UnreadableResponseError`, with the ID if that is readable; never quotes the body.
 */
export function readNewKey(response: unknown): NewManagementKey {
  const key = isRecord(response) ? readKey(response) : undefined
  const value = isRecord(response) ? response['key'] : undefined
  if (key === undefined || typeof value !== 'string' || value.trim() === '') {
    throw new UnreadableResponseError('it contains no readable key', key?.id)
  }
  return { ...key, value }
}

/**
 * Reads a page of the key list (published schema ClientFacingManagementKeyResponse).
 * Throws an `UnreadableResponseError` when it is not one.
 */
export function readKeyPage(response: unknown) {
  if (!isRecord(response) || !Array.isArray(response['data'])) {
    throw new UnreadableResponseError('it is not a list of keys')
  }
  const cursor = response['next_cursor'] ?? ''
  if (typeof cursor !== 'string') {
    throw new UnreadableResponseError('next_cursor is not a string')
  }
  const items: readonly unknown[] = response['data']
  const keys = items.flatMap((item) => (isRecord(item) ? (readKey(item) ?? []) : []))
  // Reject the page: a key without an ID can be neither revoked nor reported.
  if (keys.length < items.length) {
    throw new UnreadableResponseError('the list contains a key without a readable ID')
  }
  return { keys, nextCursor: cursor === '' ? undefined : cursor }
}

/**
 * Reads the response to a revocation: `null` or the revoked key (published schema of `DELETE`); returns its label.
 * Throws an `UnreadableResponseError` for any other, which may come from a gateway and confirms nothing.
 */
export function readRevocation(response: unknown, keyId: string): string | undefined {
  if (response === null) return undefined
  if (isRecord(response)) {
    const { id, label } = response
    if (typeof id === 'string' && isSameId(id, keyId)) return readText(label)
  }
  throw new UnreadableResponseError('it does not confirm the revocation')
}

/** Checks the response to the read of a team (published schema ClientFacingOrgTeam); only its ID counts. */
export function checkTeam(response: unknown): true {
  if (isRecord(response) && typeof response['id'] === 'string') return true
  throw new UnreadableResponseError('it is not a team')
}

/** Checks that a refusal is the service's own, in JSON: what a gateway refuses says nothing about a key. */
export function checkRefusal(response: unknown): true {
  if (isRecord(response)) return true
  throw new UnreadableResponseError(
    'the status is 403, without the JSON that the service itself sends',
  )
}

/** Same label to the letter, same set of teams, and never a key of another role. */
export function compareKey(key: ManagementKey, wanted: KeyRequest): 'same' | 'possible' | 'other' {
  if ((key.role ?? 'team_admin') !== 'team_admin') return 'other'
  if (key.label !== undefined && key.label !== wanted.label) return 'other'
  if (key.teamIds !== undefined && !hasSameTeams(key.teamIds, wanted)) return 'other'
  return key.label === undefined || key.teamIds === undefined ? 'possible' : 'same'
}

function hasSameTeams(teamIds: readonly string[], wanted: KeyRequest): boolean {
  const teams = new Set(teamIds)
  return teams.size === wanted.teamIds.length && wanted.teamIds.every((id) => teams.has(id))
}

/** Compares key IDs, which are UUIDs, ignoring case. */
export function isSameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

export const LONGEST_ID = 200

/** An ID is shown, saved and put into a path, where a segment of dots would lead to another resource. */
export function isUsableId(id: unknown): id is string {
  if (typeof id !== 'string' || id.length > LONGEST_ID) return false
  return /^(?!\.+$)[\x21-\x7e]+$/.test(id) && !looksLikeKey(id)
}

function readKey(response: Readonly<Record<string, unknown>>): ManagementKey | undefined {
  const { id, label, role, created_at: createdAt, team_role_bindings: bindings } = response
  if (!isUsableId(id)) return undefined
  return {
    id,
    label: readText(label),
    role: readText(role),
    createdAt: readText(createdAt),
    teamIds: readTeamIds(bindings),
  }
}

function readTeamIds(bindings: unknown): readonly string[] | undefined {
  if (!Array.isArray(bindings)) return undefined
  const items: readonly unknown[] = bindings
  return items.flatMap((item) =>
    isRecord(item) && typeof item['team_id'] === 'string' ? item['team_id'].toLowerCase() : [],
  )
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
