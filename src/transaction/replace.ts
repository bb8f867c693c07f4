import { parseTime } from '../core/time.js'
import type { ManagementApi } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { type KeyOutcome, listFailedKeys, revokeAll } from './revoke-all.js'

/** The keys whose age is known, newest first. */
export function sortByAge(keys: readonly ManagementKey[]): readonly ManagementKey[] {
  const dated = keys.flatMap((key) => {
    const time = parseTime(key.createdAt)
    return time === undefined ? [] : [{ key, time }]
  })
  return dated.sort((a, b) => b.time - a.time).map(({ key }) => key)
}

/** Chooses what a replacement revokes: all but the newest `retain`, and but those whose age is unknown where some stay. */
export function selectSuperseded(
  keys: readonly ManagementKey[],
  retain: number,
): readonly ManagementKey[] {
  return retain === 0 ? keys : sortByAge(keys).slice(retain)
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
