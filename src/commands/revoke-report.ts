import { ActionError } from '../core/errors.js'
import { listLines, listNames, type Message, writeOut } from '../core/message.js'
import { joinWords } from '../core/plain-text.js'
import {
  describeDestination,
  describeSecret,
  type EnvironmentDestination,
  listFailures,
  type SecretTarget,
} from '../core/secret-target.js'
import type { RevokeInputs } from '../inputs/revoke.js'
import type { Runner } from '../runner/runner.js'
import { listFailedKeys } from '../transaction/revoke-all.js'
import {
  count,
  type KeyState,
  renderCell,
  renderCode,
  renderFailedKeys,
  renderKeys,
  renderReason,
  renderSecrets,
  renderTable,
  renderWhy,
  STATE_WORDS,
  writeReport,
} from './job-summary.js'

/** A key to revoke. */
export interface SelectedKey {
  readonly id: string
  /** `undefined` when no list was read. */
  readonly label: string | undefined
  /** Whether a list showed the key. */
  readonly isListed: boolean
}

/** A key, and what became of it, or would. */
export type RevokeRow = SelectedKey & KeyState

/** A secret or an environment, and what became of it, or would. */
export type Removed<Place> = Place & {
  readonly status: 'deleted' | 'not found' | 'not deleted' | 'would be deleted'
  /** Why it could not be deleted. */
  readonly reason?: string
}

/** What the step did, or would do: its messages and its summary are made from this. */
export interface RevokeReport {
  readonly keys: readonly RevokeRow[]
  readonly secrets: readonly Removed<SecretTarget>[]
  readonly environments: readonly Removed<EnvironmentDestination>[]
}

/** Reports what was done, or would be; the notice is left out if the step fails, which throws its `ActionError`. */
export function reportRevoked(
  report: RevokeReport,
  warning: Message | undefined,
  inputs: RevokeInputs,
  runner: Runner,
): void {
  const { keys, secrets, environments } = report
  const { dryRun } = inputs
  const failure = findFailure(report, inputs)
  const title = describeDone(report, inputs, renderCode)
  const done = describeDone(report, inputs, (label) => `"${label}"`)
  const ids = keys.map(({ id }) => id)
  const notice = ids.length === 0 ? done : listNames(`${done}. Key IDs:`, ids)
  const isMissing = countKind(keys, 'missing') > 0 && !isFromOutput(inputs)
  const mark = warning !== undefined || isMissing ? 'attention' : 'done'
  const blocks = [
    dryRun ? 'This was a dry run: nothing was revoked.' : '',
    warning === undefined ? '' : renderReason(writeOut(warning)),
    renderKeys(
      'Key ID',
      keys.map((key) => ({ ...key, status: STATE_WORDS[key.kind] })),
    ),
    renderFailedKeys(keys),
    renderSecrets(secrets, runner.context),
    renderTable(environments, {
      Environment: (row) => renderCell(describeDestination(row)),
      Status: ({ status }) => status,
      Reason: renderWhy,
    }),
  ]
  const next = [
    isMissing &&
      'Check the key IDs that were not found, and `org_id`: a key that is in use may have another ID.',
    failure !== undefined &&
      !isMissing &&
      'Fix the cause, then run again, or revoke the keys in the Junction Dashboard.',
    dryRun && !failure && ids.length > 0 && 'To revoke, run again without `dry_run`.',
  ]
  const end = failure ?? { title, notice }
  writeReport({ ...end, mark: failure ? 'failed' : mark, warning, blocks, next }, runner)
}

/** How the step fails, if it does. */
export function findFailure(
  report: RevokeReport,
  inputs: RevokeInputs,
): { readonly title: string; readonly error: ActionError } | undefined {
  const { keys } = report
  const failedSecrets = listReasons(report.secrets, describeSecret)
  if (failedSecrets.length > 0) {
    const number = count(failedSecrets.length, 'secret')
    const failed = `could not be ${inputs.dryRun ? 'read' : 'deleted'}`
    return {
      title: `No key was revoked, because ${number} ${failed}`,
      error: new ActionError(listFailures(`${failed}, so no key was revoked`, failedSecrets)),
    }
  }
  const failed = countKind(keys, 'failed')
  const missing = keys.filter(({ kind }) => kind === 'missing' && inputs.ifMissing === 'fail')
  if (failed + missing.length > 0) {
    const revoked = countKind(keys, 'revoked')
    const total = count(keys.length, 'Management Key')
    const done = revoked === 0 ? 'No Management Key was revoked' : `Revoked ${revoked} of ${total}`
    const left = failed === 0 ? '' : ' A key named here may still be active.'
    return {
      title:
        failed === 0
          ? describeDone(report, inputs, renderCode)
          : `${done}; ${failed} may still be active`,
      error: new ActionError({
        head: `Not every Management Key could be revoked.${left}`,
        items: [
          ...listFailedKeys(keys),
          ...missing.map(
            ({ id }) => `\n- ${id}: no active key has this ID, and if_missing is "fail"`,
          ),
        ],
      }),
    }
  }
  const environments = listReasons(report.environments, describeDestination)
  if (environments.length === 0) return undefined
  const head = inputs.dryRun
    ? 'Not every environment could be read:'
    : 'Secrets were deleted and keys revoked, but not every environment could be deleted:'
  return {
    title: `${count(environments.length, 'environment')} could not be ${inputs.dryRun ? 'read' : 'deleted'}`,
    error: new ActionError(listLines(head, environments)),
  }
}

/** Whether a secret or an environment was there, and is deleted or would be. */
export function isDeleted({ status }: { readonly status: string }): boolean {
  return status === 'deleted' || status === 'would be deleted'
}

function countKind(keys: readonly RevokeRow[], wanted: RevokeRow['kind']): number {
  return keys.filter(({ kind }) => kind === wanted).length
}

/** Why places could not be deleted, a line for each. */
function listReasons<Place>(
  rows: readonly Removed<Place>[],
  name: (place: Place) => string,
): readonly string[] {
  return rows.flatMap((row) => (row.reason === undefined ? [] : [`${name(row)}: ${row.reason}`]))
}

/** Whether the keys are known to have existed: then one that is not found is no mistake. */
function isFromOutput({ selection }: RevokeInputs): boolean {
  return selection.by === 'id' && selection.isOutput
}

/** What was done, or would be, in one sentence. */
function describeDone(
  { keys, secrets, environments }: RevokeReport,
  inputs: RevokeInputs,
  quote: (label: string) => string,
): string {
  const { dryRun, selection } = inputs
  const [revoke, remove] = dryRun ? ['would revoke', 'would delete'] : ['revoked', 'deleted']
  const [key, fate] = isFromOutput(inputs)
    ? ['key', 'not active any more']
    : ['key ID', 'not found']
  const list = (number: number, noun: string, describe = (counted: string) => counted) =>
    number === 0 ? [] : [describe(count(number, noun))]
  const removed = [
    ...list(secrets.filter(isDeleted).length, 'secret'),
    ...list(environments.filter(isDeleted).length, 'environment'),
  ]
  const revoked = countKind(keys, dryRun ? 'planned' : 'revoked')
  const parts = [
    ...list(revoked, 'Management Key', (number) => `${revoke} ${number}`),
    removed.length > 0 && `${remove} ${joinWords(removed, 'and')}`,
    ...list(countKind(keys, 'missing'), key, (number) => `${number} ${fate}`),
    selection.by === 'label' &&
      keys.length === 0 &&
      `no active key has label ${quote(selection.label)}`,
  ].filter((part) => part !== false)
  const sentence = parts.join('; ') || 'there is no Management Key to revoke'
  return dryRun ? `Dry run: ${sentence}` : sentence.charAt(0).toUpperCase() + sentence.slice(1)
}
