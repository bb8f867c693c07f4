import type { PruneInputs } from '../inputs/prune.js'

export interface PrunableKey {
  readonly id: string
  readonly label: string
  /** Ids of the teams it is bound to; `undefined` when they are not known. */
  readonly teamIds: readonly string[] | undefined
  /** In milliseconds, by the service's clock; `undefined` for a time that is unreadable or in the future. */
  readonly age: number | undefined
  /** The number at `{pr}`. */
  readonly pullRequest: number | undefined
}

type TimeRules = Pick<PruneInputs, 'olderThanMs' | 'supersededForMs'>

export type PruneReason = 'old' | 'closed' | 'superseded'

export interface JudgedKey extends PrunableKey {
  /** The next newer key with the same label and exactly the same teams. */
  readonly successor: PrunableKey | undefined
  /** Why it is stale; empty when it stays. */
  readonly reasons: readonly PruneReason[]
  /** When a key that stays becomes stale by time alone, in milliseconds; `undefined` if never. */
  readonly due: number | undefined
}

/** Judges all keys by the rules about time, oldest first; undated keys come last. `now` is the service's time. */
export function judgeKeys(
  keys: readonly PrunableKey[],
  now: number,
  { olderThanMs = Infinity, supersededForMs = Infinity }: TimeRules,
): readonly JudgedKey[] {
  const successors = findSuccessors(keys)
  const judge = (key: PrunableKey): JudgedKey => {
    const successor = successors.get(key)
    // How long until time alone makes it stale.
    const left = {
      old: olderThanMs - (key.age ?? -Infinity),
      superseded: supersededForMs - (successor?.age ?? -Infinity),
    }
    const reasons = (['old', 'superseded'] as const).filter((rule) => left[rule] < 0)
    const due = now + Math.min(left.old, left.superseded)
    const isDue = reasons.length === 0 && Number.isFinite(due)
    return { ...key, successor, reasons, due: isDue ? due : undefined }
  }
  return keys.map(judge).sort((a, b) => (b.age ?? -1) - (a.age ?? -1))
}

/** The next newer key of each key, if there is one. An undated key is not known to be newer than another. */
function findSuccessors(keys: readonly PrunableKey[]): ReadonlyMap<PrunableKey, PrunableKey> {
  const successors = new Map<PrunableKey, PrunableKey>()
  const newest = new Map<string, PrunableKey>()
  const dated = keys.filter(({ age }) => age !== undefined)
  for (const key of dated.sort((a, b) => (a.age ?? 0) - (b.age ?? 0))) {
    const teams = [...new Set(key.teamIds)].sort()
    // Of keys whose teams are not known, none is the same as another.
    if (teams.length === 0) continue
    const identity = JSON.stringify([key.label, ...teams])
    const last = newest.get(identity)
    // Of keys with the same time, none is newer than another.
    const newer = last?.age === key.age && last ? successors.get(last) : last
    if (newer !== undefined) successors.set(key, newer)
    newest.set(identity, key)
  }
  return successors
}
