import { ActionError } from '../core/errors.js'
import { toOneLine } from '../core/plain-text.js'
import { formatDuration, formatTime } from '../core/time.js'
import type { PruneInputs } from '../inputs/prune.js'
import type { RunContext, Runner } from '../runner/runner.js'
import { type Fate, listFailedKeys } from '../transaction/revoke-all.js'
import {
  count,
  type Mark,
  renderCell,
  renderCode,
  renderFailedKeys,
  renderLink,
  renderNext,
  renderSummary,
  renderTable,
} from './job-summary.js'
import { infoMany } from './outputs.js'
import type { JudgedKey, PruneReason } from './prune-candidates.js'

/** A key that matches, and what became of it: `reported` would be revoked, of `undecided` GitHub said nothing. */
export type PruneRow = JudgedKey &
  (
    | Fate
    | { readonly kind: 'stays' | 'reported' }
    | { readonly kind: 'undecided'; readonly reason: string }
  )

/** Characters of a label that are shown in the log. */
const LONGEST_LABEL = 200

const REASON_WORDS: Readonly<Record<PruneReason, string>> = {
  old: 'older than the limit',
  closed: 'pull request closed',
  superseded: 'superseded by a newer key',
}

const KIND_WORDS: Readonly<Record<PruneRow['kind'], string>> = {
  stays: 'stays active',
  reported: 'would be revoked',
  revoked: 'revoked',
  gone: 'already gone',
  failed: 'may still be active',
  undecided: 'stays active',
}

/** Whether no rule is set, so that the step only lists what matches. */
export function isInventory(inputs: PruneInputs): boolean {
  const { olderThanMs, supersededForMs, closedPullRequests } = inputs
  return olderThanMs === undefined && supersededForMs === undefined && !closedPullRequests
}

/** Lists, in the log, the keys that are only reported. */
export function listKeys(rows: readonly PruneRow[], inputs: PruneInputs, runner: Runner) {
  if (isInventory(inputs)) {
    return infoMany(`${count(rows.length, 'key')} found`, rows.map(describeKey), runner)
  }
  const stale = rows.filter(({ kind }) => kind === 'reported')
  return infoMany(`Would revoke ${count(stale.length, 'key')}`, stale.map(describeKey), runner)
}

/** Reports what became of the keys that match, with a notice or warning and the job summary. */
export function reportPruned(rows: readonly PruneRow[], inputs: PruneInputs, runner: Runner): void {
  const pattern = inputs.labelPattern.source
  const { mark, title, next } = describeEnd(rows, inputs)
  const stale = rows.filter(isStale).length
  const revoked = rows.filter(({ kind }) => kind === 'revoked' || kind === 'gone').length
  const done = revoked > 0 ? `${revoked} revoked` : 'nothing was revoked'
  const matching = `${count(rows.length, 'active key')} with a label that matches`
  const found = isInventory(inputs) ? '' : `; ${stale === 1 ? '1 is' : `${stale} are`} stale`
  const due = describeDue(rows)
  if (rows.length === 0) {
    runner.warning(
      `No active key has a label that matches label_pattern "${pattern}". The pattern has to match the whole label; check it, and team_id`,
    )
  } else {
    runner.notice(`Found ${matching} label_pattern${found}; ${done}.${due && ` ${due}`}`)
  }
  const summary = renderSummary(mark, title, [
    `Found ${matching} ${renderCode(pattern)}${found}; ${done}.${due && ` ${due}`}`,
    isInventory(inputs) ? renderInventory(rows, runner.context) : renderRows(rows, inputs, runner),
    renderFailedKeys(rows),
    renderNext(next, mark === 'failed' ? runner.context : undefined),
  ])
  runner.appendSummary(summary)
}

/** Why the step fails, if it does. */
export function findProblem(
  rows: readonly PruneRow[],
  inputs: PruneInputs,
): ActionError | undefined {
  const items = listFailedKeys(rows)
  const excess = describeExcess(rows, inputs)
  if (excess !== undefined && !inputs.dryRun) {
    return new ActionError(
      `${excess}. Nothing was revoked. Check the list in the job summary, then raise max_revocations or narrow label_pattern`,
    )
  }
  if (items.length === 0) return undefined
  const head = 'Not every Management Key could be revoked. These may still be active:'
  return new ActionError({ head, items })
}

/** Says that there are more candidates than a run may revoke, if so. */
export function describeExcess(
  rows: readonly PruneRow[],
  { maxRevocations }: PruneInputs,
): string | undefined {
  const stale = rows.filter(isStale).length
  if (stale <= maxRevocations) return undefined
  return `${stale} candidates exceed max_revocations (${maxRevocations})`
}

function isStale({ reasons }: PruneRow): boolean {
  return reasons.length > 0
}

function describeEnd(
  rows: readonly PruneRow[],
  inputs: PruneInputs,
): { readonly mark: Mark; readonly title: string; readonly next: readonly string[] } {
  const { dryRun, maxRevocations, labelPattern } = inputs
  const stale = rows.filter(isStale).length
  const failed = rows.filter(({ kind }) => kind === 'failed').length
  const undecided = rows.filter(({ kind }) => kind === 'undecided').length
  const keys = count(stale, 'stale key')
  if (rows.length === 0) {
    const next = ['Check `label_pattern`, which has to match the whole label, and `team_id`.']
    return { mark: 'attention', title: 'No active key matches', next }
  }
  if (isInventory(inputs)) {
    const title = `${count(rows.length, 'active key')} found for ${renderCode(labelPattern.source)}`
    return { mark: 'done', title, next: [] }
  }
  if (failed + undecided > 0) {
    const revoked = rows.filter(({ kind }) => kind === 'revoked' || kind === 'gone').length
    const title = [
      `Revoked ${revoked} of ${keys}`,
      ...(failed > 0 ? [`${failed} may still be active`] : []),
      ...(undecided > 0 ? [`${undecided} could not be judged`] : []),
    ].join('; ')
    const next = ['Fix the cause, then run again, or revoke them in the Junction Dashboard.']
    return { mark: 'failed', title, next }
  }
  if (stale === 0) return { mark: 'done', title: 'No key is stale', next: [] }
  if (!rows.some(({ kind }) => kind === 'reported')) {
    return { mark: 'done', title: `Revoked ${keys}`, next: [] }
  }
  const isTooMany = stale > maxRevocations
  return {
    mark: dryRun ? 'attention' : 'failed',
    title: `Found ${keys}${isTooMany ? `, more than \`max_revocations\` (${maxRevocations})` : ''}`,
    next: [
      'Check that nothing uses these keys.',
      ...(isTooMany ? ['Raise `max_revocations`, or narrow `label_pattern`.'] : []),
      dryRun ? 'To revoke them, run again with `dry_run: false`.' : 'Then run again.',
    ],
  }
}

/** Says when the next key becomes stale by time. */
function describeDue(rows: readonly PruneRow[]): string {
  const [first] = rows
    .filter(({ due }) => due !== undefined)
    .sort((a, b) => (a.due ?? 0) - (b.due ?? 0))
  if (first?.due === undefined) return ''
  return `The next one becomes a candidate at ${formatTime(first.due)}.`
}

function renderRows(rows: readonly PruneRow[], inputs: PruneInputs, { context }: Runner): string {
  const inOrder = [...rows.filter(isStale), ...rows.filter((row) => !isStale(row))]
  return renderTable(
    ['Key ID', 'Label', 'Age', 'Reason', 'Result'],
    inOrder.map((row) => [
      renderCell(row.id),
      renderCell(row.label),
      describeAge(row.age),
      (isStale(row) ? renderReasons(row, context) : explainStay(row, inputs, context)).join('<br>'),
      KIND_WORDS[row.kind],
    ]),
  )
}

function renderInventory(rows: readonly PruneRow[], context: RunContext): string {
  return renderTable(
    ['Key ID', 'Label', 'Age', 'Newer key', 'Pull request'],
    rows.map((row) => [
      renderCell(row.id),
      renderCell(row.label),
      describeAge(row.age),
      renderCell(row.successor?.id ?? ''),
      row.pullRequest === undefined ? '' : linkPullRequest(row.pullRequest, context),
    ]),
  )
}

function renderReasons({ reasons, pullRequest }: PruneRow, context: RunContext) {
  return reasons.map((reason) =>
    reason === 'closed'
      ? `${REASON_WORDS.closed} (${linkPullRequest(pullRequest, context)})`
      : REASON_WORDS[reason],
  )
}

/** Why a key stays, by each rule that is set. */
function explainStay(
  row: PruneRow,
  { olderThanMs, supersededForMs, closedPullRequests }: PruneInputs,
  context: RunContext,
): readonly string[] {
  const { age, successor, pullRequest, kind } = row
  const stays: string[] = []
  if (olderThanMs !== undefined) {
    stays.push(age === undefined ? 'age unknown' : `not older than ${formatDuration(olderThanMs)}`)
  }
  if (closedPullRequests) {
    const state = kind === 'undecided' ? 'unknown' : 'not closed'
    stays.push(`pull request ${state} (${linkPullRequest(pullRequest, context)})`)
  }
  if (supersededForMs !== undefined) {
    stays.push(
      successor === undefined
        ? 'no newer key'
        : `newer key not older than ${formatDuration(supersededForMs)}`,
    )
  }
  return stays
}

function linkPullRequest(number: number | undefined, { serverUrl, repository }: RunContext) {
  return renderLink(`#${number}`, `${serverUrl}/${repository}/pull/${number}`)
}

/** One line of the log for a key that is only reported. */
function describeKey(row: PruneRow): string {
  const facts = `${nameKey(row)}, age ${describeAge(row.age)}`
  if (isStale(row)) {
    return `Would revoke ${facts}: ${row.reasons.map((reason) => REASON_WORDS[reason]).join(', ')}`
  }
  const { successor, pullRequest } = row
  return [
    facts,
    ...(successor === undefined ? [] : [`newer key ${successor.id}`]),
    ...(pullRequest === undefined ? [] : [`pull request #${pullRequest}`]),
  ].join(', ')
}

/** Names a key in the log. */
export function nameKey({ id, label }: JudgedKey): string {
  return `Management Key ${id} "${toOneLine(label, LONGEST_LABEL)}"`
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'unknown' : formatDuration(age)
}
