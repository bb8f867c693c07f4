import { parseTime } from '../core/time.js'
import type { ManagementApi } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'

/** What a replacement does with the previous keys; those it retains by age are in neither list. */
export interface PreviousKeys {
  /** To be revoked: newest first where some stay, else in the order listed. */
  readonly superseded: readonly ManagementKey[]
  /** Kept because their age is unknown and some of the newest are to stay. */
  readonly undated: readonly ManagementKey[]
}

/** Chooses what a replacement revokes: all but the newest `retain`. */
export function selectSuperseded(keys: readonly ManagementKey[], retain: number): PreviousKeys {
  const dated = keys.flatMap((key) => {
    const time = parseTime(key.createdAt)
    return time === undefined ? [] : [{ key, time }]
  })
  const newestFirst = dated.sort((a, b) => b.time - a.time).map(({ key }) => key)
  const known = new Set(newestFirst)
  const undated = keys.filter((key) => !known.has(key))
  return retain === 0
    ? { superseded: keys, undated: [] }
    : { superseded: newestFirst.slice(retain), undated }
}

/** What became of the previous keys that a replacement revokes. */
export interface Replacement {
  readonly revokedIds: readonly string[]
  readonly failures: readonly { readonly id: string; readonly error: unknown }[]
}

/** Revokes keys, all that it can. Only for when their successor is delivered. Never throws. */
export async function revokePrevious(
  keys: readonly ManagementKey[],
  api: ManagementApi,
): Promise<Replacement> {
  const revokedIds: string[] = []
  const failures: { id: string; error: unknown }[] = []
  for (const { id } of keys) {
    try {
      await api.revokeKey(id)
      revokedIds.push(id)
    } catch (error) {
      failures.push({ id, error })
    }
  }
  return { revokedIds, failures }
}
