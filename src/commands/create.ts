import { ActionError, explainError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import { type CreateInputs, parseCreateInputs } from '../inputs/create.js'
import type { MatchingKeys } from '../junction/client.js'
import type { ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { deliver } from '../transaction/deliver.js'
import { type MintedKey, mintKey } from '../transaction/mint.js'
import {
  encodeTransaction,
  type KeyRequest,
  NO_TRANSACTION,
  type Transaction,
} from '../transaction/record.js'
import { selectSuperseded } from '../transaction/replace.js'
import { listKnownIds, ownsLabel, settleStrayKeys } from '../transaction/stray-keys.js'
import { connectGitHubSecrets, connectManagementApi } from './connect.js'
import { announceCreated, reportCreated, reportDryRun, reportSkipped } from './create-report.js'
import type { CreateStep } from './create-step.js'
import { isInPlace } from './skip.js'

/** Name of the state value that carries the transaction to the post step. */
export const TRANSACTION_STATE = 'transaction'

/** Active keys that have the label and the teams, or may have them. */
type ExistingKeys = Pick<MatchingKeys, 'keys' | 'doubtful'>

/** What was found before anything was created. */
interface Findings {
  readonly existing: ExistingKeys
  readonly prepared: readonly PreparedSecret[]
}

/** Main step of the root action: parse → preflight → mint → deliver → settle. */
export async function createKey(runner: Runner): Promise<void> {
  runner.checkFiles(['STATE'])
  runner.saveState(TRANSACTION_STATE, NO_TRANSACTION)
  const inputs = parseCreateInputs(runner.readInput, runner.context)
  const step = await connect(inputs, runner)

  const found = await preflight(step)
  if (inputs.dryRun) return reportDryRun(inputs, found.existing.keys, found.prepared, runner)
  if (inputs.ifExists === 'skip' && isInPlace(found.existing.keys, found.prepared, inputs.label)) {
    return reportSkipped(inputs, found.existing.keys, runner)
  }

  await runner.uninterrupted(async () => {
    const minted = await mint(found.existing, step)
    const { keys: previous } = found.existing
    const previousIds = previous.map(({ id }) => id)
    const transaction = await deliver(minted, found.prepared, previousIds, step)
    announceCreated(minted.key, transaction, inputs, runner)
    const replaced = await settle(transaction, previous, step)
    const retained = previousIds.filter((id) => !replaced.includes(id))
    reportCreated(minted.key, transaction, inputs, { replaced, retained }, runner)
  })
}

async function connect(inputs: CreateInputs, runner: Runner): Promise<CreateStep> {
  const clock = createSystemClock(runner.cancellation)
  const { secrets, timeoutMs } = inputs
  return {
    inputs,
    runner,
    clock,
    api: connectManagementApi(inputs, runner, clock),
    secrets: secrets && (await connectGitHubSecrets({ ...secrets, timeoutMs }, runner)),
    save: (transaction) => runner.saveState(TRANSACTION_STATE, encodeTransaction(transaction)),
  }
}

/** Everything that can be found wrong without creating a key. */
async function preflight(step: CreateStep): Promise<Findings> {
  const { inputs, runner } = step
  const env = inputs.envName === undefined ? [] : ['ENV' as const]
  runner.checkFiles(['OUTPUT', ...env])
  const existing = await findExisting(step)
  if (inputs.secrets === undefined || step.secrets === undefined) return { existing, prepared: [] }

  const { targets, createEnvironments } = inputs.secrets
  const onDemand = inputs.dryRun ? 'tolerate' : 'create'
  const missing = createEnvironments ? onDemand : 'refuse'
  return { existing, prepared: await step.secrets.prepare(targets, missing) }
}

async function findExisting(step: CreateStep): Promise<ExistingKeys> {
  const { inputs, api, runner } = step
  const isOnlyCreated = inputs.ifExists === 'create' && !inputs.dryRun
  if (isOnlyCreated && !isOwnLabel(step)) return { keys: [], doubtful: [] }
  const existing = await api.findKeys(inputs)
  // A label of this run's own is looked up so that no key that is there now is ever taken for a new one.
  if (isOnlyCreated) return existing
  const { keys, doubtful } = existing
  for (const { id } of doubtful) {
    runner.warning(
      `Management Key ${id} may bear the label "${inputs.label}", but the Management API does not say which label or which teams it has; it is left alone`,
    )
  }
  if (inputs.ifExists === 'fail' && keys.length > 0) {
    const ids = keys.map(({ id }) => id).join(', ')
    throw new ActionError(
      `A live Management Key already bears the label "${inputs.label}" and these teams (${ids}), and if_exists is fail. Revoke it, choose another label, or set if_exists: replace`,
    )
  }
  return existing
}

function isOwnLabel({ inputs, runner }: CreateStep): boolean {
  return ownsLabel(inputs.label, runner.context.runId, inputs.ifExists === 'replace')
}

function mint(existing: ExistingKeys, step: CreateStep): Promise<MintedKey> {
  const { inputs, runner, clock } = step
  const teams = inputs.teamIds.length === 1 ? 'team' : 'teams'
  runner.info(
    `Creating a Management Key with the label "${inputs.label}" for ${teams} ${joinWords(inputs.teamIds, 'and')}`,
  )
  const request: KeyRequest = { label: inputs.label, teamIds: inputs.teamIds }
  const knownIds = listKnownIds(existing)
  const intent: Transaction = {
    phase: 'intent',
    apiUrl: inputs.apiUrl,
    orgId: inputs.orgId,
    request,
    owned: knownIds !== undefined && isOwnLabel(step),
    began: clock.uptime(),
    knownIds: [...(knownIds ?? []), ...runner.listDelivered()],
    unsure: false,
    keyId: undefined,
    githubApiUrl: inputs.secrets?.githubApiUrl ?? '',
    secrets: [],
  }
  return mintKey(intent, {
    api: step.api,
    clock,
    info: runner.info,
    mask: runner.mask,
    save: step.save,
  })
}

/**
 * What comes after the key is in its place: its predecessors are revoked, and so is what lost answers
 * left behind. Nothing here can fail the step any more. Returns the ids of the revoked predecessors.
 */
async function settle(
  transaction: Transaction,
  existing: readonly ManagementKey[],
  { inputs, api, runner }: CreateStep,
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
        `Previous key ${id} may still be active: ${explainError(error)}. The next run with if_exists: replace tries again`,
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
