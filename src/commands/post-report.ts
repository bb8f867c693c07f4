import type { Runner } from '../runner/runner.js'
import type { SecretRecord, TransactionRecord } from '../transaction/record.js'
import {
  type Report,
  renderCode,
  renderKeys,
  renderReason,
  renderSecrets,
  writeReport,
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
  const report: Report = {
    mark: overwritten.length === 0 ? 'done' : 'attention',
    title: `Revoked Management Key ${renderCode(request.label)} when the job ended`,
    blocks: [
      `Reason: ${renderCode(reason)}`,
      renderKeys('Key ID', [{ id: keyId, status: 'revoked' }]),
      renderSecrets(secrets, runner.context),
    ],
    next: overwritten.length === 0 ? [] : ['To store a new key, run again without `revoke`.'],
  }
  writeReport(report, runner)
}

/** Warns, in log and job summary, of a key that is active although it should be revoked, or may be. */
export function warnOfKey(
  state: 'stays active' | 'may still be active',
  message: string,
  { request, keyId }: TransactionRecord,
  runner: Runner,
): void {
  const subject = keyId === undefined ? 'A Management Key' : 'Management Key'
  const report: Report = {
    mark: 'attention',
    title: `${subject} ${renderCode(request.label)} ${state}`,
    warning: message,
    blocks: [
      renderKeys('Key ID', keyId === undefined ? [] : [{ id: keyId, status: state }]),
      renderReason(message),
    ],
    next: ['Check the Junction Dashboard, and revoke the key there if nothing uses it.'],
  }
  writeReport(report, runner)
}
