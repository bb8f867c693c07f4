import { ActionError } from '../core/errors.js'
import { formatDuration, parseTime } from '../core/time.js'
import { type PruneInputs, parsePruneInputs } from '../inputs/prune.js'
import type { ListedKeys, ManagementApi } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { listFailedKeys, listRevoked, revokeAll } from '../transaction/revoke-all.js'
import { connectGitHubPullRequests, connectManagementApi } from './connect.js'
import { foldMany, setOutputs } from './outputs.js'
import { type PrunableKey, type PruneCandidate, selectCandidates } from './prune-candidates.js'
import { listCandidates, nameKey, type Outcome, reportPruned } from './prune-report.js'

/** Keys that match the pattern, and the service's time when it listed them. */
interface Matches {
  readonly keys: readonly PrunableKey[]
  readonly now: number | undefined
}

/** How much of a second a time in whole seconds may leave out, in milliseconds. */
const CUT_OFF_MS = 999

/** When clocks differ by more than this, in milliseconds, one of the two is wrong. */
const MOST_CLOCK_SKEW_MS = 300_000

/** The prune action: parse → list → select → revoke → report. */
export async function pruneKeys(runner: Runner): Promise<void> {
  const inputs = parsePruneInputs(runner.readInput, runner.context)
  setOutputs({ candidates: '[]', revoked_key_ids: '[]' }, runner)
  const api = connectManagementApi(inputs, runner, createSystemClock())

  const matches = await listMatches(inputs, api)
  const closedPullRequests = await findClosed(matches.keys, inputs, runner)
  const rules = { ...inputs, now: matches.now, closedPullRequests }
  const candidates = selectCandidates(matches.keys, rules)
  setOutputs({ candidates: encodeCandidates(candidates) }, runner)
  const tooMany = candidates.length > inputs.maxRevocations
  const isOnlyReported = inputs.dryRun || tooMany
  if (isOnlyReported) await listCandidates(candidates, runner)
  const outcomes = isOnlyReported
    ? candidates.map((one): Outcome => ({ ...one, id: one.key.id, kind: 'reported' }))
    : await revoke(candidates, api, runner)
  reportPruned(matches.keys.length, outcomes, inputs, runner)
  if (tooMany) refuse(candidates.length, inputs, runner)
  failIfNeeded(outcomes)
}

/** Matches labels against the pattern, one page at a time, so that memory does not grow with the list. */
async function listMatches(inputs: PruneInputs, api: ManagementApi): Promise<Matches> {
  const keys: PrunableKey[] = []
  let now: number | undefined
  for await (const page of api.listKeys(inputs.teamIds[0], 'team_admin')) {
    if (judgesAges(inputs)) refuseClockSkew(page)
    // `Date` is cut to seconds: a key created within that second is not from the future.
    now ??= page.serverTime === undefined ? undefined : page.serverTime + CUT_OFF_MS
    // One by one: a page may contain more keys than a call takes arguments.
    for (const key of page.keys.flatMap((one) => matchKey(one, inputs) ?? [])) keys.push(key)
  }
  if (now === undefined && judgesAges(inputs)) {
    throw new ActionError(
      'The Management API response has no valid Date header, so key ages cannot be calculated. Nothing was revoked',
    )
  }
  return { keys, now }
}

function judgesAges({ olderThanMs, supersededForMs }: PruneInputs): boolean {
  return olderThanMs !== undefined || supersededForMs !== undefined
}

/** Throws an `ActionError` when one of the two clocks must be wrong, because a wrong age would revoke keys in use. */
function refuseClockSkew({ serverTime, receivedAt }: ListedKeys): void {
  if (serverTime === undefined) return
  const skew = Math.abs(serverTime - receivedAt)
  if (skew <= MOST_CLOCK_SKEW_MS) return
  const [theirs, ours] = [serverTime, receivedAt].map((time) => new Date(time).toISOString())
  throw new ActionError(
    `The Management API reports ${theirs} (Date header), but this machine's clock shows ${ours}: they differ by ${formatDuration(skew)}, so key ages cannot be trusted. Nothing was revoked. Correct this machine's clock; if it is right, look for what sends the wrong Date header (a proxy, or another server at api_url). Then run again`,
  )
}

function matchKey(key: ManagementKey, inputs: PruneInputs): PrunableKey | undefined {
  if (key.role !== 'team_admin' || key.label === undefined) return undefined
  if (!inputs.teamIds.every((team) => key.teamIds?.includes(team) === true)) return undefined
  const match = inputs.labelPattern.match(key.label)
  if (match === undefined) return undefined
  return {
    id: key.id,
    label: key.label,
    teamIds: key.teamIds,
    createdAt: parseTime(key.createdAt),
    pullRequest: match.pullRequest,
  }
}

async function findClosed(
  keys: readonly PrunableKey[],
  inputs: PruneInputs,
  runner: Runner,
): Promise<ReadonlySet<number>> {
  const numbers = keys.flatMap(({ pullRequest }) => pullRequest ?? [])
  if (!inputs.closedPullRequests || numbers.length === 0) return new Set()
  const pullRequests = await connectGitHubPullRequests(inputs, runner)
  return pullRequests.findClosed(numbers)
}

async function revoke(
  candidates: readonly PruneCandidate[],
  api: ManagementApi,
  runner: Runner,
): Promise<readonly Outcome[]> {
  const { info } = runner
  const keys = candidates.map((candidate) => ({ ...candidate, id: candidate.key.id }))
  const outcomes = await foldMany(`Revoking ${keys.length} keys`, keys.length, runner, () =>
    revokeAll(keys, { api, info, name: nameKey }),
  )
  setOutputs({ revoked_key_ids: JSON.stringify(listRevoked(outcomes)) }, runner)
  return outcomes
}

/** Handles more candidates than a run may revoke: an error, or a warning in a dry run. */
function refuse(count: number, { dryRun, maxRevocations }: PruneInputs, runner: Runner): void {
  const problem = `${count} candidates exceed max_revocations (${maxRevocations})`
  if (!dryRun) {
    throw new ActionError(
      `${problem}. Nothing was revoked. Check the list in the job summary, then raise max_revocations or narrow label_pattern`,
    )
  }
  runner.warning(`${problem}; without dry_run, the run would fail`)
}

function failIfNeeded(outcomes: readonly Outcome[]): void {
  const failures = listFailedKeys(outcomes)
  if (failures.length === 0) return
  const head = 'Not every Management Key could be revoked. These may still be active:'
  throw new ActionError({ head, items: failures })
}

function encodeCandidates(candidates: readonly PruneCandidate[]): string {
  return JSON.stringify(
    candidates.map(({ key, age, reasons }) => ({
      id: key.id,
      label: key.label,
      age_seconds: age === undefined ? null : Math.floor(age / 1000),
      reasons,
    })),
  )
}
