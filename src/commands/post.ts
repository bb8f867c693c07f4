import type { Clock } from '../core/clock.js'
import { ActionError, explainError } from '../core/errors.js'
import { joinWords, toOneLine } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import { type PostInputs, parsePostInputs } from '../inputs/create.js'
import type { ManagementApi } from '../junction/client.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import type { Journal } from '../transaction/journal.js'
import { readRecord, TRANSACTION_STATE, type TransactionRecord } from '../transaction/record.js'
import {
  type KeyPlan,
  listTouched,
  planRecovery,
  recoverStrayKeys,
  rollBackSecrets,
} from '../transaction/recover.js'
import { connectGitHubSecrets, connectManagementApi, openJournal } from './connect.js'
import { type ReleasedSecrets, reportCleanedUp, warnOfKey } from './post-report.js'

/** How long to wait for a cancelled main step to end, in milliseconds: more than it takes after SIGINT. */
const MAIN_STEP_PATIENCE_MS = 8_000

/** How many characters of a recorded URL to show. */
const LONGEST_QUOTE = 100

/** What the functions below share. */
interface PostStep {
  readonly record: TransactionRecord
  readonly inputs: PostInputs
  readonly runner: Runner
  readonly clock: Clock
  readonly api: ManagementApi
}

/**
 * Post step of the root action: read the record → plan → delete secrets → revoke the key → look for stray keys.
 * It never fails a job: problems, including thrown errors, are warnings.
 */
export async function cleanUp(runner: Runner): Promise<void> {
  const clock = createSystemClock()
  const journal = openJournal(runner, clock)
  const record = await findRecord(journal, runner)
  if (record === undefined) return runner.info('Nothing to clean up.')
  const inputs = readInputs(record, runner)
  const { key, mayHaveStrays } = planRecovery(record, inputs)
  announce(key, record, inputs, runner)
  if (key.kind !== 'revoke' && !mayHaveStrays) return

  const api = connectManagementApi(inputs, runner, clock)
  const step = { record, inputs, runner, clock, api }
  if (key.kind === 'revoke') await revoke(key, step)
  if (!mayHaveStrays) return
  const strays = await recoverStrayKeys(record, { api, clock, journal, info: runner.info })
  for (const problem of strays.problems)
    warnOfKey('may still be active', problem, { ...record, keyId: undefined }, runner)
  if (strays.mayAppear) {
    runner.info(
      `The create request got no clear response, and no key with the label "${record.request.label}" has appeared so far. If one appears later, it is unused: revoke it in the Junction Dashboard`,
    )
  }
}

/** The runner drops the state of a main step that it cancelled in the background, but the journal has it. */
function findRecord(journal: Journal, runner: Runner): Promise<TransactionRecord | undefined> {
  const state = runner.readState(TRANSACTION_STATE)
  return state === '' ? journal.findOwn(MAIN_STEP_PATIENCE_MS) : Promise.resolve(readRecord(state))
}

function readInputs(record: TransactionRecord, runner: Runner): PostInputs {
  try {
    const inputs = parsePostInputs(runner.readInput, runner.context)
    refuseChangedInputs(record, inputs)
    return inputs
  } catch (cause) {
    const subject =
      record.keyId === undefined
        ? `a key with the label "${record.request.label}" that the main step may have created`
        : `Management Key ${record.keyId}`
    throw new ActionError(`The post step could not clean up ${subject}: ${explainError(cause)}`, {
      cause,
    })
  }
}

/** Never send the key or the token to an address that the main step did not use. */
function refuseChangedInputs(record: TransactionRecord, inputs: PostInputs): void {
  const addresses = [
    ['api_url', record.apiUrl, inputs.apiUrl],
    ['org_id', record.orgId, inputs.orgId],
    // Empty in the record of a step without secrets.
    ['github_api_url', record.githubApiUrl || inputs.githubApiUrl, inputs.githubApiUrl],
  ] as const
  const differences = addresses
    .filter(([, recorded, given]) => recorded !== given)
    .map(([name, recorded, given]) => {
      return `${name} is ${given}, but the saved state has ${toOneLine(recorded, LONGEST_QUOTE)}`
    })
  if (differences.length === 0) return
  throw new ActionError(
    `${differences.join('; ')}. No request was sent. Make sure that the step's inputs stay the same until the job ends. If nothing uses the key, revoke it in the Junction Dashboard`,
  )
}

function announce(
  key: KeyPlan,
  record: TransactionRecord,
  { revoke }: PostInputs,
  runner: Runner,
): void {
  if (key.kind === 'leave') {
    const message = `Management Key ${key.keyId} stays active (revoke: ${revoke})`
    const isInSecrets = record.secrets.length > 0
    if (isInSecrets || runner.readState(TRANSACTION_STATE) !== '') runner.info(message)
    else {
      // Whoever reads no state of the main step reads no outputs either.
      const lost = `${message}, but the main step was interrupted, and its outputs may be lost`
      warnOfKey('stays active', `${lost}. If nothing uses the key, revoke it`, record, runner)
    }
  }
  if (key.kind === 'keep') {
    // The main step may have been killed before it could say so itself.
    const what =
      revoke === 'never'
        ? `Management Key ${key.keyId} stays active`
        : `Management Key ${key.keyId} was not revoked even though revoke is "${revoke}"`
    warnOfKey(
      'stays active',
      `${what}: the main step stored it, or may have stored it, in a secret that it could not restore or delete. Revoking the key would break that secret`,
      record,
      runner,
    )
  }
}

/** Deletes the secrets that contain the key. `undefined` when the key must not be revoked. */
async function releaseSecrets(
  keyId: string,
  { record, inputs, runner, clock }: PostStep,
): Promise<ReleasedSecrets | undefined> {
  if (listTouched(record.secrets).length === 0) return { deleted: [], overwritten: [] }
  if (inputs.githubToken === '') {
    runner.warning('github_token is empty in the post step, so no secret could be deleted')
  }
  const secrets = inputs.githubToken === '' ? undefined : await connectGitHubSecrets(inputs, runner)
  const { deleted, holding, overwritten, wasDelivered } = await rollBackSecrets(record, secrets, {
    clock,
    warning: runner.warning,
  })
  for (const secret of deleted) runner.info(`Deleted ${describeSecret(secret)}`)
  if (holding.length > 0) {
    const names = joinWords(holding.map(describeSecret), 'and')
    warnOfKey(
      'stays active',
      wasDelivered
        ? `Management Key ${keyId} was left active because it is still in ${names}, which could not be deleted`
        : `Management Key ${keyId} was left active because it is, or may be, in ${names}: the main step was interrupted while writing secrets. Run the workflow again with if_exists: replace`,
      record,
      runner,
    )
    return undefined
  }
  if (overwritten.length > 0) {
    const names = joinWords(overwritten.map(describeSecret), 'and')
    runner.warning(
      `Revoking Management Key ${keyId}, which remains in ${names}: the earlier value, which the main step overwrote, cannot be restored`,
    )
  }
  return { deleted, overwritten }
}

async function revoke(
  { keyId, why }: Extract<KeyPlan, { kind: 'revoke' }>,
  step: PostStep,
): Promise<void> {
  const { record, inputs, api, runner } = step
  const released = await releaseSecrets(keyId, step)
  if (released === undefined) return
  try {
    await api.revokeKey(keyId)
  } catch (error) {
    warnOfKey(
      'may still be active',
      `Management Key ${keyId} may still be active: ${explainError(error)}. Revoke it in the Junction Dashboard`,
      record,
      runner,
    )
    return
  }
  const reason = {
    'not-delivered': 'the main step ended before the key was delivered',
    always: 'revoke is always',
    on_failure: `revoke is on_failure and the job ended as ${inputs.jobStatus}`,
  }[why]
  runner.info(`Revoked Management Key ${keyId}: ${reason}`)
  reportCleanedUp(keyId, reason, released, record, runner)
}
