import { toOneLine } from '../core/plain-text.js'
import { formatDuration } from '../core/time.js'
import type { PruneInputs } from '../inputs/prune.js'
import type { RunContext, Runner } from '../runner/runner.js'
import type { Fate } from '../transaction/revoke-all.js'
import {
  count,
  type Mark,
  renderCell,
  renderFailedKeys,
  renderLink,
  renderNext,
  renderSummary,
  renderTable,
} from './job-summary.js'
import { infoMany } from './outputs.js'
import type { PruneCandidate, PruneReason } from './prune-candidates.js'

/** A candidate, and what became of it. */
export type Outcome = PruneCandidate & { readonly id: string } & (
    | Fate
    | { readonly kind: 'reported' }
  )

/** Characters of a label that are shown in the log. */
const LONGEST_LABEL = 200

const REASON_WORDS: Readonly<Record<PruneReason, string>> = {
  old: 'older than the limit',
  closed: 'pull request closed',
  superseded: 'superseded by a newer key',
}

const FATE_WORDS: Readonly<Record<Outcome['kind'], string>> = {
  reported: 'would be revoked',
  revoked: 'revoked',
  gone: 'already gone',
  failed: 'may still be active',
}

/** Lists, in the log, the candidates that are only reported. */
export function listCandidates(
  candidates: readonly PruneCandidate[],
  runner: Runner,
): Promise<void> {
  const title = `Would revoke ${count(candidates.length, 'key')}`
  return infoMany(title, candidates.map(describeCandidate), runner)
}

/** Reports what became of the stale keys among `total` that match, with a notice and the job summary. */
export function reportPruned(
  total: number,
  outcomes: readonly Outcome[],
  inputs: PruneInputs,
  runner: Runner,
): void {
  const isOnlyReported = outcomes.some(({ kind }) => kind === 'reported')
  const failed = outcomes.filter(({ kind }) => kind === 'failed').length
  const revoked = outcomes.length - failed
  const verb = outcomes.length === 1 ? 'is' : 'are'
  const stale = `${outcomes.length} of ${count(total, 'key')} matching label_pattern ${verb} stale`
  const done = isOnlyReported || inputs.dryRun ? 'nothing was revoked' : `${revoked} revoked`
  runner.notice(`${stale}; ${done}`)
  const { mark, title, next } = describeEnd(outcomes.length, failed, isOnlyReported, inputs)
  const head = ['Key ID', 'Label', 'Age', 'Reason', ...(isOnlyReported ? [] : ['Result'])]
  const rows = outcomes.map((outcome) => {
    const result = isOnlyReported ? [] : [FATE_WORDS[outcome.kind]]
    return [...renderOutcome(outcome, runner.context), ...result]
  })
  const matching = `${count(total, 'active key')} matched \`label_pattern\`.`
  const summary = renderSummary(mark, title, [
    isOnlyReported ? `${matching} The keys below would be revoked; nothing was revoked.` : matching,
    renderTable(head, rows),
    renderFailedKeys(outcomes),
    renderNext(next),
  ])
  runner.appendSummary(summary)
}

function describeEnd(
  stale: number,
  failed: number,
  isOnlyReported: boolean,
  { dryRun, maxRevocations }: PruneInputs,
): { readonly mark: Mark; readonly title: string; readonly next: readonly string[] } {
  const keys = count(stale, 'stale key')
  if (stale === 0) return { mark: 'done', title: 'No key is stale', next: [] }
  if (failed > 0) {
    const title = `Revoked ${stale - failed} of ${keys}; ${failed} may still be active`
    const next = ['Fix the cause, then run again, or revoke them in the Junction Dashboard.']
    return { mark: 'failed', title, next }
  }
  if (!isOnlyReported) return { mark: 'done', title: `Revoked ${keys}`, next: [] }
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

function renderOutcome(
  { key, age, reasons }: Outcome,
  { serverUrl, repository }: RunContext,
): readonly string[] {
  const why = reasons.map((reason) => {
    if (reason !== 'closed') return REASON_WORDS[reason]
    const url = `${serverUrl}/${repository}/pull/${key.pullRequest}`
    return `${REASON_WORDS[reason]} (${renderLink(`#${key.pullRequest}`, url)})`
  })
  return [renderCell(key.id), renderCell(key.label), describeAge(age), why.join('<br>')]
}

/** One line of the log for a candidate that is only reported. */
function describeCandidate(candidate: PruneCandidate): string {
  const why = candidate.reasons.map((reason) => REASON_WORDS[reason]).join(', ')
  return `Would revoke ${nameKey(candidate)}, age ${describeAge(candidate.age)}: ${why}`
}

/** Names a candidate in the log. */
export function nameKey({ key }: PruneCandidate): string {
  return `Management Key ${key.id} "${toOneLine(key.label, LONGEST_LABEL)}"`
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'unknown' : formatDuration(age)
}
