import type { Clock } from '../core/clock.js'
import { ActionError, explainError, StrayKeysError } from '../core/errors.js'
import { renderCode } from '../core/markdown.js'
import { joinWords, toOneLine } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import { type CleanUpInputs, parseCleanUpInputs } from '../inputs/post.js'
import type { ManagementApi } from '../junction/client.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import {
  decodeTransaction,
  NO_TRANSACTION,
  type SecretRecord,
  type Transaction,
} from '../transaction/record.js'
import { settleStrayKeys } from '../transaction/stray-keys.js'
import type { TakenBack } from '../transaction/take-back.js'
import { connectGitHubSecrets, connectManagementApi } from './connect.js'
import { TRANSACTION_STATE } from './create.js'

/** A create that was cut off may still be obeyed: the pauses before each look, in milliseconds. */
const LOOKS_AFTER_A_CRASH = [0, 2_000]

/** Characters of a recorded address that are shown. */
const LONGEST_QUOTE = 100

/** What the parts of this command share. */
interface CleanUpStep {
  readonly transaction: Transaction
  readonly inputs: CleanUpInputs
  readonly runner: Runner
  readonly clock: Clock
  readonly api: ManagementApi
}

/**
 * Post step of the root action: revokes what nobody holds, and what shall not outlive the job.
 * Warns where it cannot; what it throws is shown as a warning too, since it never fails a job.
 */
export async function cleanUp(runner: Runner): Promise<void> {
  const transaction = readTransaction(runner)
  if (transaction === undefined || transaction.phase === 'settled') {
    return runner.info('Nothing to clean up: there is no key to care for')
  }
  const inputs = readInputs(transaction, runner)
  const reason = findReasonToRevoke(transaction, inputs)
  const mayHaveStrays = transaction.phase === 'intent' || transaction.unsure
  if (transaction.phase === 'kept' && inputs.revoke !== 'never') {
    runner.warning(
      `Management Key ${transaction.keyId} stays alive in spite of revoke: ${inputs.revoke}, because a secret that the main step wrote holds it, while another could not be written`,
    )
  } else if (reason === undefined && transaction.keyId !== undefined) {
    runner.info(`Management Key ${transaction.keyId} stays alive (revoke: ${inputs.revoke})`)
  }
  if (reason === undefined && !mayHaveStrays) return

  const clock = createSystemClock()
  const api = connectManagementApi(inputs, runner, clock)
  const step = { transaction, inputs, runner, clock, api }
  if (reason !== undefined && (await releaseSecrets(step))) await revoke(reason, step)
  if (mayHaveStrays) await lookForStrays(step)
}

/**
 * Deletes the secrets that hold the key before it is revoked. Returns whether it may be revoked: not when
 * one cannot be deleted, or when the main step was cut off after it had overwritten one.
 */
async function releaseSecrets(step: CleanUpStep): Promise<boolean> {
  const { transaction, inputs, runner } = step
  const touched = transaction.secrets.filter(({ status }) => status !== 'pending')
  if (touched.length === 0) return true

  const wasDelivered = transaction.phase === 'delivered'
  const { deleted, holding } = await undoSecrets(touched, wasDelivered, inputs, runner)
  for (const secret of deleted) runner.info(`Deleted ${describeSecret(secret)}`)
  const names = joinWords(holding.map(describeSecret), 'and')
  if (holding.length > 0) {
    const why = wasDelivered
      ? 'it could not be deleted'
      : 'the main step was cut off while it wrote secrets. Run the workflow again with if_exists: replace'
    runner.warning(
      `Management Key ${transaction.keyId} stays alive, because ${names} holds it or may hold it: ${why}`,
    )
    return false
  }
  const overwritten = touched.filter(({ existed }) => existed).map(describeSecret)
  if (overwritten.length > 0) {
    runner.warning(
      `${joinWords(overwritten, 'and')} was there before and has been overwritten; it now holds a key that is revoked`,
    )
  }
  return true
}

async function undoSecrets(
  touched: readonly SecretRecord[],
  wasDelivered: boolean,
  inputs: CleanUpInputs,
  runner: Runner,
): Promise<TakenBack> {
  if (inputs.githubToken === '') {
    runner.warning('github_token is empty in the post step, so no secret could be deleted')
    return { deleted: [], holding: touched }
  }
  const secrets = await connectGitHubSecrets(inputs, runner)
  return wasDelivered ? secrets.deleteCreated(touched) : secrets.takeBack(touched)
}

function readTransaction(runner: Runner): Transaction | undefined {
  const state = runner.readState(TRANSACTION_STATE)
  if (state === '' || state === NO_TRANSACTION) return undefined
  const transaction = decodeTransaction(state)
  if (transaction !== undefined) return transaction
  throw new ActionError(
    'The record the main step left for its post step cannot be read. Look in the Junction Dashboard for a new key that nobody holds',
  )
}

function readInputs(transaction: Transaction, runner: Runner): CleanUpInputs {
  try {
    const inputs = parseCleanUpInputs(runner.readInput, runner.context)
    refuseAnotherPlace(transaction, inputs)
    return inputs
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

/** The key and the token go where the inputs say, whatever the record says. */
function refuseAnotherPlace(transaction: Transaction, inputs: CleanUpInputs): void {
  const { apiUrl, orgId, githubApiUrl } = transaction
  const others = [
    { name: 'api_url', recorded: apiUrl, given: inputs.apiUrl },
    { name: 'org_id', recorded: orgId, given: inputs.orgId },
    // Empty in the record of a step without secrets.
    {
      name: 'github_api_url',
      recorded: githubApiUrl || inputs.githubApiUrl,
      given: inputs.githubApiUrl,
    },
  ].filter(({ recorded, given }) => recorded !== given)
  if (others.length === 0) return
  const differences = others.map(
    ({ name, recorded, given }) =>
      `${name} is ${given}, and the saved record names ${toOneLine(recorded, LONGEST_QUOTE)}`,
  )
  throw new ActionError(
    `${differences.join('; ')}. Nothing was sent; give the step the same inputs until the job ends, and revoke the key in the Junction Dashboard if nothing uses it`,
  )
}

/** Why the transaction's key has to go, in words that complete "Revoked … :", or nothing. */
function findReasonToRevoke(transaction: Transaction, inputs: CleanUpInputs): string | undefined {
  if (transaction.phase === 'intent' || transaction.phase === 'kept') return undefined
  if (transaction.phase === 'created') return 'the main step ended before it was handed on'
  if (inputs.revoke === 'always') return 'revoke is always'
  const failed = inputs.jobStatus !== '' && inputs.jobStatus !== 'success'
  return inputs.revoke === 'on_failure' && failed
    ? `revoke is on_failure and the job ended as ${inputs.jobStatus}`
    : undefined
}

async function revoke(reason: string, { transaction, api, runner }: CleanUpStep): Promise<void> {
  const { keyId } = transaction
  if (keyId === undefined) return
  try {
    await api.revokeKey(keyId)
  } catch (error) {
    runner.warning(
      `Management Key ${keyId} may still be active: ${explainError(error)}. Revoke it in the Junction Dashboard`,
    )
    return
  }
  runner.info(`Revoked Management Key ${keyId}: ${reason}`)
  runner.appendSummary(
    `Management Key ${renderCode(keyId)} was revoked when the job ended: ${renderCode(reason)}.\n`,
  )
}

function describeLook(error: unknown, { request }: Transaction): string {
  if (error instanceof StrayKeysError) return explainError(error)
  return `A create without an answer may have made a Management Key with the label "${request.label}", and whether it did could not be found out: ${explainError(error)}. Look for it in the Junction Dashboard`
}

async function lookForStrays({ transaction, api, runner, clock }: CleanUpStep): Promise<void> {
  const knownIds = [...transaction.knownIds, ...runner.listDelivered()]
  const looks = transaction.phase === 'intent' ? LOOKS_AFTER_A_CRASH : [0]
  const problems = new Set<string>()
  let settled = 0
  for (const pause of looks) {
    await clock.sleep(pause)
    try {
      settled += await settleStrayKeys(api, { ...transaction, knownIds }, runner.info)
    } catch (error) {
      problems.add(describeLook(error, transaction))
    }
  }
  for (const problem of problems) runner.warning(problem)
  if (problems.size > 0 || settled > 0 || transaction.phase !== 'intent') return
  runner.info(
    `A create got no clear answer. No key with the label "${transaction.request.label}" has appeared since; should one appear later, nobody holds it: revoke it in the Junction Dashboard`,
  )
}
