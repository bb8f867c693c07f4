import { ActionError, explainError } from '../core/errors.js'
import { renderCode } from '../core/markdown.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret, type SecretTarget } from '../core/secret-target.js'
import type { CreateInputs } from '../inputs/create.js'
import type { NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { Delivery } from '../transaction/deliver.js'
import type { SecretStatus } from '../transaction/record.js'
import { setOutputs } from './outputs.js'
import {
  renderKeys,
  renderNext,
  renderReason,
  renderSecrets,
  renderSummary,
} from './render-summary.js'

/** What became of a key that could not be delivered and was revoked. */
export interface TakenBackKey {
  readonly id: string
  readonly label: string
  /** Why it could not be delivered. */
  readonly reason: unknown
  /** Every secret that was to be written. */
  readonly secrets: readonly SecretTarget[]
  /** Those that were created, and are deleted again. */
  readonly deleted: readonly SecretTarget[]
}

/** Reports, in outputs and summary, a key that could not be delivered and was revoked. */
export function reportTakenBack(
  { id, label, reason, secrets, deleted }: TakenBackKey,
  runner: Runner,
): void {
  try {
    setOutputs({ created: 'false', secrets: '[]' }, runner)
  } catch (error) {
    // The runner accepts no outputs, which is why delivery failed: that error is the one to show.
    runner.debug(`The outputs could not be corrected: ${explainError(error)}`)
  }
  const gone = deleted.map(describeSecret)
  const rows = secrets.map(({ destination, name }) => {
    const isDeleted = gone.includes(describeSecret({ destination, name }))
    return {
      destination,
      name,
      status: isDeleted ? 'not written (deleted again)' : 'not written',
    }
  })
  const summary = renderSummary(
    'failed',
    `Management Key ${renderCode(label)} could not be delivered, and was revoked`,
    [
      renderReason(explainError(reason)),
      renderKeys('Key ID', [{ id, status: 'revoked' }]),
      renderSecrets(rows, runner.context),
      renderNext(['Fix the cause, then run again. Everything is as it was before this run.']),
    ],
  )
  runner.appendSummary(summary)
}

/** What each secret contains after a failed delivery. */
const WRITE_WORDS: Readonly<Record<SecretStatus, string>> = {
  created: 'created',
  updated: 'updated',
  writing: 'may be written',
  pending: 'not written',
}

/** Reports, in the job summary, a key that stays active after a delivery that failed. Returns the error to throw. */
export function reportKept(
  key: NewManagementKey,
  { reason, holding, all }: Extract<Delivery, { kind: 'kept' }>,
  inputs: CreateInputs,
  runner: Runner,
): ActionError {
  const certain = holding.filter(({ status }) => status !== 'writing').map(describeSecret)
  const uncertain = holding.filter(({ status }) => status === 'writing').map(describeSecret)
  const found = new Map(holding.map((record) => [describeSecret(record), record.status]))
  const others = all.map(describeSecret).filter((name) => !found.has(name))
  const why = holding.some(({ existed }) => existed)
    ? 'at least one existing secret was overwritten and its old value cannot be restored'
    : 'a secret that was created could not be deleted again'
  const message = [
    explainError(reason).replace(/\.$/, ''),
    `Management Key ${key.id} stays active because ${why}`,
    ...(certain.length > 0 ? [`The new key is in ${joinWords(certain, 'and')}`] : []),
    ...(uncertain.length > 0 ? [`It may be in ${joinWords(uncertain, 'and')}`] : []),
    ...(others.length > 0 ? [`It is not in ${joinWords(others, 'and')}`] : []),
    'Fix the cause, then run again with if_exists: replace to write every target again',
  ].join('. ')
  const rows = all.map((record) => ({
    destination: record.destination,
    name: record.name,
    status: WRITE_WORDS[found.get(describeSecret(record)) ?? 'pending'],
  }))
  const summary = renderSummary(
    'failed',
    `Management Key ${renderCode(key.label ?? inputs.label)} was delivered only in part`,
    [
      renderReason(explainError(reason)),
      `The key stays active, because ${why}.`,
      renderKeys('Key ID', [{ id: key.id, status: 'stays active' }]),
      renderSecrets(rows, runner.context),
      renderNext([
        'Fix the cause, then run again with `if_exists: replace` to write every target again.',
      ]),
    ],
  )
  runner.appendSummary(summary)
  return new ActionError(message, { cause: reason })
}
