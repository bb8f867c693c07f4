import { explainError, StrayKeysError } from '../core/errors.js'
import { parseTime } from '../core/time.js'
import type { KeyRequest, ListedKeys, ManagementApi, MatchingKeys } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Journal } from './journal.js'
import type { TransactionRecord } from './record.js'

/** How far the clock that dates keys may lag behind the one that dates responses, in milliseconds. */
const CLOCK_SLACK_MS = 250

/**
 * How wrong the service's clocks may be, in milliseconds: a key that seems older by less may be new, so it is
 * reported rather than ignored.
 */
const CLOCK_ERROR_MS = 5 * 60_000

/** Keys that a create request without a response may have left behind, by what may be done about them. */
export interface StrayKeys {
  /** Certainly created by this step: to be revoked. */
  readonly own: readonly ManagementKey[]
  /** Created by this step, or by another one that uses them: only to be reported. */
  readonly ambiguous: readonly ManagementKey[]
}

/**
 * Whether keys created since the transaction began count as this step's own: no other run uses a label that
 * contains this run's ID, and `if_exists: replace` states that the label belongs to this workflow.
 */
export function ownsLabel(label: string, runId: string, replacing: boolean): boolean {
  if (replacing) return true
  return /^\d+$/.test(runId) && new RegExp(`(?<!\\d)${runId}(?!\\d)`).test(label)
}

/** Picks the stray keys out of those that match a transaction's request. */
export function findStrayKeys(found: MatchingKeys, record: TransactionRecord): StrayKeys {
  const since = serverTimeOf(record.began, found)
  // Case does not count: a service may write a UUID one way in one response and another way in the next.
  const known = new Set([...record.knownIds, record.keyId ?? ''].map((id) => id.toLowerCase()))
  const selectNew = (keys: readonly ManagementKey[]) =>
    keys.filter(
      (key) =>
        !known.has(key.id.toLowerCase()) &&
        (compareAge(key, since) !== 'before' || isNearHere(key, record.began, found)),
    )
  const matching = selectNew(found.keys)
  const isOwn = (key: ManagementKey) => record.ownsLabel && compareAge(key, since) === 'since'
  return {
    own: matching.filter(isOwn),
    ambiguous: [...matching.filter((key) => !isOwn(key)), ...selectNew(found.possible)],
  }
}

/** What revoking stray keys needs from outside. */
export interface StrayPorts {
  readonly api: ManagementApi
  readonly journal: Journal
  readonly info: (message: string) => void
  /** Whether the other steps of the job have yet to look for their stray keys a last time, as post steps do. */
  readonly beforePost?: boolean
}

/**
 * Looks for keys that a create request without a response has left behind, and revokes this step's own.
 * Returns how many keys it revoked. Throws a `StrayKeysError` that names every key that may still be active.
 */
export async function revokeStrayKeys(
  record: TransactionRecord,
  { api, journal, info, beforePost = false }: StrayPorts,
): Promise<number> {
  const found = await api.findKeys(record.request)
  const candidates = findStrayKeys(found, record)
  if (candidates.own.length + candidates.ambiguous.length === 0) return 0
  const others = await journal.settle(record)
  const knownIds = [...record.knownIds, ...others.keyIds]
  const ownsLabel = record.ownsLabel && !others.areAsking
  const { own, ambiguous } = findStrayKeys(found, { ...record, knownIds, ownsLabel })
  // Older than this step's request, and certainly another step's own: that step revokes it.
  const theirs = others.looking.flatMap((other) => findStrayKeys(found, other).own)
  const isLeft = (key: ManagementKey) => beforePost && ownsLabel && theirs.includes(key)
  for (const { id } of ambiguous.filter(isLeft)) {
    info(`Left Management Key ${id} to another step of this job, whose request got no response`)
  }
  const unclear = ambiguous.filter((key) => !isLeft(key))
  const left: string[] = []
  for (const { id } of own) {
    try {
      await api.revokeKey(id)
      info(`Revoked Management Key ${id}, left behind by a create request that got no response`)
    } catch (error) {
      left.push(`${id} could not be revoked: ${explainError(error)}`)
    }
  }
  if (left.length > 0) {
    throw new StrayKeysError(
      `A create request that got no response left an unused Management Key behind: ${left.join('; ')}. Revoke it in the Junction Dashboard`,
    )
  }
  if (unclear.length > 0) throw createAmbiguousError(unclear, record.request)
  return own.length
}

function createAmbiguousError(keys: readonly ManagementKey[], request: KeyRequest): StrayKeysError {
  const ids = keys.map(({ id }) => id).join(', ')
  const [subject, verb, object] =
    keys.length === 1 ? ['Management Key', 'was', 'it'] : ['Management Keys', 'were', 'them']
  return new StrayKeysError(
    `A create request got no response, and ${subject} ${ids} (label "${request.label}", same teams) ${verb} created at about that time or later, by this job or another one. If nothing uses ${object}, revoke ${object} in the Junction Dashboard. To let the action resolve this automatically, add \${{ github.run_id }} to the label (and the matrix values, if any), or set if_exists: replace`,
  )
}

/**
 * When a transaction began, on the service's clock: the time in its response, less the time that has passed here
 * since. Never too late, because `Date` is cut to seconds and a response takes time; `undefined` when the machine
 * was restarted in between.
 */
function serverTimeOf(began: number, found: MatchingKeys): number | undefined {
  const passed = found.receivedUptime - began
  return found.serverTime === undefined || passed < 0 ? undefined : found.serverTime - passed
}

/** Whether a key is near the time in question by this machine's clock: `Date` may be that of another clock than the keys'. */
function isNearHere(key: ManagementKey, began: number, found: ListedKeys): boolean {
  const created = parseTime(key.createdAt)
  const since = found.receivedAt - (found.receivedUptime - began)
  return (
    created !== undefined &&
    created >= since - CLOCK_ERROR_MS &&
    created <= found.receivedAt + CLOCK_ERROR_MS
  )
}

type Age = 'before' | 'since' | 'unknown'

function compareAge(key: ManagementKey, since: number | undefined): Age {
  const created = parseTime(key.createdAt)
  if (since === undefined || created === undefined) return 'unknown'
  // A time in whole seconds is cut as well: the key may be almost a second newer.
  const latest = /:\d{2}\.\d/.test(key.createdAt ?? '') ? created : created + 999
  if (latest + CLOCK_SLACK_MS >= since) return 'since'
  return latest + CLOCK_ERROR_MS >= since ? 'unknown' : 'before'
}
