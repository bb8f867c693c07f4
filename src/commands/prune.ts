import { ActionError } from '../core/errors.js'
import { formatDuration, parseTime } from '../core/time.js'
import type { PullRequestStates } from '../github/pull-requests.js'
import { type PruneInputs, parsePruneInputs } from '../inputs/prune.js'
import type { ListedKeys } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { listRevoked } from '../transaction/revoke-all.js'
import { connectManagementApi, loadGitHub, type Step } from './connect.js'
import { revokeMany, setOutputs } from './outputs.js'
import { judgeKeys, type PrunableKey } from './prune-candidates.js'
import { exceedsLimit, type PruneRow, reportPruned } from './prune-report.js'

/** How much of a second a time in whole seconds may leave out, in milliseconds. */
const CUT_OFF_MS = 999

/** When clocks differ by more than this, in milliseconds, one of the two is wrong. */
const MOST_CLOCK_SKEW_MS = 300_000

/** The prune action: parse → list → judge → revoke → report. */
export async function pruneKeys(runner: Runner): Promise<void> {
  const inputs = parsePruneInputs(runner.readInput, runner.context)
  setOutputs({ candidates: [], revoked_key_ids: [] }, runner)
  const api = connectManagementApi(inputs, runner, createSystemClock(runner.cancellation))
  const step = { inputs, runner, api }

  const rows = await judge(await listMatches(step), step)
  setOutputs({ candidates: listCandidates(rows) }, runner)
  if (inputs.dryRun || exceedsLimit(rows, inputs)) return reportPruned(rows, step)
  await runner.uninterrupted(async () => reportPruned(await revoke(rows, step), step))
}

/**
 * Matches labels against the pattern, one page at a time, so that memory does not grow with the list; `now` is the
 * service's time.
 */
async function listMatches({ inputs, api }: Step<PruneInputs>) {
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

/** Judges keys by their ages first, and asks GitHub only about pull requests on which a key's fate depends. */
async function judge(
  { keys, now }: Awaited<ReturnType<typeof listMatches>>,
  step: Step<PruneInputs>,
): Promise<readonly PruneRow[]> {
  const judged = judgeKeys(keys, { ...step.inputs, now })
  const open = judged.filter(({ reasons }) => reasons.length === 0)
  const { closed, unknown, reason } = await findClosed(open, step)
  return judged.map((key): PruneRow => {
    const { pullRequest: number = 0, reasons } = key
    const isClosed = closed.has(number)
    if (isClosed || reasons.length > 0) {
      const all = isClosed ? [...reasons, 'closed' as const] : reasons
      return { ...key, due: undefined, reasons: all, kind: 'planned' }
    }
    if (!unknown.has(number)) return { ...key, kind: 'stays' }
    return { ...key, kind: 'undecided', reason: `pull request not looked up: ${reason}` }
  })
}

async function findClosed(
  keys: readonly PrunableKey[],
  { inputs, runner }: Step<PruneInputs>,
): Promise<PullRequestStates> {
  const none = { closed: new Set<number>(), unknown: new Set<number>(), reason: '' }
  if (!inputs.closedPullRequests) return none
  const github = await loadGitHub(inputs, runner, createSystemClock())
  const pullRequests = github.connectPullRequests()
  const numbers = keys.flatMap(({ pullRequest }) => pullRequest ?? [])
  if (numbers.length > 0) return pullRequests.findClosed(numbers)
  // A token that is not valid shows now, not on the day that a key needs it; what the number is does not matter.
  await pullRequests.findClosed([1])
  return none
}

/** Revokes the stale keys, and sets the output. */
async function revoke(
  rows: readonly PruneRow[],
  { api, runner }: Step<PruneInputs>,
): Promise<readonly PruneRow[]> {
  const stale = rows.filter(({ kind }) => kind === 'planned')
  const outcomes = await revokeMany(stale, api, runner)
  setOutputs({ revoked_key_ids: listRevoked(outcomes) }, runner)
  return [...outcomes, ...rows.filter(({ kind }) => kind !== 'planned')]
}

function listCandidates(rows: readonly PruneRow[]) {
  const stale = rows.filter(({ kind }) => kind === 'planned')
  return stale.map(({ id, label, age, reasons }) => {
    return { id, label, age_seconds: age === undefined ? null : Math.floor(age / 1000), reasons }
  })
}
