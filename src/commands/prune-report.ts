import { renderCell } from '../core/markdown.js'
import { toOneLine } from '../core/plain-text.js'
import type { PruneCandidate, PruneReason } from '../core/prune-candidates.js'
import { formatDuration } from '../inputs/duration.js'
import type { Runner } from '../runner/runner.js'

/** What became of one candidate. */
export type Fate =
  | { readonly kind: 'reported' | 'revoked' | 'gone' }
  | { readonly kind: 'failed'; readonly reason: string }

/** A candidate, and what became of it. */
export interface Outcome extends PruneCandidate {
  readonly fate: Fate
}

/** Characters of a label that are shown in the log. */
export const LONGEST_LABEL = 200

/** GitHub shows no job summary above 1 MiB; a step may write several. */
const LARGEST_TABLE = 256 * 1024

const REASON_WORDS: Readonly<Record<PruneReason, string>> = {
  old: 'older than the limit',
  closed: 'pull request closed',
  superseded: 'superseded by a newer key',
}

const FATE_WORDS: Readonly<Record<Exclude<Fate['kind'], 'failed'>, string>> = {
  reported: 'would be revoked',
  revoked: 'revoked',
  gone: 'already gone',
}

/** Reports what became of the stale keys among `total` that match, with a notice and the job summary. */
export function reportPruned(
  total: number,
  outcomes: readonly Outcome[],
  isOnlyReported: boolean,
  runner: Runner,
): void {
  const revoked = outcomes.filter(({ fate }) => fate.kind !== 'failed').length
  const stale = outcomes.length === 1 ? '1 is stale' : `${outcomes.length} are stale`
  const done = isOnlyReported ? 'nothing was revoked' : `revoked: ${revoked}`
  runner.notice(`Keys matching label_pattern: ${total}, of which ${stale}; ${done}`)
  const rows = takeWithin(outcomes.map(renderRow), LARGEST_TABLE)
  const table = ['| Key ID | Label | Age | Reason | Result |', '|---|---|---|---|---|', ...rows]
  const more = outcomes.length > rows.length ? `\n\nAnd ${outcomes.length - rows.length} more.` : ''
  const body = rows.length === 0 ? 'No key is stale.' : `${table.join('\n')}${more}`
  const title = isOnlyReported ? 'nothing was revoked' : 'pruned'
  runner.appendSummary(`### Junction Management Keys: ${title}\n\n${body}\n`)
}

function renderRow({ key, age, reasons, fate }: Outcome): string {
  const [id, label] = [key.id, key.label].map(renderCell)
  const result = fate.kind === 'failed' ? renderCell(describeFate(fate)) : describeFate(fate)
  return `| ${[id, label, describeAge(age), describeReasons(reasons), result].join(' | ')} |`
}

/** The first lines that fit into a number of bytes. */
function takeWithin(lines: readonly string[], bytes: number): readonly string[] {
  let size = 0
  return lines.filter((line) => {
    size += Buffer.byteLength(line) + 1
    return size <= bytes
  })
}

/** One line of the log for a candidate that is only reported. */
export function describeCandidate({ key, age, reasons }: PruneCandidate): string {
  const label = toOneLine(key.label, LONGEST_LABEL)
  return `Would revoke Management Key ${key.id} "${label}", age ${describeAge(age)}: ${describeReasons(reasons)}`
}

/** What became of a candidate, in words; a failure contains text of the service. */
export function describeFate(fate: Fate): string {
  return fate.kind === 'failed' ? `may still be active: ${fate.reason}` : FATE_WORDS[fate.kind]
}

function describeAge(age: number | undefined): string {
  return age === undefined ? 'unknown' : formatDuration(age)
}

function describeReasons(reasons: readonly PruneReason[]): string {
  return reasons.map((reason) => REASON_WORDS[reason]).join(', ')
}
