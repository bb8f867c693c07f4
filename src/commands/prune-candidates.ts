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

/** A key to be revoked. */
export interface PruneCandidate {
  readonly key: PrunableKey
  /** Milliseconds, `undefined` when unknown. */
  readonly age: number | undefined
  /** Why it is stale. */
  readonly reasons: readonly PruneReason[]
}

/** Why a key is stale. */
export type PruneReason = 'old' | 'closed' | 'superseded'

/** Selects the stale keys, oldest first; undated keys come last. */
export function selectCandidates(
  keys: readonly PrunableKey[],
  rules: PruneRules,
): readonly PruneCandidate[] {
  const successors = findSuccessors(keys, rules)
  return keys
    .map((key) => ({
      key,
      age: ageOf(key, rules.now),
      reasons: findReasons(key, rules, successors.get(identify(key)) ?? 0),
    }))
    .filter(({ reasons }) => reasons.length > 0)
    .sort((a, b) => (b.age ?? -1) - (a.age ?? -1))
}

/** Why a key is stale, if it is; `successor` is when the newest key that supersedes others like it was created. */
function findReasons(
  key: PrunableKey,
  { now, olderThanMs = Infinity, closedPullRequests }: PruneRules,
  successor: number,
): readonly PruneReason[] {
  const { createdAt = Infinity, pullRequest } = key
  const reasons: PruneReason[] = []
  if ((ageOf(key, now) ?? 0) > olderThanMs) reasons.push('old')
  if (pullRequest !== undefined && closedPullRequests.has(pullRequest)) reasons.push('closed')
  if (createdAt < successor) reasons.push('superseded')
  return reasons
}

/**
 * When the newest key that has existed for `supersededForMs` was created, by label and teams, in milliseconds. An
 * undated key is not known to be newer than another.
 */
function findSuccessors(
  keys: readonly PrunableKey[],
  { now, supersededForMs }: PruneRules,
): ReadonlyMap<string | undefined, number> {
  const successors = new Map<string | undefined, number>()
  if (supersededForMs === undefined) return successors
  for (const key of keys) {
    const identity = identify(key)
    const age = ageOf(key, now)
    if (identity === undefined || key.createdAt === undefined || age === undefined) continue
    if (age <= supersededForMs) continue
    successors.set(identity, Math.max(key.createdAt, successors.get(identity) ?? 0))
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
