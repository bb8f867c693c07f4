import type { Runner } from '../runner/runner.js'
import type { SecretRecord, TransactionRecord } from '../transaction/record.js'
import {
  renderCode,
  renderKeys,
  renderNext,
  renderReason,
  renderSecrets,
  renderSummary,
} from './job-summary.js'

/** What became of the secrets that contained a key which is revoked now. */
export interface ReleasedSecrets {
  readonly deleted: readonly SecretRecord[]
  /** Secrets that were there before: they keep the revoked key. */
  readonly overwritten: readonly SecretRecord[]
}

/** Reports, in the job summary, a key that was revoked when the job ended. */
export function reportCleanedUp(
  keyId: string,
  reason: string,
  { deleted, overwritten }: ReleasedSecrets,
  { request }: TransactionRecord,
  runner: Runner,
): void {
  const secrets = [
    ...deleted.map((secret) => ({ ...secret, status: 'deleted' })),
    ...overwritten.map((secret) => ({ ...secret, status: 'contains the revoked key' })),
  ]
  const summary = renderSummary(
    overwritten.length === 0 ? 'done' : 'attention',
    `Revoked Management Key ${renderCode(request.label)} when the job ended`,
    [
      `Reason: ${renderCode(reason)}`,
      renderKeys('Key ID', [{ id: keyId, status: 'revoked' }]),
      renderSecrets(secrets, runner.context),
      renderNext(
        overwritten.length === 0 ? [] : ['To store a new key, run again without `revoke`.'],
      ),
    ],
  )
  runner.appendSummary(summary)
}

/** Warns, in log and job summary, of a key that is active although it should be revoked, or may be. */
export function warnOfKey(
  state: 'stays active' | 'may still be active',
  message: string,
  { request, keyId }: TransactionRecord,
  runner: Runner,
): void {
  runner.warning(message)
  const subject = keyId === undefined ? 'A Management Key' : 'Management Key'
  const summary = renderSummary('attention', `${subject} ${renderCode(request.label)} ${state}`, [
    renderKeys('Key ID', keyId === undefined ? [] : [{ id: keyId, status: state }]),
    renderReason(message),
    renderNext(['Check the Junction Dashboard, and revoke the key there if nothing uses it.']),
  ])
  runner.appendSummary(summary)
}
