import { ActionError } from '../core/errors.js'
import { formatDuration, formatTime } from '../core/time.js'
import type { PruneInputs } from '../inputs/prune.js'
import type { RunContext } from '../runner/runner.js'
import { listFailedKeys } from '../transaction/revoke-all.js'
import type { Step } from './connect.js'
import {
  count,
  type KeyState,
  type Report,
  renderCell,
  renderCode,
  renderFailedKeys,
  renderLink,
  renderProse,
  renderTable,
  tally,
  writeReport,
} from './job-summary.js'
import { infoMany, nameKey } from './outputs.js'
import type { JudgedKey, PruneReason } from './prune-candidates.js'

export type PruneRow = JudgedKey & KeyState

const REASON_WORDS: Readonly<Record<PruneReason, string>> = {
  old: 'older than the limit',
  closed: 'pull request closed',
  superseded: 'superseded by a newer key',
}

/** Reports what became of the keys that match. Throws an `ActionError` if the step fails. */
export async function reportPruned(
  rows: readonly PruneRow[],
  { inputs, runner }: Step<PruneInputs>,
): Promise<void> {
  const { labelPattern } = inputs
  const title = describeRows(rows, inputs)
  const planned = rows.filter(({ status }) => status === 'would be revoked')
  await infoMany(title, (isOnlyList(inputs) ? rows : planned).map(describeKey), runner)

  // A revocation without a response may have been carried out.
  const hasTried = rows.filter(isStale).length > planned.length
  const nothing = hasTried ? '' : '; nothing was revoked'
  const describe = (pattern: string) =>
    `${pattern} matches ${count(rows.length, 'active key')}${nothing}.${describeDue(rows)}`
  const report: Report = {
    mark: planned.length > 0 ? 'attention' : undefined,
    title: renderProse(title),
    ...findProblem(title, rows, inputs, exceedsLimit(rows, inputs)),
    notice: `${title}. ${describe('label_pattern')}`,
    blocks: [
      describe(renderCode(labelPattern.source)),
      renderRows(rows, inputs, runner.context),
      renderFailedKeys(rows),
    ],
    next: listNext(rows, inputs),
  }
  writeReport(report, runner)
}

function describeRows(rows: readonly PruneRow[], inputs: PruneInputs): string {
  if (rows.length === 0) return 'No active key matches'
  if (isOnlyList(inputs)) return `Found ${count(rows.length, 'active key')}`
  const undecided = rows.filter(({ status }) => status === 'could not be judged')
  const parts = [
    ...tally('stale key', rows.filter(isStale)),
    ...(exceedsLimit(rows, inputs) ? [`max_revocations is ${inputs.maxRevocations}`] : []),
    ...tally('key', undecided),
  ]
  return parts.join('; ') || 'No key is stale'
}

function findProblem(
  title: string,
  rows: readonly PruneRow[],
  { dryRun, labelPattern }: PruneInputs,
  isExcess: boolean,
): Pick<Report, 'error' | 'warning'> {
  const items = listFailedKeys(rows)
  if (items.length > 0 || (isExcess && !dryRun)) {
    const advice = '. Nothing was revoked. Raise max_revocations, or narrow label_pattern'
    return { error: new ActionError({ head: isExcess ? title + advice : `${title}:`, items }) }
  }
  if (isExcess) return { warning: `${title}; without dry_run, the run would fail` }
  if (rows.length > 0) return {}
  return {
    warning: `${title} label_pattern "${labelPattern.source}", which has to match the whole label; check it, and team_id`,
  }
}

function listNext(rows: readonly PruneRow[], inputs: PruneInputs): readonly (string | false)[] {
  const has = (wanted: PruneRow['status']) => rows.some(({ status }) => status === wanted)
  return [
    rows.length === 0 &&
      'Check `label_pattern`, which has to match the whole label, and `team_id`.',
    has('would be revoked') && 'Check that nothing uses these keys.',
    exceedsLimit(rows, inputs) && 'Raise `max_revocations`, or narrow `label_pattern`.',
    has('would be revoked') && inputs.dryRun && 'To revoke them, run again with `dry_run: false`.',
    has('may still be active') &&
      'Fix the cause, then run again, or revoke the keys that may still be active in the Junction Dashboard.',
    has('could not be judged') &&
      'Run again later: keys that could not be judged stay active, since their pull requests may be open.',
  ]
}

export function exceedsLimit(rows: readonly PruneRow[], { maxRevocations }: PruneInputs): boolean {
  return rows.filter(isStale).length > maxRevocations
}

/** Whether no rule is set, so that the step only lists what matches. */
function isOnlyList({ olderThanMs, supersededForMs, closedPullRequests }: PruneInputs): boolean {
  return olderThanMs === undefined && supersededForMs === undefined && !closedPullRequests
}

function isStale({ reasons }: PruneRow): boolean {
  return reasons.length > 0
}

function describeDue(rows: readonly PruneRow[]): string {
  const times = rows.map(({ due = Infinity }) => due)
  const first = times.reduce((a, b) => Math.min(a, b), Infinity)
  return first === Infinity ? '' : ` The next one becomes a candidate at ${formatTime(first)}.`
}

function renderRows(rows: readonly PruneRow[], inputs: PruneInputs, context: RunContext): string {
  const url = `${context.serverUrl}/${context.repository}/pull`
  const staleFirst = [...rows.filter(isStale), ...rows.filter((row) => !isStale(row))]
  return renderTable(staleFirst, {
    'Key ID': ({ id }) => renderCell(id),
    Label: ({ label }) => renderCell(label),
    Age: ({ age }) => describeAge(age),
    'Newer key': ({ successor }) => renderCell(successor?.id ?? ''),
    'Pull request': ({ pullRequest: number }) =>
      number === undefined ? '' : renderLink(`#${number}`, `${url}/${number}`),
    Reason: (row) => explain(row, inputs),
    Result: ({ status }) => (isOnlyList(inputs) ? '' : status),
  })
}

function explain(
  { age, successor, status, reasons }: PruneRow,
  { olderThanMs, supersededForMs, closedPullRequests }: PruneInputs,
): string {
  const notOlder = (limit: number) => `not older than ${formatDuration(limit)}`
  const stays = [
    olderThanMs !== undefined && (age === undefined ? 'age unknown' : notOlder(olderThanMs)),
    closedPullRequests &&
      `pull request ${status === 'could not be judged' ? 'unknown' : 'not closed'}`,
    supersededForMs !== undefined &&
      (successor === undefined ? 'no newer key' : `newer key ${notOlder(supersededForMs)}`),
  ].filter((why) => why !== false)
  return (reasons.length > 0 ? listReasons(reasons) : stays).join('<br>')
}

function listReasons(reasons: readonly PruneReason[]): readonly string[] {
  return reasons.map((reason) => REASON_WORDS[reason])
}

function describeKey(row: PruneRow): string {
  const { age, successor, pullRequest, reasons } = row
  const facts = [
    `${nameKey(row)}, age ${describeAge(age)}`,
    ...(successor === undefined ? [] : [`newer key ${successor.id}`]),
    ...(pullRequest === undefined ? [] : [`pull request #${pullRequest}`]),
  ].join(', ')
  return isStale(row) ? `Would revoke ${facts}: ${listReasons(reasons).join(', ')}` : facts
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'unknown' : formatDuration(age)
}
