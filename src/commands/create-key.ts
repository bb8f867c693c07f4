import type { Clock } from '../core/clock.js'
import { type CreateInputs, parseCreateInputs } from '../core/create-inputs.js'
import { ActionError, CancelledError, explainError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import { encodeTransaction, type KeyRequest, type Transaction } from '../core/transaction.js'
import type { ManagementKey } from '../junction/answers.js'
import type { ManagementApi } from '../junction/management-api.js'
import { type MintedKey, mintKey, revokeUndelivered } from '../junction/mint-key.js'
import { selectSuperseded } from '../junction/predecessors.js'
import { ownsLabel, settleStrayKeys } from '../junction/stray-keys.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { deliverKey } from './deliver-key.js'
import { reportCreated, reportDryRun } from './report.js'
import { connectManagementApi } from './services.js'

/** Name of the state value that carries the transaction to the post step. */
export const TRANSACTION_STATE = 'transaction'

/** Main step of the root action: parse → preflight → mint → deliver → settle. */
export async function createKey(runner: Runner): Promise<void> {
  runner.mask(runner.readInput('org_key'))
  const inputs = parseCreateInputs(runner.readInput, runner.context.findWithheldSecrets)
  const clock = createSystemClock(runner.cancellation)
  const api = connectManagementApi(inputs, runner, clock)
  const request: KeyRequest = { label: inputs.label, teamIds: inputs.teamIds }

  const existing = await preflight(inputs, request, api, runner)
  if (inputs.dryRun) return reportDryRun(inputs, existing, runner)

  await runner.uninterrupted(async () => {
    runner.info(
      `Creating a Management Key with the label "${inputs.label}" for ${inputs.teamIds.length === 1 ? 'team' : 'teams'} ${joinWords(inputs.teamIds, 'and')}`,
    )
    const intent = describeIntent(inputs, request, existing, runner, clock)
    const minted = await mint(intent, api, runner, clock)
    await deliver(minted, inputs, api, runner)
    const replaced = await settle(minted.transaction, inputs, existing, api, runner)
    reportCreated(minted.key, inputs, replaced, runner)
  })
}

/** Everything that can be found wrong without creating anything. Returns the keys already in place. */
async function preflight(
  inputs: CreateInputs,
  request: KeyRequest,
  api: ManagementApi,
  runner: Runner,
): Promise<readonly ManagementKey[]> {
  const { envName } = inputs
  runner.checkFiles(['STATE', 'OUTPUT', ...(envName === undefined ? [] : ['ENV' as const])])
  if (inputs.ifExists === 'create' && !inputs.dryRun) return []

  const { keys, doubtful } = await api.findKeys(request)
  for (const { id } of doubtful) {
    runner.warning(
      `Management Key ${id} bears the label "${inputs.label}", but the Management API does not say for which teams; it is left alone`,
    )
  }
  if (inputs.ifExists === 'fail' && keys.length > 0) {
    const ids = keys.map(({ id }) => id).join(', ')
    throw new ActionError(
      `A live Management Key already bears the label "${inputs.label}" and these teams (${ids}), and if_exists is fail. Revoke it, choose another label, or set if_exists: replace`,
    )
  }
  return keys
}

function describeIntent(
  inputs: CreateInputs,
  request: KeyRequest,
  existing: readonly ManagementKey[],
  runner: Runner,
  clock: Clock,
): Transaction {
  return {
    phase: 'intent',
    apiUrl: inputs.apiUrl,
    orgId: inputs.orgId,
    request,
    owned: ownsLabel(inputs.label, runner.context.runId, inputs.ifExists === 'replace'),
    began: clock.now(),
    knownIds: [...existing.map(({ id }) => id), ...runner.listDelivered()],
    unsure: false,
    keyId: undefined,
  }
}

function mint(
  intent: Transaction,
  api: ManagementApi,
  runner: Runner,
  clock: Clock,
): Promise<MintedKey> {
  return mintKey(intent, {
    api,
    clock,
    info: runner.info,
    mask: runner.mask,
    save: (transaction) => saveTransaction(transaction, runner),
  })
}

/** Hands the key on, or, when that fails or the job is being cancelled, takes it back. */
async function deliver(
  { key, transaction }: MintedKey,
  inputs: CreateInputs,
  api: ManagementApi,
  runner: Runner,
): Promise<void> {
  try {
    if (runner.cancellation.aborted) throw new CancelledError('The step was cancelled')
    deliverKey(key, inputs, runner)
    saveTransaction({ ...transaction, phase: 'delivered' }, runner)
    runner.rememberDelivered(key.id)
  } catch (error) {
    await revokeUndelivered(key.id, error, { api, info: runner.info })
    saveTransaction({ ...transaction, phase: 'settled' }, runner)
    throw error
  }
}

/**
 * What comes after the key is in its place: its predecessors are revoked, and so is what lost answers
 * left behind. Nothing here can fail the step any more. Returns the ids of the revoked predecessors.
 */
async function settle(
  transaction: Transaction,
  inputs: CreateInputs,
  existing: readonly ManagementKey[],
  api: ManagementApi,
  runner: Runner,
): Promise<readonly string[]> {
  if (transaction.unsure) {
    try {
      await settleStrayKeys(api, transaction, runner.info)
    } catch (error) {
      runner.warning(explainError(error))
    }
  }
  if (inputs.ifExists !== 'replace') return []

  const replaced: string[] = []
  const { superseded, undated } = selectSuperseded(existing, inputs.retain)
  for (const { id } of superseded) {
    try {
      await api.revokeKey(id)
      replaced.push(id)
      runner.info(`Revoked predecessor ${id}`)
    } catch (error) {
      runner.warning(
        `Predecessor ${id} is still alive: ${explainError(error)}. The next run with if_exists: replace takes it along`,
      )
    }
  }
  for (const { id } of undated) {
    runner.warning(
      `Predecessor ${id} stays alive: its created_at cannot be read, so it may be among the ${inputs.retain} to retain`,
    )
  }
  return replaced
}

function saveTransaction(transaction: Transaction, runner: Runner): void {
  runner.saveState(TRANSACTION_STATE, encodeTransaction(transaction))
}
