/** A key that matches the label pattern. */
export interface PrunableKey {
  readonly id: string
  readonly label: string
  /** Ids of the teams it is bound to; `undefined` when they are not known. */
  readonly teamIds: readonly string[] | undefined
  /** Milliseconds since the epoch on the service's clock; `undefined` when it is unreadable. */
  readonly createdAt: number | undefined
  /** The number at `{pr}`. */
  readonly pullRequest: number | undefined
}

/** Rules that make a key stale. */
export interface PruneRules {
  /** The service's time, in milliseconds; without it, no key is old. */
  readonly now: number | undefined
  readonly olderThanMs: number | undefined
  /** How long a newer key with the same label and teams has to be older than, in milliseconds. */
  readonly supersededForMs: number | undefined
  readonly closedPullRequests: ReadonlySet<number>
}

/** Why a key is stale. */
export type PruneReason = 'old' | 'closed' | 'superseded'

/** A key, and what the rules say of it. */
export interface JudgedKey extends PrunableKey {
  /** Milliseconds, `undefined` when unknown. */
  readonly age: number | undefined
  /** The next newer key with the same label and exactly the same teams. */
  readonly successor: PrunableKey | undefined
  /** Why it is stale; empty when it stays. */
  readonly reasons: readonly PruneReason[]
  /** When a key that stays becomes stale by time alone, in milliseconds; `undefined` if never. */
  readonly due: number | undefined
}

/** Judges all keys, oldest first; undated keys come last. */
export function judgeKeys(keys: readonly PrunableKey[], rules: PruneRules): readonly JudgedKey[] {
  const successors = findSuccessors(keys, rules.now)
  return keys
    .map((key): JudgedKey => {
      const age = ageOf(key, rules.now)
      const successor = successors.get(key)
      const reasons = findReasons(key, successor, rules)
      const due = reasons.length > 0 ? undefined : findDue(key, successor, rules)
      return { ...key, age, successor, reasons, due }
    })
    .sort((a, b) => (b.age ?? -1) - (a.age ?? -1))
}

function findReasons(
  key: PrunableKey,
  successor: PrunableKey | undefined,
  { now, olderThanMs = Infinity, supersededForMs = Infinity, closedPullRequests }: PruneRules,
): readonly PruneReason[] {
  const isOlder = (one: PrunableKey | undefined, limit: number) =>
    one !== undefined && (ageOf(one, now) ?? 0) > limit
  return [
    ...(isOlder(key, olderThanMs) ? ['old' as const] : []),
    ...(closedPullRequests.has(key.pullRequest ?? 0) ? ['closed' as const] : []),
    ...(isOlder(successor, supersededForMs) ? ['superseded' as const] : []),
  ]
}

function findDue(
  key: PrunableKey,
  successor: PrunableKey | undefined,
  { now, olderThanMs = Infinity, supersededForMs = Infinity }: PruneRules,
): number | undefined {
  const created = ageOf(key, now) === undefined ? Infinity : (key.createdAt ?? Infinity)
  const due = Math.min(created + olderThanMs, (successor?.createdAt ?? Infinity) + supersededForMs)
  return due === Infinity ? undefined : due
}

/** The next newer key of each key, if there is one. An undated key is not known to be newer than another. */
function findSuccessors(
  keys: readonly PrunableKey[],
  now: number | undefined,
): ReadonlyMap<PrunableKey, PrunableKey> {
  const successors = new Map<PrunableKey, PrunableKey>()
  const newest = new Map<string, PrunableKey>()
  const dated = keys.filter((key) => ageOf(key, now) !== undefined)
  for (const key of dated.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0))) {
    const identity = identify(key)
    if (identity === undefined) continue
    const last = newest.get(identity)
    // Of keys with the same time, none is newer than another.
    const newer = last?.createdAt === key.createdAt && last ? successors.get(last) : last
    if (newer !== undefined) successors.set(key, newer)
    newest.set(identity, key)
  }
  return successors
}

/** The same for keys with the same label and exactly the same teams; `undefined` when the teams are not known. */
function identify({ label, teamIds = [] }: PrunableKey): string | undefined {
  return teamIds.length === 0 ? undefined : JSON.stringify([label, ...[...new Set(teamIds)].sort()])
}

/** `undefined` for a time that is unreadable or in the future. */
function ageOf(key: PrunableKey, now: number | undefined): number | undefined {
  if (key.createdAt === undefined || now === undefined || key.createdAt > now) return undefined
  return now - key.createdAt
}
