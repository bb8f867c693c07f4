import { parseTime } from '../core/time.js'
import type { ManagementKey } from '../junction/responses.js'

/** Predecessors of a new key, by what becomes of them; those that stay are in neither list. */
export interface Predecessors {
  /** To be revoked: newest first where some stay, else in the order listed. */
  readonly superseded: readonly ManagementKey[]
  /** Kept because their age is unknown and some of the newest are to stay. */
  readonly undated: readonly ManagementKey[]
}

/** Chooses what a replacement revokes: all but the newest `retain`. */
export function selectSuperseded(keys: readonly ManagementKey[], retain: number): Predecessors {
  const dated = keys.flatMap((key) => {
    const time = parseTime(key.createdAt)
    return time === undefined ? [] : [{ key, time }]
  })
  const newestFirst = dated.sort((a, b) => b.time - a.time).map(({ key }) => key)
  const undated = keys.filter((key) => !newestFirst.includes(key))
  return retain === 0
    ? { superseded: keys, undated: [] }
    : { superseded: newestFirst.slice(retain), undated }
}
