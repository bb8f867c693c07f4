import { explainError, StrayKeysError } from '../core/errors.js'
import { parseTime } from '../core/time.js'
import type { KeyRequest, Transaction } from '../core/transaction.js'
import type { ManagementKey } from './answers.js'
import type { ManagementApi, MatchingKeys } from './management-api.js'

/** What the clock that dates keys may lag behind the one that dates answers, in milliseconds. */
const CLOCK_SLACK_MS = 250

/** Keys an ambiguous create may have left behind, by what may be done about them. */
export interface StrayKeys {
  /** Certainly made by this job: to be revoked. */
  readonly own: readonly ManagementKey[]
  /** Perhaps made by this job, perhaps by somebody who uses them: only to be named. */
  readonly unclear: readonly ManagementKey[]
}

/**
 * Whether keys made since the transaction began count as this job's own: nobody else uses a label
 * that holds this run's id, and `if_exists: replace` says the label belongs to this workflow.
 */
export function ownsLabel(label: string, runId: string, replacing: boolean): boolean {
  if (replacing) return true
  return /^\d+$/.test(runId) && new RegExp(`(?<!\\d)${runId}(?!\\d)`).test(label)
}

/** Older keys than this cannot be mistaken for new ones, whatever the clocks say, in milliseconds. */
const RECENT_MS = 3_600_000

/** A state value becomes a variable of the post step, which must not grow without bounds. */
const MOST_KNOWN_IDS = 1_000

/** The ids of keys already there that a later look could mistake for new ones. */
export function listKnownIds(existing: MatchingKeys): readonly string[] {
  const { keys, doubtful, serverTime } = existing
  const mayLookNew = ({ createdAt }: ManagementKey) => {
    const created = parseTime(createdAt)
    return created === undefined || serverTime === undefined || created > serverTime - RECENT_MS
  }
  const ids = [...keys, ...doubtful].filter(mayLookNew).map(({ id }) => id)
  return ids.slice(0, MOST_KNOWN_IDS)
}

/** Sorts the keys that match a transaction's request into stray ones and others, the one it created aside. */
export function sortStrayKeys(
  found: MatchingKeys,
  transaction: Pick<Transaction, 'began' | 'knownIds' | 'owned' | 'keyId'>,
): StrayKeys {
  const isCandidate = ({ id }: ManagementKey) =>
    id !== transaction.keyId && !transaction.knownIds.includes(id)
  const since = serverTimeOf(transaction.began, found)
  const ages = new Map(found.keys.map((key) => [key, compareAge(key, since)]))
  const recent = found.keys.filter((key) => isCandidate(key) && ages.get(key) === 'since')
  const undated = found.keys.filter((key) => isCandidate(key) && ages.get(key) === 'unknown')
  const doubtful = found.doubtful.filter(
    (key) => isCandidate(key) && compareAge(key, since) !== 'before',
  )
  return transaction.owned
    ? { own: recent, unclear: [...undated, ...doubtful] }
    : { own: [], unclear: [...recent, ...undated, ...doubtful] }
}

/**
 * Looks for what an ambiguous create left behind and revokes it where it is this job's own.
 * Returns how many it revoked. Throws a `StrayKeysError` that names every key left alive.
 */
export async function settleStrayKeys(
  api: ManagementApi,
  transaction: Transaction,
  info: (message: string) => void,
): Promise<number> {
  const { own, unclear } = sortStrayKeys(await api.findKeys(transaction.request), transaction)
  const left: string[] = []
  for (const { id } of own) {
    try {
      await api.revokeKey(id)
      info(`Revoked Management Key ${id}, which a create without an answer had left behind`)
    } catch (error) {
      left.push(`${id} could not be revoked: ${explainError(error)}`)
    }
  }
  if (left.length > 0) {
    throw new StrayKeysError(
      `A create without an answer left a live Management Key that nobody holds: ${left.join('; ')}. Revoke it in the Junction Dashboard`,
    )
  }
  if (unclear.length > 0) throw createUnclearError(unclear, transaction.request)
  return own.length
}

function createUnclearError(keys: readonly ManagementKey[], request: KeyRequest): StrayKeysError {
  const ids = keys.map(({ id }) => id).join(', ')
  const [subject, verb] =
    keys.length === 1 ? ['Management Key', 'was'] : ['Management Keys', 'were']
  return new StrayKeysError(
    `A create got no answer, and since then ${subject} ${ids} ${verb} made with the label "${request.label}" and the same teams, by this job or by another. Nobody may hold it: revoke it in the Junction Dashboard unless somebody uses it. To let this action settle this by itself, put \${{ github.run_id }} (in a matrix, its values too) into the label, or set if_exists: replace`,
  )
}

/**
 * The moment a transaction began, on the service's clock: its own time in the answer less what has
 * passed here since. Never later than the truth, as `Date` is cut to seconds and an answer takes time.
 */
function serverTimeOf(began: number, found: MatchingKeys): number | undefined {
  if (found.serverTime === undefined) return undefined
  return found.serverTime - Math.max(0, found.receivedAt - began)
}

function compareAge(key: ManagementKey, since: number | undefined): 'before' | 'since' | 'unknown' {
  const created = parseTime(key.createdAt)
  if (since === undefined || created === undefined) return 'unknown'
  // A time in whole seconds is cut as well: the key may be almost a second younger than it says.
  const latest = /:\d{2}\.\d/.test(key.createdAt ?? '') ? created : created + 999
  return latest + CLOCK_SLACK_MS >= since ? 'since' : 'before'
}
