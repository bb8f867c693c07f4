/** A key that matches the label pattern. */
export interface PrunableKey {
  readonly id: string
  readonly label: string
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
  readonly closedPullRequests: ReadonlySet<number>
  /** Always keep this many of the newest keys. */
  readonly keep: number
}

/** A key to be revoked. */
export interface PruneCandidate {
  readonly key: PrunableKey
  /** Milliseconds, `undefined` when unknown. */
  readonly age: number | undefined
  /** Why it is stale. */
  readonly reasons: readonly PruneReason[]
}

/** Why a key is stale. */
export type PruneReason = 'old' | 'closed'

/** Selects the stale keys, oldest first; undated keys come last. */
export function selectCandidates(
  keys: readonly PrunableKey[],
  rules: PruneRules,
): readonly PruneCandidate[] {
  const kept = findKept(keys, rules)
  return keys
    .filter((key) => !kept.has(key))
    .map((key) => ({ key, age: ageOf(key, rules.now), reasons: findReasons(key, rules) }))
    .filter(({ reasons }) => reasons.length > 0)
    .sort((a, b) => (b.age ?? -1) - (a.age ?? -1))
}

function findReasons(key: PrunableKey, rules: PruneRules): readonly PruneReason[] {
  const age = ageOf(key, rules.now)
  const isOld = age !== undefined && rules.olderThanMs !== undefined && age > rules.olderThanMs
  const isClosed = key.pullRequest !== undefined && rules.closedPullRequests.has(key.pullRequest)
  return [...(isOld ? ['old' as const] : []), ...(isClosed ? ['closed' as const] : [])]
}

/** `undefined` for a time that is unreadable or in the future. */
function ageOf(key: PrunableKey, now: number | undefined): number | undefined {
  if (key.createdAt === undefined || now === undefined || key.createdAt > now) return undefined
  return now - key.createdAt
}

/**
 * The newest `keep` keys, and all undated keys, any of which might be one of them.
 */
function findKept(
  keys: readonly PrunableKey[],
  { keep, now }: PruneRules,
): ReadonlySet<PrunableKey> {
  if (keep === 0) return new Set()
  const dated = keys.filter((key) => ageOf(key, now) !== undefined)
  const newest = dated.sort((a, b) => (b.createdAt ?? 0) - (a.createdAt ?? 0)).slice(0, keep)
  return new Set([...newest, ...keys.filter((key) => ageOf(key, now) === undefined)])
}
