import { ActionError, explainError } from '../core/errors.js'
import { renderCode } from '../core/markdown.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
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

/** Reports, in outputs and summary, a key that could not be delivered and was revoked. */
export function reportTakenBack(
  key: NewManagementKey,
  { reason, deleted }: Extract<Delivery, { kind: 'taken-back' }>,
  inputs: CreateInputs,
  runner: Runner,
): void {
  try {
    setOutputs({ created: 'false', secrets: '[]' }, runner)
  } catch (error) {
    // The runner accepts no outputs, which is why delivery failed: that error is the one to show.
    runner.debug(`The outputs could not be corrected: ${explainError(error)}`)
  }
  const gone = deleted.map(describeSecret)
  const rows = inputs.targets.map((target) => ({
    ...target,
    status: gone.includes(describeSecret(target)) ? 'not written (rolled back)' : 'not written',
  }))
  const summary = renderSummary(
    'failed',
    `Management Key ${renderCode(key.label ?? inputs.label)} could not be delivered, and was revoked`,
    [
      renderReason(explainError(reason)),
      renderKeys('Key ID', [{ id: key.id, status: 'revoked' }]),
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
  { reason, holding }: Extract<Delivery, { kind: 'kept' }>,
  inputs: CreateInputs,
  runner: Runner,
): ActionError {
  const certain = holding.filter(({ status }) => status !== 'writing').map(describeSecret)
  const uncertain = holding.filter(({ status }) => status === 'writing').map(describeSecret)
  const found = new Map(holding.map((record) => [describeSecret(record), record.status]))
  const others = inputs.targets.map(describeSecret).filter((name) => !found.has(name))
  const why = holding.some(({ existed }) => existed)
    ? 'at least one existing secret was overwritten and its old value cannot be restored'
    : 'a secret that was created could not be deleted'
  const message = [
    explainError(reason).replace(/\.$/, ''),
    `Management Key ${key.id} stays active because ${why}`,
    ...(certain.length > 0 ? [`The new key is in ${joinWords(certain, 'and')}`] : []),
    ...(uncertain.length > 0 ? [`It may be in ${joinWords(uncertain, 'and')}`] : []),
    ...(others.length > 0 ? [`It is not in ${joinWords(others, 'and')}`] : []),
    'Fix the cause, then run again with if_exists: replace to write every target again',
  ].join('. ')
  const rows = inputs.targets.map((target) => ({
    ...target,
    status: WRITE_WORDS[found.get(describeSecret(target)) ?? 'pending'],
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
