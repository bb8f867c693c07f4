import { ActionError, explainError } from '../core/errors.js'
import { renderCell } from '../core/markdown.js'
import { toOneLine } from '../core/plain-text.js'
import {
  type PrunableKey,
  type PruneCandidate,
  type PruneReason,
  selectCandidates,
} from '../core/prune-candidates.js'
import { parseTime } from '../core/time.js'
import { formatDuration } from '../inputs/duration.js'
import { type PruneInputs, parsePruneInputs } from '../inputs/prune.js'
import type { ListedKeys, ManagementApi } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { connectGitHubPullRequests, connectManagementApi } from './connect.js'
import { setOutputs } from './outputs.js'

/** Keys whose label fits, and the service's time when it listed them. */
interface Matches {
  readonly keys: readonly PrunableKey[]
  readonly now: number | undefined
}

/** What became of one candidate, in words for the table. */
type Fate = 'would be revoked' | 'revoked' | 'was gone' | `still alive: ${string}`

/** What whole seconds leave out at most, in milliseconds. */
const CUT_OFF_MS = 999

/** With clocks further apart than this, in milliseconds, one of the two is wrong. */
const MOST_CLOCK_SKEW_MS = 300_000

/** As many characters of a label stand in the log. */
const LONGEST_LABEL = 200

/** GitHub shows no job summary above 1 MiB; a step may write several. */
const LARGEST_TABLE = 256 * 1024

const REASON_WORDS: Readonly<Record<PruneReason, string>> = {
  old: 'older than the limit',
  closed: 'pull request closed',
}

/** The prune action: parse → list → judge → sweep → report. */
export async function pruneKeys(runner: Runner): Promise<void> {
  const inputs = parsePruneInputs(runner.readInput, runner.context)
  setOutputs({ candidates: '[]', revoked_key_ids: '[]' }, runner)
  const api = connectManagementApi(inputs, runner, createSystemClock())

  const matches = await listMatches(inputs, api)
  const candidates = await judge(matches, inputs, runner)
  setOutputs({ candidates: listCandidates(candidates) }, runner)
  const tooMany = candidates.length > inputs.maxRevocations
  const isOnlyReported = inputs.dryRun || tooMany
  if (isOnlyReported) for (const one of candidates) runner.info(describeCandidate(one))
  const fates = isOnlyReported
    ? new Map<PruneCandidate, Fate>(candidates.map((one) => [one, 'would be revoked']))
    : await sweep(candidates, api, runner)
  report(matches, fates, isOnlyReported, runner)
  if (tooMany) refuse(candidates.length, inputs, runner)
  failIfNeeded(fates)
}

/** Holds every label against the pattern, a page at a time, so that memory does not grow with the list. */
async function listMatches(inputs: PruneInputs, api: ManagementApi): Promise<Matches> {
  const keys: PrunableKey[] = []
  let now: number | undefined
  for await (const page of api.listKeys(inputs.teamIds[0], 'team_admin')) {
    if (inputs.olderThanMs !== undefined) refuseClockSkew(page)
    // `Date` is cut to seconds: a key made within that second is not one of the future.
    now ??= page.serverTime === undefined ? undefined : page.serverTime + CUT_OFF_MS
    // One by one: a page may hold more keys than a call takes arguments.
    for (const key of page.keys.flatMap((one) => matchKey(one, inputs) ?? [])) keys.push(key)
  }
  if (now === undefined && inputs.olderThanMs !== undefined) {
    throw new ActionError(
      'The Management API does not say what time it is (no Date header), so no age can be told; nothing was revoked',
    )
  }
  return { keys, now }
}

/** Throws an `ActionError` when one of the two clocks must be wrong: an age by a wrong clock revokes keys in use. */
function refuseClockSkew({ serverTime, receivedAt }: ListedKeys): void {
  if (serverTime === undefined) return
  const skew = Math.abs(serverTime - receivedAt)
  if (skew <= MOST_CLOCK_SKEW_MS) return
  const [theirs, ours] = [serverTime, receivedAt].map((time) => new Date(time).toISOString())
  throw new ActionError(
    `The Management API says that it is ${theirs} (Date header), and the clock of this machine says ${ours}: they differ by ${formatDuration(skew)}, so key ages cannot be trusted. Nothing was revoked. Set the clock of this machine; if it is right, find out what sends the wrong Date (a proxy, or a stand-in at api_url). Then run again`,
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
    createdAt: parseTime(key.createdAt),
    pullRequest: match.pullRequest,
  }
}

async function judge(
  { keys, now }: Matches,
  inputs: PruneInputs,
  runner: Runner,
): Promise<readonly PruneCandidate[]> {
  const closedPullRequests = await findClosed(keys, inputs, runner)
  return selectCandidates(keys, {
    now,
    olderThanMs: inputs.olderThanMs,
    closedPullRequests,
    keep: inputs.keep,
  })
}

async function findClosed(
  keys: readonly PrunableKey[],
  { pullRequests, timeoutMs }: PruneInputs,
  runner: Runner,
): Promise<ReadonlySet<number>> {
  const numbers = keys.flatMap(({ pullRequest }) => pullRequest ?? [])
  if (pullRequests === undefined || numbers.length === 0) return new Set()
  const { repository } = pullRequests
  const client = await connectGitHubPullRequests(repository, { ...pullRequests, timeoutMs }, runner)
  return client.findClosed(numbers)
}

async function sweep(
  candidates: readonly PruneCandidate[],
  api: ManagementApi,
  runner: Runner,
): Promise<ReadonlyMap<PruneCandidate, Fate>> {
  const fates = new Map<PruneCandidate, Fate>()
  const revoked: string[] = []
  for (const candidate of candidates) {
    const { id } = candidate.key
    try {
      const outcome = await api.revokeKey(id)
      fates.set(candidate, outcome === 'gone' ? 'was gone' : 'revoked')
      revoked.push(id)
      runner.info(`Revoked Management Key ${id} "${toOneLine(candidate.key.label, LONGEST_LABEL)}"`)
    } catch (error) {
      fates.set(candidate, `still alive: ${explainError(error)}`)
    }
  }
  setOutputs({ revoked_key_ids: JSON.stringify(revoked) }, runner)
  return fates
}

function report(
  { keys }: Matches,
  fates: ReadonlyMap<PruneCandidate, Fate>,
  isOnlyReported: boolean,
  runner: Runner,
): void {
  const revoked = [...fates.values()].filter((fate) => !fate.startsWith('still alive')).length
  const done = isOnlyReported ? 'nothing was revoked' : `revoked: ${revoked}`
  runner.notice(
    `Forgotten: ${fates.size} of ${keys.length} Management Keys that fit label_pattern; ${done}`,
  )
  const title = isOnlyReported ? 'nothing was revoked' : 'pruned'
  const all = [...fates].map(([{ key, age, reasons }, fate]) => {
    const cells = [
      renderCell(key.id),
      renderCell(key.label),
      describeAge(age),
      describeReasons(reasons),
      fate.startsWith('still alive') ? renderCell(fate) : fate,
    ]
    return `| ${cells.join(' | ')} |`
  })
  const rows = takeWithin(all, LARGEST_TABLE)
  const table = ['| Key id | Label | Age | Reason | Done |', '|---|---|---|---|---|', ...rows]
  const more = fates.size > rows.length ? `\n\nAnd ${fates.size - rows.length} more.` : ''
  const body = rows.length === 0 ? 'No key is forgotten.' : `${table.join('\n')}${more}`
  runner.appendSummary(`### Junction Management Keys: ${title}\n\n${body}\n`)
}

/** As many of the lines, from the first, as fit into so many bytes. */
function takeWithin(lines: readonly string[], bytes: number): readonly string[] {
  let size = 0
  return lines.filter((line) => {
    size += Buffer.byteLength(line) + 1
    return size <= bytes
  })
}

/** More candidates than a sweep may revoke: an error, or in a dry run a warning. */
function refuse(count: number, { dryRun, maxRevocations }: PruneInputs, runner: Runner): void {
  const problem = `${count} candidates are more than max_revocations (${maxRevocations}) allows`
  if (!dryRun) {
    throw new ActionError(
      `${problem}; nothing was revoked. Look at a dry run, then raise max_revocations or narrow label_pattern`,
    )
  }
  runner.warning(`${problem}: a real run would stop`)
}

/** One line of the log for a key that a report names. */
function describeCandidate({ key, age, reasons }: PruneCandidate): string {
  const label = toOneLine(key.label, LONGEST_LABEL)
  return `Would revoke Management Key ${key.id} "${label}", age ${describeAge(age)}: ${describeReasons(reasons)}`
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'unknown' : formatDuration(age)
}

function describeReasons(reasons: readonly PruneReason[]): string {
  return reasons.map((reason) => REASON_WORDS[reason]).join(', ')
}

function failIfNeeded(fates: ReadonlyMap<PruneCandidate, Fate>): void {
  const alive = [...fates].filter(([, fate]) => fate.startsWith('still alive'))
  if (alive.length === 0) return
  const lines = alive.map(([{ key }, fate]) => `- ${key.id}: ${fate}`)
  throw new ActionError(`Not every Management Key could be revoked:\n${lines.join('\n')}`)
}

function listCandidates(candidates: readonly PruneCandidate[]): string {
  return JSON.stringify(
    candidates.map(({ key, age, reasons }) => ({
      id: key.id,
      label: key.label,
      age_seconds: age === undefined ? null : Math.floor(age / 1000),
      reasons,
    })),
  )
}
