import { explainError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import { type CreateInputs, parseCreateInputs } from '../inputs/create.js'
import { isSameId, type ManagementKey, type NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { deliver } from '../transaction/deliver.js'
import type { Watch } from '../transaction/journal.js'
import { mintKey } from '../transaction/mint.js'
import {
  encodeRecord,
  NO_TRANSACTION,
  refuseTooManySecrets,
  type SecretRecord,
  TRANSACTION_STATE,
  type TransactionRecord,
} from '../transaction/record.js'
import { revokePrevious, selectSuperseded } from '../transaction/replace.js'
import { revokeStrayKeys } from '../transaction/stray-keys.js'
import { Transaction } from '../transaction/transaction.js'
import { connectGitHubSecrets, connectManagementApi, openJournal } from './connect.js'
import {
  announceCreated,
  type PreviousKeyIds,
  reportCreated,
  reportDryRun,
  reportKept,
  reportSkipped,
  reportTakenBack,
} from './create-report.js'
import { describeKey, setOutputs } from './outputs.js'
import {
  type CreateStep,
  type ExistingKeys,
  isInPlace,
  isOwnLabel,
  preflight,
} from './preflight.js'

/** Main step of the root action: parse → preflight → mint → deliver → replace → report. */
export async function createKey(runner: Runner): Promise<void> {
  runner.checkFiles(['STATE'])
  runner.saveState(TRANSACTION_STATE, NO_TRANSACTION)
  const inputs = parseCreateInputs(runner.readInput, runner.context)
  for (const warning of inputs.warnings) runner.warning(warning)
  const step = await connect(inputs, runner)
  refuseTooManySecrets(describeIntent(step), inputs.targets)

  const watch = step.journal.watch()
  const found = await preflight(step)
  if (inputs.dryRun) return reportDryRun(inputs, found.existing.keys, found.prepared, runner)
  if (inputs.ifExists === 'skip' && isInPlace(found, inputs.label)) {
    return reportSkipped(inputs, found.existing.keys, runner)
  }

  await runner.uninterrupted(async () => {
    const transaction = openTransaction(found.existing, step)
    const key = await mint(transaction, step)
    // With `create`, keys with the same label are looked up only to tell them from a new one.
    const existing = inputs.ifExists === 'create' ? [] : found.existing.keys
    // A response may name a key that was there before: with its new value it is not one to be replaced.
    const previous = existing.filter(({ id }) => !isSameId(id, key.id))
    await deliverKey(key, transaction, previous, found.prepared, step)
    const { record } = transaction
    announceCreated(key, record.secrets, inputs, runner)
    await revokeLateStrayKeys(record, step)
    const replaced = await replacePrevious(previous, record, watch, step)
    reportCreated(key, record.secrets, inputs, replaced, runner)
  })
}

async function connect(inputs: CreateInputs, runner: Runner): Promise<CreateStep> {
  const clock = createSystemClock(runner.cancellation)
  return {
    inputs,
    runner,
    clock,
    api: connectManagementApi(inputs, runner, clock),
    journal: openJournal(runner, clock),
    secrets: inputs.targets.length > 0 ? await connectGitHubSecrets(inputs, runner) : undefined,
  }
}

function describeIntent(step: CreateStep, existing: readonly ManagementKey[] = []) {
  const { inputs, clock } = step
  return {
    apiUrl: inputs.apiUrl,
    orgId: inputs.orgId,
    request: { label: inputs.label, teamIds: inputs.teamIds },
    ownsLabel: isOwnLabel(step),
    began: clock.uptime(),
    knownIds: existing.map(({ id }) => id),
    mayExist: false,
    keyId: undefined,
    githubApiUrl: inputs.targets.length > 0 ? inputs.githubApiUrl : '',
    secrets: [],
  }
}

function openTransaction({ keys, possible }: ExistingKeys, step: CreateStep): Transaction {
  const { inputs, runner, journal } = step
  return new Transaction(describeIntent(step, [...keys, ...possible]), {
    save: (record) => runner.saveState(TRANSACTION_STATE, encodeRecord(record)),
    journal,
    timeoutMs: inputs.timeoutMs,
  })
}

function mint(transaction: Transaction, step: CreateStep): Promise<NewManagementKey> {
  const { inputs, runner, clock, api, journal } = step
  const teams = inputs.teamIds.length === 1 ? 'team' : 'teams'
  runner.info(
    `Creating a Management Key with label "${inputs.label}" for ${teams} ${joinWords(inputs.teamIds, 'and')}`,
  )
  return mintKey(transaction, { api, clock, journal, info: runner.info, mask: runner.mask })
}

/** Delivers the key to secrets and to the job. When that fails, reports what became of the key, and throws. */
async function deliverKey(
  key: NewManagementKey,
  transaction: Transaction,
  previous: readonly ManagementKey[],
  prepared: readonly PreparedSecret[],
  { inputs, runner, clock, api, secrets }: CreateStep,
): Promise<void> {
  const previousIds = previous.map(({ id }) => id)
  const setMetadata = (records: readonly SecretRecord[]) =>
    setOutputs(describeKey(key, records, previousIds, inputs), runner)
  const delivery = await deliver(key, prepared, transaction, {
    api,
    clock: createSystemClock(runner.lastCall),
    verify: inputs.verify ? { api, clock, info: runner.info } : undefined,
    secrets,
    info: runner.info,
    warning: runner.warning,
    cancellation: runner.cancellation,
    lastCall: runner.lastCall,
    publish: (records) => {
      setMetadata(records)
      if (inputs.envName !== undefined) runner.exportVariable(inputs.envName, key.value)
      if (inputs.outputKey) runner.setOutput('key', key.value)
    },
  })
  if (delivery.kind === 'delivered') return
  for (const secret of delivery.deleted)
    runner.info(`Rolled back: deleted ${describeSecret(secret)}`)
  if (delivery.kind === 'taken-back') {
    reportTakenBack(key, delivery, inputs, runner)
    throw delivery.reason
  }
  setMetadata(delivery.holding)
  throw reportKept(key, delivery, inputs, runner)
}

/** Revokes what create requests without a response left behind. The key is delivered, so a failure only warns. */
async function revokeLateStrayKeys(record: TransactionRecord, step: CreateStep): Promise<void> {
  if (!record.mayExist) return
  try {
    const { api, journal, runner } = step
    await revokeStrayKeys(record, { api, journal, info: runner.info, beforePost: true })
  } catch (error) {
    step.runner.warning(explainError(error))
  }
}

/**
 * Revokes the previous keys, last of all. Returns their IDs by what became of them. The keys of steps that run side
 * by side with this one are not previous ones, although the preflight may have found them.
 */
async function replacePrevious(
  found: readonly ManagementKey[],
  record: TransactionRecord,
  watch: Watch,
  step: CreateStep,
): Promise<PreviousKeyIds> {
  const { inputs, api, journal, runner } = step
  if (inputs.ifExists !== 'replace' || found.length === 0) {
    return { replaced: [], retained: found.map(({ id }) => id), failed: [] }
  }
  const others = await journal.settle(record, watch)
  const previous = found.filter(({ id }) => !others.mayHaveCreated(id))
  const ids = previous.map(({ id }) => id)
  const keepAll = (reason: string) => {
    runner.warning(
      `Kept ${ids.join(', ')}: ${reason}. The next run with if_exists: replace tries again`,
    )
    return { replaced: [], retained: ids, failed: [] }
  }
  if (others.areAsking && ids.length > 0) {
    return keepAll(
      `another step of this job is still creating a key with label "${inputs.label}", and one of these may be its key`,
    )
  }
  const active = await findActive(previous, record, step).catch(explainError)
  if (typeof active === 'string') return keepAll(active)
  const { superseded, undated } = selectSuperseded(active, inputs.retain)
  const { replaced, failed } = await revokePrevious(superseded, api, runner)
  for (const { id } of undated) {
    runner.warning(
      `Kept previous key ${id}: its created_at is unreadable, so it might be one of the ${inputs.retain} to retain`,
    )
  }
  const retained = active.map(({ id }) => id).filter((id) => !replaced.includes(id))
  return { replaced, retained, failed }
}

/** With `retain`, a key that was revoked since the preflight, by another step or job, must not count as retained. */
async function findActive(
  previous: readonly ManagementKey[],
  record: TransactionRecord,
  { inputs, api }: CreateStep,
): Promise<readonly ManagementKey[]> {
  if (inputs.retain === 0 || previous.length === 0) return previous
  const { keys } = await api.findKeys(record.request)
  return previous.filter(({ id }) => keys.some((key) => isSameId(key.id, id)))
}
