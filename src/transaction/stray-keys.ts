import { explainError, StrayKeysError } from '../core/errors.js'
import { parseTime } from '../core/time.js'
import type { ManagementApi, MatchingKeys } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { KeyRequest, Transaction } from './record.js'

/** What the clock that dates keys may lag behind the one that dates answers, in milliseconds. */
const CLOCK_SLACK_MS = 250

/**
 * How wrong the service's clocks may be, in milliseconds: a key that seems older by less may be a new one, and
 * is named rather than passed over.
 */
const CLOCK_ERROR_MS = 5 * 60_000

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

/** A state value becomes a variable of the post step, which must not grow without bounds. */
const MOST_KNOWN_IDS = 500

/**
 * The ids of the keys that were there before; none of them is ever taken for new, whatever the clocks say.
 * `undefined` when they are too many to remember.
 */
export function listKnownIds({
  keys,
  doubtful,
}: Pick<MatchingKeys, 'keys' | 'doubtful'>): readonly string[] | undefined {
  const ids = [...keys, ...doubtful].map(({ id }) => id)
  return ids.length > MOST_KNOWN_IDS ? undefined : ids
}

/** Sorts the keys that match a transaction's request into stray ones and others, the one it created aside. */
export function sortStrayKeys(
  found: MatchingKeys,
  transaction: Pick<Transaction, 'began' | 'knownIds' | 'owned' | 'keyId'>,
): StrayKeys {
  const since = serverTimeOf(transaction.began, found)
  const findPossible = (keys: readonly ManagementKey[]) =>
    keys.filter(
      (key) =>
        key.id !== transaction.keyId &&
        !transaction.knownIds.includes(key.id) &&
        compareAge(key, since) !== 'before',
    )
  const possible = findPossible(found.keys)
  const isOwn = (key: ManagementKey) => transaction.owned && compareAge(key, since) === 'since'
  return {
    own: possible.filter(isOwn),
    unclear: [...possible.filter((key) => !isOwn(key)), ...findPossible(found.doubtful)],
  }
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
  const subject = keys.length === 1 ? 'Management Key' : 'Management Keys'
  const verb = keys.length === 1 ? 'was' : 'were'
  return new StrayKeysError(
    `A create request got no response, and ${subject} ${ids} (label "${request.label}", same teams) ${verb} created at about that time or later, by this job or another one. If nothing uses it, revoke it in the Junction Dashboard. To let the action resolve this automatically, add \${{ github.run_id }} to the label (and the matrix values, if any), or set if_exists: replace`,
  )
}

/**
 * The moment a transaction began, on the service's clock: its own time in the answer less what has passed here
 * since. Never later than the truth, as `Date` is cut to seconds and an answer takes time; `undefined` when
 * the machine was restarted in between.
 */
function serverTimeOf(began: number, found: MatchingKeys): number | undefined {
  const passed = found.receivedUptime - began
  return found.serverTime === undefined || passed < 0 ? undefined : found.serverTime - passed
}

type Age = 'before' | 'since' | 'unknown'

function compareAge(key: ManagementKey, since: number | undefined): Age {
  const created = parseTime(key.createdAt)
  if (since === undefined || created === undefined) return 'unknown'
  // A time in whole seconds is cut as well: the key may be almost a second younger than it says.
  const latest = /:\d{2}\.\d/.test(key.createdAt ?? '') ? created : created + 999
  if (latest + CLOCK_SLACK_MS >= since) return 'since'
  return latest + CLOCK_ERROR_MS >= since ? 'unknown' : 'before'
}
