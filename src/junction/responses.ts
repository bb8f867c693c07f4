import { UnreadableResponseError } from '../core/errors.js'
import { isRecord, parseJson } from '../core/json.js'
import { looksLikeKey } from '../core/secrets.js'

/** A Management Key as the list shows it. Everything but the id may be missing. */
export interface ManagementKey {
  readonly id: string
  readonly label: string | undefined
  readonly role: string | undefined
  /** As the service wrote it. */
  readonly createdAt: string | undefined
  /** Ids of the teams it is bound to, in lower case; `undefined` when the answer does not say. */
  readonly teamIds: readonly string[] | undefined
}

/** A Management Key just created, with the value that is shown this once. */
export interface NewManagementKey extends ManagementKey {
  readonly value: string
}

/** One page of the list. */
export interface KeyPage {
  readonly keys: readonly ManagementKey[]
  readonly nextCursor: string | undefined
}

/**
 * Reads the answer to a create (published schema ClientFacingManagementKeyUnhashed).
 * Throws an `UnreadableResponseError`, with the id if at least that is there; never quotes the body.
 */
export function readNewKey(body: string): NewManagementKey {
  const answer = parseJson(body)
  const key = isRecord(answer) ? readKey(answer) : undefined
  const value = isRecord(answer) ? answer['key'] : undefined
  if (key === undefined || typeof value !== 'string' || value.trim() === '') {
    throw new UnreadableResponseError('the answer holds no legible key', key?.id)
  }
  return { ...key, value }
}

/**
 * Reads a page of the list (published schema ClientFacingManagementKeyResponse).
 * Throws an `UnreadableResponseError` when it is none.
 */
export function readKeyPage(body: string): KeyPage {
  const answer = parseJson(body)
  if (!isRecord(answer) || !Array.isArray(answer['data'])) {
    throw new UnreadableResponseError('the answer is not a list of keys')
  }
  const cursor = answer['next_cursor'] ?? ''
  if (typeof cursor !== 'string') {
    throw new UnreadableResponseError('the list goes on at a place that is not legible')
  }
  const items: readonly unknown[] = answer['data']
  const keys = items.flatMap((item) => (isRecord(item) ? (readKey(item) ?? []) : []))
  // A key that cannot be named could neither be revoked nor reported, and would pass for none at all.
  if (keys.length < items.length) {
    throw new UnreadableResponseError('the list holds a key without a legible id')
  }
  return { keys, nextCursor: cursor === '' ? undefined : cursor }
}

/**
 * Checks the answer to a revocation: 200 with `null` or with the revoked key (published schema of `DELETE`).
 * Throws an `UnreadableResponseError` for any other, which may come from a gateway and shows nothing.
 */
export function checkRevocation(status: number, body: string, keyId: string): void {
  const answer = parseJson(body)
  const id = isRecord(answer) ? answer['id'] : undefined
  const isOfKey = typeof id === 'string' && isSameId(id, keyId)
  if (status === 200 && (answer === null || isOfKey)) return
  throw new UnreadableResponseError(`the status is ${status}, and the body does not confirm it`)
}

/**
 * Checks the answer to the read of a team (published schema ClientFacingOrgTeam), of which nothing else is needed.
 * Throws an `UnreadableResponseError` for a page that some gateway sent.
 */
export function checkTeam(body: string): void {
  if (!isRecord(parseJson(body))) throw new UnreadableResponseError('the answer is not a team')
}

/** What a key is compared with. */
interface Wanted {
  readonly label: string
  readonly teamIds: readonly string[]
}

/** Same label to the letter, same set of teams, and never a key of another role. */
export function compareKey(key: ManagementKey, wanted: Wanted): 'same' | 'possible' | 'other' {
  if ((key.role ?? 'team_admin') !== 'team_admin') return 'other'
  if (key.label !== undefined && key.label !== wanted.label) return 'other'
  if (key.teamIds !== undefined && !hasSameTeams(key.teamIds, wanted)) return 'other'
  return key.label === undefined || key.teamIds === undefined ? 'possible' : 'same'
}

function hasSameTeams(teamIds: readonly string[], wanted: Wanted): boolean {
  const teams = new Set(teamIds)
  return teams.size === wanted.teamIds.length && wanted.teamIds.every((id) => teams.has(id))
}

/** Key ids are UUIDs, whose case does not count. */
export function isSameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

function readKey(answer: Readonly<Record<string, unknown>>): ManagementKey | undefined {
  const { id, label, role, created_at: createdAt, team_role_bindings: bindings } = answer
  if (typeof id !== 'string' || !isUsableId(id)) return undefined
  return {
    id,
    label: textOrNothing(label),
    role: textOrNothing(role),
    createdAt: textOrNothing(createdAt),
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

/** An id is shown, saved, and becomes a segment of a path, where dots alone would climb to another resource. */
function isUsableId(id: string): boolean {
  return /^[\x21-\x7e]{1,200}$/.test(id) && !/^\.+$/.test(id) && !looksLikeKey(id)
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
