import { joinWords } from '../core/plain-text.js'
import {
  describeDestination,
  describeSecret,
  type EnvironmentDestination,
  type SecretTarget,
} from '../core/secret-target.js'
import type { RevokeInputs } from '../inputs/revoke.js'
import type { Runner } from '../runner/runner.js'
import type { KeyOutcome } from '../transaction/revoke-all.js'
import {
  count,
  renderCell,
  renderCode,
  renderFailedKeys,
  renderItems,
  renderKeys,
  renderNext,
  renderSecrets,
  renderSummary,
  renderTable,
} from './job-summary.js'
import { infoMany } from './outputs.js'

const FATE_WORDS: Readonly<Record<KeyOutcome['kind'], string>> = {
  revoked: 'revoked',
  gone: 'already gone',
  failed: 'may still be active',
}

/** What became of the environments. */
export interface EnvironmentOutcome {
  /** Those that were there. */
  readonly deleted: readonly EnvironmentDestination[]
  /** Why others could not be deleted, a line for each. */
  readonly failures: readonly string[]
}

/** Reports the finished step, in the job summary, and with a notice that there was nothing to revoke. */
export function reportRevoked(
  outcomes: readonly KeyOutcome[],
  deleted: readonly SecretTarget[],
  environments: EnvironmentOutcome,
  { targets }: RevokeInputs,
  runner: Runner,
): void {
  if (outcomes.length === 0) {
    runner.notice('There is no Management Key to revoke')
  }
  const done = deleted.map(describeSecret)
  const failed = countKind('failed', outcomes)
  const secrets = targets.map((target) => ({
    ...target,
    status: done.includes(describeSecret(target)) ? 'deleted' : 'did not exist',
  }))
  const isDone = failed === 0 && environments.failures.length === 0
  const summary = renderSummary(
    isDone ? 'done' : 'failed',
    describeEnd(outcomes, deleted, environments),
    [
      renderKeys(
        'Key ID',
        outcomes.map(({ id, kind }) => ({ id, status: FATE_WORDS[kind] })),
      ),
      renderFailedKeys(outcomes),
      renderSecrets(secrets, runner.context),
      renderEnvironments(environments.deleted, 'deleted'),
      renderItems(environments.failures.map(renderCode)),
      renderNext(
        isDone
          ? []
          : ['Fix the cause, then run again, or revoke the keys in the Junction Dashboard.'],
      ),
    ],
  )
  runner.appendSummary(summary)
}

function describeEnd(
  outcomes: readonly KeyOutcome[],
  deleted: readonly SecretTarget[],
  environments: EnvironmentOutcome,
): string {
  const now = countKind('revoked', outcomes)
  const failed = countKind('failed', outcomes)
  if (failed > 0) {
    const done =
      now === 0
        ? 'No Management Key was revoked'
        : `Revoked ${now} of ${count(outcomes.length, 'Management Key')}`
    return `${done}; ${failed} may still be active`
  }
  if (environments.failures.length > 0) {
    return `${count(environments.failures.length, 'environment')} could not be deleted`
  }
  const gone = environments.deleted.length
  const parts = [
    ...(now > 0 ? [`revoked ${count(now, 'Management Key')}`] : []),
    ...(deleted.length > 0 ? [`deleted ${count(deleted.length, 'secret')}`] : []),
    ...(gone > 0 ? [`deleted ${count(gone, 'environment')}`] : []),
  ]
  if (parts.length === 0) return 'There was no Management Key to revoke'
  const sentence = joinWords(parts, 'and')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`
}

function countKind(wanted: KeyOutcome['kind'], outcomes: readonly KeyOutcome[]): number {
  return outcomes.filter(({ kind }) => kind === wanted).length
}

function renderEnvironments(
  environments: readonly EnvironmentDestination[],
  status: string,
): string {
  const rows = environments.map((one) => [renderCell(describeDestination(one)), status])
  return renderTable(['Environment', 'Status'], rows)
}

/** Reports, in the job summary, that no key was revoked because secrets could not be deleted. */
export function reportRefused(
  failures: readonly string[],
  deleted: readonly SecretTarget[],
  runner: Runner,
): void {
  const summary = renderSummary(
    'failed',
    `No key was revoked, because ${count(failures.length, 'secret')} could not be deleted`,
    [
      renderItems(failures.map(renderCode)),
      renderSecrets(
        deleted.map((target) => ({ ...target, status: 'deleted' })),
        runner.context,
      ),
      renderNext(['Fix the cause, then run again.']),
    ],
  )
  runner.appendSummary(summary)
}

/** Reports what a dry run found, with a notice and the job summary. */
export async function reportDryRun(
  ids: readonly string[],
  secrets: readonly SecretTarget[],
  environments: readonly EnvironmentDestination[],
  runner: Runner,
): Promise<void> {
  runner.notice(
    ids.length === 0
      ? 'Dry run: no Management Key to revoke'
      : `Dry run: would revoke Management Key ${joinWords(ids, 'and')}`,
  )
  const named = [
    ...secrets.map(describeSecret),
    ...environments.map((one) => `environment ${describeDestination(one)}`),
  ]
  await infoMany(
    `Dry run: ${named.length} secrets and environments would be deleted`,
    named.map((name) => `Dry run: ${name} would be deleted`),
    runner,
  )
  const title =
    ids.length === 0
      ? 'There is no Management Key to revoke'
      : `Would revoke ${count(ids.length, 'Management Key')}`
  const summary = renderSummary('done', title, [
    'This was a dry run: nothing was revoked.',
    renderKeys(
      'Key ID',
      ids.map((id) => ({ id, status: 'would be revoked' })),
    ),
    renderSecrets(
      secrets.map((target) => ({ ...target, status: 'would be deleted' })),
      runner.context,
    ),
    renderEnvironments(environments, 'would be deleted'),
    renderNext(ids.length === 0 ? [] : ['To revoke, run again without `dry_run`.']),
  ])
  runner.appendSummary(summary)
}
