import { ActionError } from '../core/errors.js'
import { listLines, listNames, type Message, writeOut } from '../core/message.js'
import { joinWords } from '../core/plain-text.js'
import {
  describeDestination,
  type EnvironmentDestination,
  listFailures,
} from '../core/secret-target.js'
import type { RevokeInputs } from '../inputs/revoke.js'
import type { Runner } from '../runner/runner.js'
import { type Fate, listFailedKeys } from '../transaction/revoke-all.js'
import {
  count,
  type Mark,
  renderCell,
  renderFailedKeys,
  renderKeys,
  renderNext,
  renderReason,
  renderSecrets,
  renderSummary,
  renderTable,
  type SecretRow,
} from './job-summary.js'

/** A key, and what became of it, or would. */
export type RevokeRow = {
  readonly id: string
  readonly label: string | undefined
} & (Fate | { readonly kind: 'missing' | 'kept' | 'planned' })

const KEY_WORDS: Readonly<Record<RevokeRow['kind'], string>> = {
  revoked: 'revoked',
  gone: 'already gone',
  missing: 'not found',
  failed: 'may still be active',
  kept: 'not revoked',
  planned: 'would be revoked',
}

/** An environment, and what became of it, or would. */
export interface EnvironmentRow {
  readonly target: EnvironmentDestination
  readonly status: 'deleted' | 'did not exist' | 'not deleted' | 'would be deleted'
  /** Why it could not be deleted. */
  readonly reason?: string
}

/** What the step did, or would do: its messages and its summary are made from this. */
export interface RevokeReport {
  readonly keys: readonly RevokeRow[]
  readonly secrets: readonly SecretRow[]
  /** Why secrets could not be deleted, a line for each. */
  readonly failedSecrets: readonly string[]
  readonly environments: readonly EnvironmentRow[]
}

/** Reports what was done, or would be, with a notice unless the step fails, and the job summary. */
export function reportRevoked(
  report: RevokeReport,
  warning: Message | undefined,
  inputs: RevokeInputs,
  runner: Runner,
): void {
  const isFailed = findProblem(report, inputs) !== undefined
  const title = describeEnd(report, inputs)
  const ids = report.keys.map(({ id }) => id)
  if (!isFailed) {
    const head = inputs.dryRun ? `Dry run: ${title}` : title
    runner.notice(ids.length === 0 ? head : listNames(`${head}. Key IDs:`, ids))
  }
  const isOdd = warning !== undefined || report.keys.some(({ kind }) => kind === 'missing')
  const mark: Mark = isOdd ? 'attention' : 'done'
  const summary = renderSummary(isFailed ? 'failed' : mark, title, [
    inputs.dryRun ? 'This was a dry run: nothing was revoked.' : '',
    warning === undefined ? '' : renderReason(writeOut(warning)),
    renderKeys(
      'Key ID',
      report.keys.map((key) => ({ ...key, status: KEY_WORDS[key.kind] })),
    ),
    renderFailedKeys(report.keys),
    renderSecrets(report.secrets, runner.context),
    renderTable(
      ['Environment', 'Status'],
      report.environments.map(({ target, status }) => [
        renderCell(describeDestination(target)),
        status,
      ]),
    ),
    renderReason(
      [...report.failedSecrets, ...listFailedEnvironments(report)]
        .map((line) => `- ${line}`)
        .join('\n'),
    ),
    renderNext(listNext(report, isFailed, inputs), isFailed ? runner.context : undefined),
  ])
  runner.appendSummary(summary)
}

/** Why the step fails, if it does. */
export function findProblem(
  report: RevokeReport,
  { ifMissing }: RevokeInputs,
): ActionError | undefined {
  const { keys, failedSecrets } = report
  if (failedSecrets.length > 0) {
    return new ActionError(
      listFailures('could not be deleted, so no key was revoked', failedSecrets),
    )
  }
  const failed = listFailedKeys(keys)
  const missing = ifMissing === 'fail' ? keys.filter(({ kind }) => kind === 'missing') : []
  if (failed.length + missing.length > 0) {
    const warning = failed.length === 0 ? '' : ' A key named here may still be active.'
    return new ActionError({
      head: `Not every Management Key could be revoked.${warning}`,
      items: [
        ...failed,
        ...missing.map(
          ({ id }) => `\n- ${id}: no active key has this ID, and if_missing is "fail"`,
        ),
      ],
    })
  }
  const environments = listFailedEnvironments(report)
  if (environments.length === 0) return undefined
  return new ActionError(
    listLines(
      'Secrets were deleted and keys revoked, but not every environment could be deleted:',
      environments,
    ),
  )
}

/** Whether a secret or an environment was there, and is deleted or would be. */
export function isDeleted({ status }: { readonly status: string }): boolean {
  return status === 'deleted' || status === 'would be deleted'
}

function listFailedEnvironments({ environments }: RevokeReport): readonly string[] {
  return environments.flatMap(({ target, reason }) =>
    reason === undefined ? [] : [`${describeDestination(target)}: ${reason}`],
  )
}

/** The step in one sentence, which heads its notice and its summary. */
function describeEnd(report: RevokeReport, { dryRun }: RevokeInputs): string {
  const { keys, failedSecrets } = report
  const of = (kind: RevokeRow['kind']) => keys.filter((key) => key.kind === kind).length
  if (failedSecrets.length > 0) {
    return `No key was revoked, because ${count(failedSecrets.length, 'secret')} could not be deleted`
  }
  const failed = of('failed')
  if (failed > 0) {
    const done = `Revoked ${of('revoked')} of ${count(keys.length, 'Management Key')}`
    return `${of('revoked') === 0 ? 'No Management Key was revoked' : done}; ${failed} may still be active`
  }
  const failedEnvironments = listFailedEnvironments(report).length
  if (failedEnvironments > 0) {
    return `${count(failedEnvironments, 'environment')} could not be deleted`
  }
  const [revoke, remove] = dryRun ? ['revoke', 'delete'] : ['revoked', 'deleted']
  const done = (verb: string, number: number, noun: string) =>
    number === 0 ? [] : [`${verb} ${count(number, noun)}`]
  const parts = joinWords(
    [
      ...done(revoke, of(dryRun ? 'planned' : 'revoked'), 'Management Key'),
      ...done(remove, report.secrets.filter(isDeleted).length, 'secret'),
      ...done(remove, report.environments.filter(isDeleted).length, 'environment'),
    ],
    'and',
  )
  const missing = of('missing') === 0 ? '' : `${count(of('missing'), 'key ID')} not found`
  const none = missing || 'there is no Management Key to revoke'
  const all = [dryRun ? `would ${parts}` : parts, missing].filter((part) => part !== '')
  const sentence = parts === '' ? none : all.join('; ')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`
}

function listNext(
  { keys }: RevokeReport,
  isFailed: boolean,
  { dryRun }: RevokeInputs,
): readonly string[] {
  const isMissing = keys.some(({ kind }) => kind === 'missing')
  return [
    ...(isMissing
      ? [
          'Check the key IDs that were not found, and `org_id`: a key that is in use may have another ID.',
        ]
      : []),
    ...(isFailed && !isMissing
      ? ['Fix the cause, then run again, or revoke the keys in the Junction Dashboard.']
      : []),
    ...(dryRun && !isFailed && keys.length > 0 ? ['To revoke, run again without `dry_run`.'] : []),
  ]
}
