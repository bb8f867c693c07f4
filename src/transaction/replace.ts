import { parseTime } from '../core/time.js'
import type { ManagementApi } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { type KeyOutcome, listFailedKeys, revokeAll } from './revoke-all.js'

/** What a replacement does with the previous keys; those it retains by age are in neither list. */
export interface PreviousKeys {
  /** To be revoked: newest first where some stay, else in the order listed. */
  readonly superseded: readonly ManagementKey[]
  /** Kept because their age is unknown and some of the newest are to stay. */
  readonly undated: readonly ManagementKey[]
}

/** The keys whose age is known, newest first. */
export function sortByAge(keys: readonly ManagementKey[]): readonly ManagementKey[] {
  const dated = keys.flatMap((key) => {
    const time = parseTime(key.createdAt)
    return time === undefined ? [] : [{ key, time }]
  })
  return dated.sort((a, b) => b.time - a.time).map(({ key }) => key)
}

/** Chooses what a replacement revokes: all but the newest `retain`. */
export function selectSuperseded(keys: readonly ManagementKey[], retain: number): PreviousKeys {
  const newestFirst = sortByAge(keys)
  const known = new Set(newestFirst)
  const undated = keys.filter((key) => !known.has(key))
  return retain === 0
    ? { superseded: keys, undated: [] }
    : { superseded: newestFirst.slice(retain), undated }
}

/** Revokes previous keys, all that it can. Only for when their successor is delivered. Never throws. */
export async function revokePrevious(
  keys: readonly ManagementKey[],
  api: ManagementApi,
  { info, warning }: Pick<Runner, 'info' | 'warning'>,
): Promise<readonly KeyOutcome<ManagementKey>[]> {
  const name = ({ id }: ManagementKey) => `previous key ${id}`
  const outcomes = await revokeAll(keys, { api, info, name })
  const items = listFailedKeys(outcomes)
  const head =
    'Previous keys may still be active. The next run with if_exists: replace tries again to revoke them:'
  if (items.length > 0) warning({ head, items })
  return outcomes
}
