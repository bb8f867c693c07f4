import { ActionError, explainError, type StrayKeysError } from '../core/errors.js'
import { listLines } from '../core/message.js'
import { describeSecret } from '../core/secret-target.js'
import type { NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { FailedDelivery } from '../transaction/deliver.js'
import type { SecretStatus, TransactionRecord } from '../transaction/record.js'
import type { ReleasedSecrets } from '../transaction/recover.js'
import { ownsLabel } from '../transaction/stray-keys.js'
import {
  type Report,
  renderCode,
  renderKeys,
  renderReason,
  renderSecrets,
  writeReport,
} from './job-summary.js'
import type { CreateStep } from './preflight.js'

/** What the post step knows from the start. */
export interface RecordedStep {
  readonly record: TransactionRecord
  readonly runner: Runner
}

/** Reports, in the job summary, that a key may be active which nobody holds. */
export function reportUnclear(
  { message, keyIds }: StrayKeysError,
  { inputs: { label }, runner }: CreateStep,
): void {
  const title = `A Management Key ${renderCode(label)} that nothing uses may be active`
  const blocks = [renderIds(keyIds, 'may be active'), renderReason(message)]
  const next = [
    'Check the Junction Dashboard, revoke the key there if nothing uses it, then run again.',
  ]
  writeReport({ mark: 'failed', title, blocks, next }, runner)
}

/** Warns, in log and job summary, of a key that is active although it should be revoked, or may be. */
export function warnOfKey(
  state: 'stays active' | 'may still be active',
  warning: string,
  { record: { request, keyId = '' }, runner }: RecordedStep,
  ids: readonly string[] = [keyId],
): void {
  const title = `Management Key ${renderCode(request.label)} ${state}`
  const blocks = [renderIds(ids, state), renderReason(warning)]
  const next = ['Check the Junction Dashboard, and revoke the key there if nothing uses it.']
  writeReport({ title, warning, blocks, next }, runner)
}

export function reportCleanedUp(
  keyId: string,
  reason: string,
  { deleted, overwritten }: ReleasedSecrets,
  { record: { request }, runner }: RecordedStep,
): void {
  const secrets = [
    ...deleted.map((secret) => ({ ...secret, status: 'deleted' })),
    ...overwritten.map((secret) => ({ ...secret, status: 'contains the revoked key' })),
  ]
  const isClean = overwritten.length === 0
  const title = `Revoked Management Key ${renderCode(request.label)} when the job ended`
  const blocks = [
    `Reason: ${renderCode(reason)}`,
    renderIds([keyId], 'revoked'),
    renderSecrets(secrets, runner.context),
  ]
  const next = isClean ? [] : ['To store a new key, run again without `revoke`.']
  writeReport({ mark: isClean ? 'done' : 'attention', title, blocks, next }, runner)
}

/** What to do about secrets without the key. A label with this run's ID is used by no later run, which replaces nothing. */
export function adviseRerun({ record, runner }: RecordedStep): string {
  return ownsLabel(record.request.label, runner.context.runId, false)
    ? `Run the workflow again to write every secret, then revoke Management Key ${record.keyId}`
    : 'Run the workflow again with if_exists: replace'
}

const WRITE_WORDS: Readonly<Record<SecretStatus | 'deleted', string>> = {
  created: 'created',
  updated: 'updated',
  writing: 'may be written',
  pending: 'not written',
  deleted: 'not written (rolled back)',
}

/** Reports a key whose delivery failed, and throws the error with which the step fails. */
export function reportUndelivered(
  key: NewManagementKey,
  { reason, deleted, holding }: FailedDelivery,
  { inputs, runner, transaction }: CreateStep,
): void {
  const found = new Map<string, SecretStatus | 'deleted'>()
  for (const record of deleted) found.set(describeSecret(record), 'deleted')
  for (const record of holding) found.set(describeSecret(record), record.status)
  const secrets = inputs.targets.map((target) => {
    return { ...target, status: WRITE_WORDS[found.get(describeSecret(target)) ?? 'pending'] }
  })
  const [outcome, state, fate, advice] =
    holding.length === 0
      ? ['could not be delivered, and was revoked', 'revoked', 'was revoked', 'Then run again']
      : [
          'was delivered only in part',
          'stays active',
          'stays active because it is, or may be, in a secret that could not be restored or deleted',
          adviseRerun({ record: transaction.record, runner }),
        ]
  const lines = secrets.map((secret) => `${describeSecret(secret)}: ${secret.status}`)
  const message = `${explainError(reason)}. Management Key ${key.id} ${fate}`
  const report: Report = {
    title: `Management Key ${renderCode(key.label ?? inputs.label)} ${outcome}`,
    blocks: [
      renderReason(`${message}.`),
      renderIds([key.id], state),
      renderSecrets(secrets, runner.context),
    ],
    next: [`Fix the cause. ${renderReason(advice)}.`],
    error: new ActionError(
      listLines(`${message}. Fix the cause. ${advice}`, holding.length === 0 ? [] : lines),
      { cause: reason },
    ),
  }
  writeReport(report, runner)
}

function renderIds(ids: readonly string[], status: string): string {
  return renderKeys(
    'Key ID',
    ids.map((id) => ({ id, status })),
  )
}
