import type { ManagementKey } from './answers.js'
import { parseTime } from './stray-keys.js'

/** Predecessors of a new key, by what becomes of them; those that stay are in neither list. */
export interface Predecessors {
  /** To be revoked, newest first. */
  readonly superseded: readonly ManagementKey[]
  /** Kept because their age is unknown and some of the newest are to stay. */
  readonly undated: readonly ManagementKey[]
}

/** Chooses what a replacement revokes: all but the newest `retain`. */
export function selectSuperseded(keys: readonly ManagementKey[], retain: number): Predecessors {
  if (retain === 0) return { superseded: keys, undated: [] }
  const dated = keys.flatMap((key) => {
    const time = parseTime(key.createdAt)
    return time === undefined ? [] : [{ key, time }]
  })
  const newestFirst = dated.sort((a, b) => b.time - a.time).map(({ key }) => key)
  return {
    superseded: newestFirst.slice(retain),
    undated: keys.filter((key) => !newestFirst.includes(key)),
  }
}
