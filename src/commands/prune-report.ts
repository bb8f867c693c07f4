import { ActionError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import { formatDuration, formatTime } from '../core/time.js'
import type { PruneInputs } from '../inputs/prune.js'
import type { RunContext, Runner } from '../runner/runner.js'
import { listFailedKeys, listRevoked } from '../transaction/revoke-all.js'
import {
  count,
  type KeyState,
  type Report,
  renderCell,
  renderCode,
  renderFailedKeys,
  renderLink,
  renderTable,
  STATE_WORDS,
  writeReport,
} from './job-summary.js'
import { infoMany, nameKey } from './outputs.js'
import type { JudgedKey, PruneReason } from './prune-candidates.js'

/** A key that matches, and what became of it, or would. */
export type PruneRow = JudgedKey & KeyState

const REASON_WORDS: Readonly<Record<PruneReason, string>> = {
  old: 'older than the limit',
  closed: 'pull request closed',
  superseded: 'superseded by a newer key',
}

/** Reports what became of the keys that match. Throws an `ActionError` if the step fails. */
export async function reportPruned(
  rows: readonly PruneRow[],
  inputs: PruneInputs,
  runner: Runner,
): Promise<void> {
  const isInventory = isOnlyList(inputs)
  const listed = isInventory ? rows : rows.filter(({ kind }) => kind === 'planned')
  const keys = count(listed.length, 'key')
  const heading = isInventory ? `${keys} found` : `Would revoke ${keys}`
  await infoMany(heading, listed.map(describeKey), runner)

  const stale = rows.filter(isStale).length
  const revoked = listRevoked(rows).length
  const facts = [
    ...(isInventory ? [] : [`${stale} ${stale === 1 ? 'is' : 'are'} stale`]),
    revoked > 0 ? `${revoked} revoked` : 'nothing was revoked',
  ].join('; ')
  const describe = (pattern: string) =>
    `Found ${count(rows.length, 'active key')} with a label that matches ${pattern}; ${facts}.${describeDue(rows)}`
  const report: Report = {
    notice: rows.length === 0 ? undefined : describe('label_pattern'),
    ...describeEnd(rows, inputs),
    blocks: [
      describe(renderCode(inputs.labelPattern.source)),
      renderRows(rows, inputs, runner.context),
      renderFailedKeys(rows),
    ],
  }
  writeReport(report, runner)
}

function describeEnd(rows: readonly PruneRow[], inputs: PruneInputs): Omit<Report, 'blocks'> {
  if (rows.length === 0) {
    return {
      mark: 'attention',
      title: 'No active key matches',
      next: ['Check `label_pattern`, which has to match the whole label, and `team_id`.'],
      warning: `No active key has a label that matches label_pattern "${inputs.labelPattern.source}". The pattern has to match the whole label; check it, and team_id`,
    }
  }
  if (isOnlyList(inputs)) {
    const pattern = renderCode(inputs.labelPattern.source)
    return { mark: 'done', title: `${count(rows.length, 'active key')} found for ${pattern}` }
  }
  const { dryRun, maxRevocations } = inputs
  const stale = rows.filter(isStale).length
  const isExcess = exceedsLimit(rows, inputs)
  const excess = `${stale} candidates exceed max_revocations (${maxRevocations})`
  const warning = isExcess && dryRun ? `${excess}; without dry_run, the run would fail` : undefined
  const items = listFailedKeys(rows)
  if (items.length > 0 && (dryRun || !isExcess)) {
    return { ...describeFailed(rows, items, inputs), warning }
  }
  if (stale === 0) return { mark: 'done', title: 'No key is stale' }
  const keys = count(stale, 'stale key')
  if (!dryRun && !isExcess) return { mark: 'done', title: `Revoked ${keys}` }
  const more = isExcess ? `, more than \`max_revocations\` (${maxRevocations})` : ''
  const next = [
    'Check that nothing uses these keys.',
    isExcess && 'Raise `max_revocations`, or narrow `label_pattern`.',
    dryRun ? 'To revoke them, run again with `dry_run: false`.' : 'Then run again.',
  ]
  if (dryRun) return { mark: 'attention', title: `Found ${keys}${more}`, next, warning }
  const error = new ActionError(
    `${excess}. Nothing was revoked. Check the list in the job summary, then raise max_revocations or narrow label_pattern`,
  )
  return { mark: 'failed', title: `Found ${keys}${more}`, next, error }
}

function describeFailed(
  rows: readonly PruneRow[],
  items: readonly string[],
  { dryRun }: PruneInputs,
): Omit<Report, 'blocks'> {
  const keys = count(rows.filter(isStale).length, 'stale key')
  const countKind = (wanted: PruneRow['kind']) => rows.filter(({ kind }) => kind === wanted).length
  const failed = countKind('failed')
  const undecided = countKind('undecided')
  const title = [
    dryRun ? `Found ${keys}` : `Revoked ${listRevoked(rows).length} of ${keys}`,
    failed > 0 && `${failed} ${STATE_WORDS.failed}`,
    undecided > 0 && `${undecided} could not be judged`,
  ].filter((part) => part !== false)
  const verbs = [...(undecided > 0 ? ['judged'] : []), ...(failed > 0 ? ['revoked'] : [])]
  const state = failed > 0 ? STATE_WORDS.failed : 'stay active'
  const head = `Not every Management Key could be ${joinWords(verbs, 'and')}. These ${state}:`
  const next = [
    failed > 0 &&
      `Fix the cause, then run again, or revoke the keys that ${STATE_WORDS.failed} in the Junction Dashboard.`,
    undecided > 0 &&
      'Run again later: keys that could not be judged stay active, since their pull requests may be open.',
  ]
  const error = new ActionError({ head, items })
  return { mark: 'failed', title: title.join('; '), next, error }
}

/** Whether there are more candidates than a run may revoke. */
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

/** Says when the next key becomes stale by time. */
function describeDue(rows: readonly PruneRow[]): string {
  const times = rows.map(({ due = Infinity }) => due)
  const first = times.reduce((a, b) => Math.min(a, b), Infinity)
  return first === Infinity ? '' : ` The next one becomes a candidate at ${formatTime(first)}.`
}

function renderRows(rows: readonly PruneRow[], inputs: PruneInputs, context: RunContext): string {
  const keys = {
    'Key ID': ({ id }: PruneRow) => renderCell(id),
    Label: ({ label }: PruneRow) => renderCell(label),
    Age: ({ age }: PruneRow) => describeAge(age),
  }
  if (isOnlyList(inputs)) {
    return renderTable(rows, {
      ...keys,
      'Newer key': ({ successor }) => renderCell(successor?.id ?? ''),
      'Pull request': (row) => linkPullRequest(row, context),
    })
  }
  const staleFirst = [...rows.filter(isStale), ...rows.filter((row) => !isStale(row))]
  return renderTable(staleFirst, {
    ...keys,
    Reason: (row) => explain(row, inputs, context),
    Result: ({ kind }) => STATE_WORDS[kind],
  })
}

/** Why a key is stale, or why it stays, by each rule that is set. */
function explain(row: PruneRow, inputs: PruneInputs, context: RunContext): string {
  const { age, successor, kind, reasons } = row
  const { olderThanMs, supersededForMs, closedPullRequests } = inputs
  const link = `(${linkPullRequest(row, context)})`
  const stale = reasons.map((reason) =>
    reason === 'closed' ? `${REASON_WORDS.closed} ${link}` : REASON_WORDS[reason],
  )
  const notOlder = (limit: number) => `not older than ${formatDuration(limit)}`
  const stays = [
    olderThanMs !== undefined && (age === undefined ? 'age unknown' : notOlder(olderThanMs)),
    closedPullRequests && `pull request ${kind === 'undecided' ? 'unknown' : 'not closed'} ${link}`,
    supersededForMs !== undefined &&
      (successor === undefined ? 'no newer key' : `newer key ${notOlder(supersededForMs)}`),
  ]
  return (stale.length > 0 ? stale : stays.filter((why) => why !== false)).join('<br>')
}

function linkPullRequest({ pullRequest }: PruneRow, { serverUrl, repository }: RunContext): string {
  if (pullRequest === undefined) return ''
  return renderLink(`#${pullRequest}`, `${serverUrl}/${repository}/pull/${pullRequest}`)
}

/** One line of the log for a key that is only reported. */
function describeKey(row: PruneRow): string {
  const { age, successor, pullRequest, reasons } = row
  const facts = `${nameKey(row)}, age ${describeAge(age)}`
  if (isStale(row)) {
    return `Would revoke ${facts}: ${reasons.map((reason) => REASON_WORDS[reason]).join(', ')}`
  }
  return [
    facts,
    ...(successor === undefined ? [] : [`newer key ${successor.id}`]),
    ...(pullRequest === undefined ? [] : [`pull request #${pullRequest}`]),
  ].join(', ')
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'unknown' : formatDuration(age)
}
