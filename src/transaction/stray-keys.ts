import { StrayKeysError } from '../core/errors.js'
import { parseTime } from '../core/time.js'
import type { ManagementApi, MatchingKeys } from '../junction/client.js'
import type { KeyRequest, ManagementKey } from '../junction/responses.js'
import type { Journal } from './journal.js'
import type { TransactionRecord } from './record.js'
import { revokeAll } from './revoke-all.js'

/** How wrong clocks may be, in milliseconds, before a key that seems older than the request is left out. */
const CLOCK_ERROR_MS = 5 * 60_000

/**
 * Whether every new key with this label counts as this step's own: no other run uses a label that contains this run's
 * ID, and `if_exists: replace` states that the label belongs to this workflow.
 */
export function ownsLabel(label: string, runId: string, replacing: boolean): boolean {
  if (replacing) return true
  return /^\d+$/.test(runId) && new RegExp(`(?<!\\d)${runId}(?!\\d)`).test(label)
}

/**
 * Picks the stray keys out of those that match a transaction's request; `others` are the IDs of other steps' keys.
 * `own` are to be revoked: this step created them, or one that is gone. `ambiguous` are only to be named.
 */
export function findStrayKeys(
  found: MatchingKeys,
  record: TransactionRecord,
  others: readonly string[] = [],
) {
  const { knownIds, keyId, ownsLabel, began } = record
  // Case does not count: a service may write a UUID one way in one response and another way in the next.
  const known = new Set([...knownIds, ...others, keyId ?? ''].map((id) => id.toLowerCase()))
  const isNew = ({ id }: ManagementKey) => !known.has(id.toLowerCase())
  const matching = found.keys.filter(isNew)
  const unclear = [...(ownsLabel ? [] : matching), ...found.possible.filter(isNew)]
  return {
    own: ownsLabel ? matching : [],
    ambiguous: unclear.filter((key) => !isOlder(key, began, found)),
  }
}

/** Whether a key is older than the request by the service's clock and by this machine's. */
function isOlder({ createdAt }: ManagementKey, began: number, found: MatchingKeys): boolean {
  const created = parseTime(createdAt)
  const passed = found.receivedUptime - began
  // The machine was restarted in between.
  if (created === undefined || found.serverTime === undefined || passed < 0) return false
  const clocks = [found.serverTime, found.receivedAt]
  return clocks.every((now) => created < now - passed - CLOCK_ERROR_MS)
}

export interface StrayPorts {
  readonly api: ManagementApi
  readonly journal: Pick<Journal, 'listKeys'>
  readonly info: (message: string) => void
}

/**
 * Looks for keys that a create request without a response has left behind, and revokes this step's own.
 * Returns the IDs of those. Throws a `StrayKeysError` that names every key that may still be active.
 */
export async function revokeStrayKeys(
  record: TransactionRecord,
  { api, journal, info }: StrayPorts,
): Promise<readonly string[]> {
  const found = await api.findKeys(record.request)
  const { own, ambiguous } = findStrayKeys(found, record, journal.listKeys())
  const name = ({ id }: ManagementKey) =>
    `Management Key ${id}, left behind by a create request with an unclear outcome`
  const outcomes = await revokeAll(own, { api, info, name })
  const left = outcomes.flatMap((one) => (one.status === 'may still be active' ? [one] : []))
  const reasons = left.map(({ id, reason }) => `${id} could not be revoked: ${reason}`).join('; ')
  const problems = [
    left.length > 0 &&
      `The create request left an unused Management Key behind: ${reasons}. Revoke it in the Junction Dashboard`,
    ambiguous.length > 0 && describeAmbiguous(ambiguous, record.request),
  ].filter((problem) => problem !== false)
  const ids = [...left, ...ambiguous].map(({ id }) => id)
  if (problems.length > 0) throw new StrayKeysError(problems.join('. '), ids)
  return own.map(({ id }) => id)
}

function describeAmbiguous(keys: readonly ManagementKey[], request: KeyRequest): string {
  const ids = keys.map(({ id }) => id).join(', ')
  const [subject, verb, object] =
    keys.length === 1 ? ['Management Key', 'was', 'it'] : ['Management Keys', 'were', 'them']
  return `The outcome of the create request is unclear, and ${subject} ${ids} (label "${request.label}", same teams) ${verb} created at about that time or later, by this job or another one. If nothing uses ${object}, revoke ${object} in the Junction Dashboard. To let the action resolve this automatically, add \${{ github.run_id }} to the label (and the matrix values, if any), or set if_exists: replace`
}
