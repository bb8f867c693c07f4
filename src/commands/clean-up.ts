import type { Clock } from '../core/clock.js'
import { type CleanUpInputs, parseCleanUpInputs } from '../core/create-inputs.js'
import { ActionError, explainError } from '../core/errors.js'
import { escapeMarkdown } from '../core/markdown.js'
import { decodeTransaction, type Transaction } from '../core/transaction.js'
import type { ManagementApi } from '../junction/management-api.js'
import { settleStrayKeys } from '../junction/stray-keys.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { TRANSACTION_STATE } from './create-key.js'
import { connectManagementApi } from './services.js'

/** A create that was cut off may still be obeyed: the pauses before each look, in milliseconds. */
const LOOKS_AFTER_A_CRASH = [0, 2_000]

/**
 * Post step of the root action: revokes what nobody holds, and what shall not outlive the job.
 * Warns where it cannot; what it throws is shown as a warning too, since it never fails a job.
 */
export async function cleanUp(runner: Runner): Promise<void> {
  runner.mask(runner.readInput('org_key'))
  const transaction = readTransaction(runner)
  if (transaction === undefined || transaction.phase === 'settled') {
    return runner.info('Nothing to clean up: there is no key to care for')
  }
  const inputs = readInputs(transaction, runner)
  const reason = findReasonToRevoke(transaction, inputs)
  const mayHaveStrays = transaction.phase === 'intent' || transaction.unsure
  if (reason === undefined && transaction.keyId !== undefined) {
    runner.info(`Management Key ${transaction.keyId} stays alive (revoke: ${inputs.revoke})`)
  }
  if (reason === undefined && !mayHaveStrays) return

  const clock = createSystemClock()
  const api = connectManagementApi({ ...transaction, ...inputs }, runner, clock)
  if (reason !== undefined) await revoke(transaction.keyId, reason, api, runner)
  if (mayHaveStrays) await lookForStrays(transaction, api, runner, clock)
}

function readTransaction(runner: Runner): Transaction | undefined {
  const state = runner.readState(TRANSACTION_STATE)
  if (state === '') return undefined
  const transaction = decodeTransaction(state)
  if (transaction !== undefined) return transaction
  throw new ActionError(
    'The record the main step left for its post step cannot be read. Look in the Junction Dashboard for a new key that nobody holds',
  )
}

function readInputs(transaction: Transaction, runner: Runner): CleanUpInputs {
  try {
    return parseCleanUpInputs(runner.readInput)
  } catch (cause) {
    const subject =
      transaction.keyId === undefined
        ? `a key with the label "${transaction.request.label}" that the main step may have created`
        : `Management Key ${transaction.keyId}`
    throw new ActionError(`The post step could not see to ${subject}: ${explainError(cause)}`, {
      cause,
    })
  }
}

/** Why the transaction's key has to go, in words that complete "Revoked … :", or nothing. */
function findReasonToRevoke(transaction: Transaction, inputs: CleanUpInputs): string | undefined {
  if (transaction.phase === 'intent') return undefined
  if (transaction.phase === 'created') return 'the main step ended before it was handed on'
  if (inputs.revoke === 'always') return 'revoke is always'
  const failed = inputs.jobStatus !== '' && inputs.jobStatus !== 'success'
  return inputs.revoke === 'on_failure' && failed
    ? `revoke is on_failure and the job ended as ${inputs.jobStatus}`
    : undefined
}

async function revoke(
  keyId: string | undefined,
  reason: string,
  api: ManagementApi,
  runner: Runner,
): Promise<void> {
  if (keyId === undefined) return
  try {
    await api.revokeKey(keyId)
  } catch (error) {
    runner.warning(
      `Management Key ${keyId} is still alive: ${explainError(error)}. Revoke it in the Junction Dashboard`,
    )
    return
  }
  runner.info(`Revoked Management Key ${keyId}: ${reason}`)
  runner.appendSummary(
    `Management Key ${escapeMarkdown(keyId)} was revoked when the job ended: ${escapeMarkdown(reason)}.\n`,
  )
}

async function lookForStrays(
  transaction: Transaction,
  api: ManagementApi,
  runner: Runner,
  clock: Clock,
): Promise<void> {
  const knownIds = [...transaction.knownIds, ...runner.listDelivered()]
  const looks = transaction.phase === 'intent' ? LOOKS_AFTER_A_CRASH : [0]
  try {
    for (const pause of looks) {
      await clock.sleep(pause)
      await settleStrayKeys(api, { ...transaction, knownIds }, runner.info)
    }
  } catch (error) {
    runner.warning(explainError(error))
  }
}
