import { explainError, StrayKeysError } from '../core/errors.js'
import { listNames } from '../core/message.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import { parseTime } from '../core/time.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import { type CreateInputs, parseCreateInputs } from '../inputs/create.js'
import { isSameId, type ManagementKey, type NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { deliver } from '../transaction/deliver.js'
import { Journal } from '../transaction/journal.js'
import { mintKey } from '../transaction/mint.js'
import {
  cutIds,
  PROCESS_STATE,
  type SecretRecord,
  TRANSACTION_STATE,
  type TransactionRecord,
} from '../transaction/record.js'
import { revokePrevious, selectSuperseded } from '../transaction/replace.js'
import { listRevoked } from '../transaction/revoke-all.js'
import { Transaction } from '../transaction/transaction.js'
import { connectManagementApi, loadGitHub } from './connect.js'
import { announceCreated, reportCreated, reportDryRun, reportSkipped } from './create-report.js'
import type { KeyState } from './job-summary.js'
import { reportUnclear, reportUndelivered } from './key-report.js'
import { describeKey } from './outputs.js'
import { type CreateStep, type Findings, isOwnLabel, preflight } from './preflight.js'

/** Main step of the root action: parse → preflight → mint → deliver → replace → report. */
export async function createKey(runner: Runner): Promise<void> {
  runner.checkFiles(['STATE', 'OUTPUT'])
  // Whatever follows: for a step that saved nothing, post would read a variable `STATE_…` that another step has set.
  runner.saveState(PROCESS_STATE, JSON.stringify(runner.context.process))
  runner.saveState(TRANSACTION_STATE, '')
  runner.setOutputs({ created: 'false' })
  const inputs = parseCreateInputs(runner.readInput, runner.context)
  for (const warning of inputs.warnings) runner.warning(warning)
  const step = await connect(inputs, runner)
  const { transaction } = step
  if (!inputs.dryRun) await step.journal.takeTurn(transaction.record)
  // Who leaves without a key says so: others wait for a step that still asks.
  const leave = () => !inputs.dryRun && transaction.advance('done')
  const found = await preflight(step).catch((error: unknown) => {
    leave()
    throw error
  })
  if (found.isInPlace) {
    leave()
    return reportSkipped(found, step)
  }
  if (inputs.dryRun) return reportDryRun(found, step)

  await runner.uninterrupted(() =>
    createAndDeliver(found, step).catch((error: unknown) => {
      if (error instanceof StrayKeysError) reportUnclear(error, step)
      throw error
    }),
  )
}

async function connect(inputs: CreateInputs, runner: Runner): Promise<CreateStep> {
  const { cancellation, lastCall } = runner
  const clock = createSystemClock(cancellation)
  const lastingClock = createSystemClock(cancellation, lastCall)
  const api = connectManagementApi(inputs, runner, lastingClock)
  if (!inputs.dryRun) api.prepareCreate()
  const github =
    inputs.targets.length > 0 ? await loadGitHub(inputs, runner, lastingClock) : undefined
  const { label, teamIds, apiUrl, orgId, revoke } = inputs
  const githubApiUrl = github === undefined ? '' : inputs.githubApiUrl
  const plan = { apiUrl, orgId, request: { label, teamIds }, revoke, githubApiUrl }
  const journal = new Journal({ ...runner, clock })
  const save = (record: TransactionRecord) =>
    runner.saveState(TRANSACTION_STATE, JSON.stringify(record))
  const transaction = new Transaction(plan, { save, journal })
  return { inputs, runner, clock, api, journal, transaction, secrets: github?.connectSecrets() }
}

async function createAndDeliver(found: Findings, step: CreateStep): Promise<void> {
  const { inputs, runner, transaction } = step
  const { label, teamIds } = inputs
  transaction.begin(describeIntent(found, step))
  const teams = teamIds.length === 1 ? 'team' : 'teams'
  runner.info(
    `Creating a Management Key with label "${label}" for ${teams} ${joinWords(teamIds, 'and')}`,
  )
  const key = await mintKey(transaction, { ...runner, ...step })
  if (key.label !== undefined && key.label !== label) {
    runner.warning(
      `The Management API gave the key the label "${key.label}", not "${label}": later runs will not find it by the label you set. Change label to what the API keeps`,
    )
  }
  const previous = listPrevious(key, found, step)
  await deliverKey(key, previous, found.prepared, step)
  announceCreated(key, step)
  reportCreated(key, await replacePrevious(previous, step), step)
}

/** What the preflight found, as far as the post step needs it. */
function describeIntent({ existing: { keys, possible }, prepared }: Findings, step: CreateStep) {
  const ids = [...keys, ...possible].map(({ id }) => id)
  const knownIds = cutIds(ids)
  return {
    // A known key that `cutIds` left out would pass for a new one.
    ownsLabel: isOwnLabel(step) && knownIds.length === ids.length,
    began: step.clock.uptime(),
    knownIds,
    secrets: prepared.map(({ target, metadata }) => {
      return { ...target, existed: metadata !== undefined, status: 'pending' } as const
    }),
  }
}

/** Delivers the key to secrets and to the job. When that fails, reports what became of the key, and throws. */
async function deliverKey(
  key: NewManagementKey,
  previous: readonly ManagementKey[],
  prepared: readonly PreparedSecret[],
  step: CreateStep,
): Promise<void> {
  const { inputs, runner } = step
  const describe = (records: readonly SecretRecord[]) => describeKey(key, records, previous, inputs)
  const failure = await deliver(key, prepared, step.transaction, {
    ...runner,
    ...step,
    clock: createSystemClock(runner.lastCall),
    verifyClock: inputs.verify ? step.clock : undefined,
    superseded: inputs.ifExists === 'replace' ? selectSuperseded(previous, inputs.retain) : [],
    publish: (records) => {
      runner.setOutputs(describe(records))
      if (inputs.envName !== undefined) runner.exportVariable(inputs.envName, key.value)
      if (inputs.outputKey) runner.setOutputs({ key: key.value })
    },
  })
  if (failure === undefined) return
  const { deleted, holding } = failure
  for (const secret of deleted) runner.info(`Rolled back: deleted ${describeSecret(secret)}`)
  try {
    const outputs = holding.length > 0 ? describe(holding) : { secrets: [] }
    runner.setOutputs({ ...outputs, created: 'false' })
  } catch (error) {
    // The runner accepts no outputs, which is why delivery failed: that error is the one to show.
    runner.debug(`The outputs could not be corrected: ${explainError(error)}`)
  }
  reportUndelivered(key, failure, step)
}

/** The keys that were there before: none of steps side by side, and not the new one, should it have the ID of one. */
function listPrevious(
  key: NewManagementKey,
  { existing }: Findings,
  { inputs, journal, transaction: { record } }: CreateStep,
): readonly ManagementKey[] {
  if (inputs.ifExists === 'create') return []
  return existing.keys.filter(({ id }) => !isSameId(id, key.id) && !journal.isOfSibling(id, record))
}

/** Revokes the previous keys, last of all, and returns what became of each. */
async function replacePrevious(
  previous: readonly ManagementKey[],
  step: CreateStep,
): Promise<readonly KeyState[]> {
  const { inputs, api, runner, transaction } = step
  const keep = ({ id }: ManagementKey) => ({ id, status: 'stays active' as const })
  if (inputs.ifExists !== 'replace') return previous.map(keep)
  let active = previous
  let superseded: readonly ManagementKey[] = []
  try {
    active = await findActive(previous, step)
    superseded = selectSuperseded(active, inputs.retain)
  } catch (error) {
    const ids = previous.map(({ id }) => id).join(', ')
    runner.warning(
      `Kept ${ids}: ${explainError(error)}. The next run with if_exists: replace tries again`,
    )
  }
  const outcomes = await revokePrevious(superseded, api, runner)
  try {
    transaction.note({ previousIds: [], replacedIds: cutIds(listRevoked(outcomes)) })
  } catch (error) {
    // The key is delivered, and what was done is to be reported all the same.
    runner.warning(
      `The post step will not know which previous keys were revoked: ${explainError(error)}`,
    )
  }
  const kept = active.filter((key) => !superseded.includes(key))
  const undated = kept.filter(({ createdAt }) => parseTime(createdAt) === undefined)
  if (undated.length > 0) {
    const head = `Kept previous keys whose created_at is unreadable, since they might be among the newest to retain (${inputs.retain}):`
    runner.warning(listNames(head, undated))
  }
  return [...outcomes, ...kept.map(keep)]
}

/** With `retain`, a key that was revoked since the preflight, by another step or job, must not count as retained. */
async function findActive(
  previous: readonly ManagementKey[],
  { inputs, api }: CreateStep,
): Promise<readonly ManagementKey[]> {
  if (inputs.retain === 0 || previous.length === 0) return previous
  const { keys } = await api.findKeys(inputs)
  return previous.filter(({ id }) => keys.some((key) => isSameId(key.id, id)))
}
