import { ActionError, explainError, type StrayKeysError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import type { CreateInputs } from '../inputs/create.js'
import type { NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { Delivery } from '../transaction/deliver.js'
import type { SecretStatus } from '../transaction/record.js'
import {
  type Report,
  renderCode,
  renderKeys,
  renderReason,
  renderSecrets,
  type SecretRow,
  writeReport,
} from './job-summary.js'
import { setOutputs } from './outputs.js'

/** Reports, in the job summary, that a key may be active which nobody holds. */
export function reportUnclear(
  { message, keyIds }: StrayKeysError,
  { label }: CreateInputs,
  runner: Runner,
): void {
  const report: Report = {
    mark: 'failed',
    title: `A Management Key ${renderCode(label)} that nothing uses may be active`,
    blocks: [
      renderKeys(
        'Key ID',
        keyIds.map((id) => ({ id, status: 'may be active' })),
      ),
      renderReason(message),
    ],
    next: [
      'Check the Junction Dashboard, revoke the key there if nothing uses it, then run again.',
    ],
  }
  writeReport(report, runner)
}

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
  const label = renderCode(key.label ?? inputs.label)
  const title = `Management Key ${label} could not be delivered, and was revoked`
  const next = 'Fix the cause, then run again. Everything is as it was before this run.'
  summarize(title, [renderReason(explainError(reason))], key.id, 'revoked', rows, next, runner)
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
  const found = new Map(holding.map((record) => [describeSecret(record), record.status]))
  const rows = inputs.targets.map((target) => ({
    ...target,
    status: WRITE_WORDS[found.get(describeSecret(target)) ?? 'pending'],
  }))
  const list = (head: string, statuses: readonly string[]) => {
    const names = rows.filter(({ status }) => statuses.includes(status)).map(describeSecret)
    return names.length === 0 ? [] : [`${head} ${joinWords(names, 'and')}`]
  }
  const why = holding.some(({ existed }) => existed)
    ? 'at least one existing secret was overwritten and its old value cannot be restored'
    : 'a secret that was created could not be deleted'
  const message = [
    explainError(reason).replace(/\.$/, ''),
    `Management Key ${key.id} stays active because ${why}`,
    ...list('The new key is in', [WRITE_WORDS.created, WRITE_WORDS.updated]),
    ...list('It may be in', [WRITE_WORDS.writing]),
    ...list('It is not in', [WRITE_WORDS.pending]),
    'Fix the cause, then run again with if_exists: replace to write every target again',
  ].join('. ')
  const title = `Management Key ${renderCode(key.label ?? inputs.label)} was delivered only in part`
  const blocks = [renderReason(explainError(reason)), `The key stays active, because ${why}.`]
  const next =
    'Fix the cause, then run again with `if_exists: replace` to write every target again.'
  summarize(title, blocks, key.id, 'stays active', rows, next, runner)
  return new ActionError(message, { cause: reason })
}

function summarize(
  title: string,
  blocks: readonly string[],
  id: string,
  status: string,
  secrets: readonly SecretRow[],
  next: string,
  runner: Runner,
): void {
  const tables = [renderKeys('Key ID', [{ id, status }]), renderSecrets(secrets, runner.context)]
  writeReport({ mark: 'failed', title, blocks: [...blocks, ...tables], next: [next] }, runner)
}
