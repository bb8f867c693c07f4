/** A key whose label fits the pattern. */
export interface PrunableKey {
  readonly id: string
  readonly label: string
  /** Milliseconds since the epoch on the service's clock; `undefined` when it cannot be read. */
  readonly createdAt: number | undefined
  /** The number at `{pr}`. */
  readonly pullRequest: number | undefined
}

/** By what a key counts as forgotten. */
export interface PruneRules {
  /** The service's own time, in milliseconds; without it no key is old. */
  readonly now: number | undefined
  readonly olderThanMs: number | undefined
  readonly closedPullRequests: ReadonlySet<number>
  /** So many of the newest stay. */
  readonly keep: number
}

/** A key to be revoked. */
export interface PruneCandidate {
  readonly key: PrunableKey
  /** Milliseconds, `undefined` when unknown. */
  readonly age: number | undefined
  /** Why it counts as forgotten. */
  readonly reasons: readonly PruneReason[]
}

/** Why a key counts as forgotten. */
export type PruneReason = 'old' | 'closed'

/** Chooses the keys to be revoked, oldest first; those of unknown age come last. */
export function selectCandidates(
  keys: readonly PrunableKey[],
  rules: PruneRules,
): readonly PruneCandidate[] {
  const kept = findKept(keys, rules)
  return keys
    .filter((key) => !kept.has(key))
    .map((key) => ({ key, age: ageOf(key, rules.now), reasons: judge(key, rules) }))
    .filter(({ reasons }) => reasons.length > 0)
    .sort((a, b) => (b.age ?? -1) - (a.age ?? -1))
}

function judge(key: PrunableKey, rules: PruneRules): readonly PruneReason[] {
  const age = ageOf(key, rules.now)
  const isOld = age !== undefined && rules.olderThanMs !== undefined && age > rules.olderThanMs
  const isClosed = key.pullRequest !== undefined && rules.closedPullRequests.has(key.pullRequest)
  return [...(isOld ? ['old' as const] : []), ...(isClosed ? ['closed' as const] : [])]
}

/** A time that cannot be read, or lies in the future, is no age. */
function ageOf(key: PrunableKey, now: number | undefined): number | undefined {
  if (key.createdAt === undefined || now === undefined || key.createdAt > now) return undefined
  return now - key.createdAt
}

/**
 * The newest `keep` keys. One of unknown age may be among them, so it is kept too, without taking the
 * place of one whose age is known.
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
