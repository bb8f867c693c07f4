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
import { revokeMany } from './outputs.js'
import { judgeKeys, type PrunableKey } from './prune-candidates.js'
import { exceedsLimit, type PruneRow, reportPruned } from './prune-report.js'

/** How much of a second a time in whole seconds may leave out, in milliseconds. */
const CUT_OFF_MS = 999

/** When clocks differ by more than this, in milliseconds, one of the two is wrong. */
const MOST_CLOCK_SKEW_MS = 300_000

/** The prune action: parse → list → judge → revoke → report. */
export async function pruneKeys(runner: Runner): Promise<void> {
  const inputs = parsePruneInputs(runner.readInput, runner.context)
  runner.setOutputs({ candidates: [], revoked_key_ids: [] })
  const api = connectManagementApi(inputs, runner, createSystemClock(runner.cancellation))
  const step = { inputs, runner, api }

  const rows = await judge(await listMatches(step), step)
  const stale = rows.filter(({ status }) => status === 'would be revoked')
  runner.setOutputs({ candidates: stale.map(describeCandidate) })
  if (inputs.dryRun || exceedsLimit(rows, inputs)) return reportPruned(rows, step)
  await runner.uninterrupted(async () => {
    const outcomes = await revokeMany(stale, api, runner)
    runner.setOutputs({ revoked_key_ids: listRevoked(outcomes) })
    const others = rows.filter(({ status }) => status !== 'would be revoked')
    await reportPruned([...outcomes, ...others], step)
  })
}

/** Matches labels one page at a time, so that memory does not grow with the list; `now` is the service's time. */
async function listMatches({ inputs, api }: Step<PruneInputs>) {
  const keys: PrunableKey[] = []
  // As long as no response has a `Date`: then no key has an age.
  let now = -Infinity
  for await (const page of api.listKeys(inputs.teamIds[0], 'team_admin')) {
    if (judgesAges(inputs)) refuseClockSkew(page)
    // `Date` is cut to seconds: a key created within that second is not from the future.
    if (now === -Infinity) now = (page.serverTime ?? now) + CUT_OFF_MS
    // One by one: a page may contain more keys than a call takes arguments.
    for (const key of page.keys.flatMap((one) => matchKey(one, now, inputs) ?? [])) keys.push(key)
  }
  if (now === -Infinity && judgesAges(inputs)) {
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

function matchKey(key: ManagementKey, now: number, inputs: PruneInputs): PrunableKey | undefined {
  if (key.role !== 'team_admin' || key.label === undefined) return undefined
  if (!inputs.teamIds.every((team) => key.teamIds?.includes(team) === true)) return undefined
  const match = inputs.labelPattern.match(key.label)
  if (match === undefined) return undefined
  const age = now - (parseTime(key.createdAt) ?? Infinity)
  const { id, label, teamIds } = key
  return { id, label, teamIds, age: age >= 0 ? age : undefined, ...match }
}

/** Judges keys by their ages first, and asks GitHub only about pull requests on which a key's fate depends. */
async function judge(
  { keys, now }: Awaited<ReturnType<typeof listMatches>>,
  step: Step<PruneInputs>,
): Promise<readonly PruneRow[]> {
  const judged = judgeKeys(keys, now, step.inputs)
  const open = judged.filter(({ reasons }) => reasons.length === 0)
  const { closed, unknown, reason: limit } = await findClosed(open, step)
  const reason = `pull request not looked up: ${limit}`
  return judged.map((key): PruneRow => {
    const { pullRequest: number = 0, reasons } = key
    const isClosed = closed.has(number)
    if (isClosed || reasons.length > 0) {
      const all = isClosed ? [...reasons, 'closed' as const] : reasons
      return { ...key, due: undefined, reasons: all, status: 'would be revoked' }
    }
    if (!unknown.has(number)) return { ...key, status: 'stays active' }
    return { ...key, status: 'could not be judged', reason }
  })
}

async function findClosed(
  keys: readonly PrunableKey[],
  { inputs, runner }: Step<PruneInputs>,
): Promise<PullRequestStates> {
  const none = { closed: new Set<number>(), unknown: new Set<number>(), reason: '' }
  if (!inputs.closedPullRequests) return none
  const github = await loadGitHub(inputs, runner, createSystemClock())
  const numbers = keys.flatMap(({ pullRequest }) => pullRequest ?? [])
  // A token that is not valid shows now, not on the day that a key needs it; what the number is does not matter.
  const states = await github.connectPullRequests().findClosed(numbers.length > 0 ? numbers : [1])
  return numbers.length > 0 ? states : none
}

function describeCandidate({ id, label, age, reasons }: PruneRow) {
  return { id, label, age_seconds: age === undefined ? null : Math.floor(age / 1000), reasons }
}
