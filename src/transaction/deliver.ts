import { reportHalf, reportTakenBack } from '../commands/create-report.js'
import type { CreateStep } from '../commands/create-step.js'
import { listSecrets, setFacts } from '../commands/outputs.js'
import { ActionError, CancelledError, explainError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { NewManagementKey } from '../junction/responses.js'
import { type MintedKey, revokeUndelivered } from './mint.js'
import type { SecretRecord, Transaction } from './record.js'

/**
 * Hands the key on, secrets first, then outputs, its value last. When that fails, or the job is being
 * cancelled, takes back what can be taken back: no secret is left with a dead key, and no key is left
 * alive that nobody holds. Returns the transaction as it then stands, delivered.
 */
export async function deliver(
  minted: MintedKey,
  prepared: readonly PreparedSecret[],
  previousIds: readonly string[],
  step: CreateStep,
): Promise<Transaction> {
  const { inputs, runner, secrets } = step
  const { key } = minted
  let transaction = minted.transaction
  const save = (changes: Partial<Transaction>) => {
    transaction = { ...transaction, ...changes }
    step.save(transaction)
  }
  try {
    if (runner.cancellation.aborted) throw new CancelledError('The step was cancelled')
    await secrets?.write(key.value, prepared, (records) => save({ secrets: records }))
    setFacts(describeKey(key, transaction, previousIds, step), runner)
    if (inputs.envName !== undefined) runner.exportVariable(inputs.envName, key.value)
    if (inputs.outputKey) runner.setOutput('key', key.value)
    save({ phase: 'delivered' })
  } catch (error) {
    return takeBack(error, key, transaction, previousIds, step)
  }
  runner.rememberDelivered(key.id)
  return transaction
}

async function takeBack(
  reason: unknown,
  key: NewManagementKey,
  transaction: Transaction,
  previousIds: readonly string[],
  step: CreateStep,
): Promise<never> {
  const { runner, api, secrets } = step
  const { deleted = [], holding = [] } = (await secrets?.takeBack(transaction.secrets)) ?? {}
  for (const secret of deleted) runner.info(`Deleted ${describeSecret(secret)} again`)
  if (holding.length === 0) {
    await revokeUndelivered(key.id, reason, { api, info: runner.info })
    step.save({ ...transaction, phase: 'settled' })
    reportTakenBack(runner)
    throw reason
  }

  const left = { ...transaction, phase: 'kept' as const, secrets: holding }
  step.save(left)
  runner.rememberDelivered(key.id)
  setFacts(describeKey(key, left, previousIds, step), runner)
  const message = describeHalf(reason, key.id, holding, transaction.secrets)
  reportHalf(key.id, message, runner)
  throw new ActionError(message, { cause: reason })
}

function describeHalf(
  reason: unknown,
  keyId: string,
  holding: readonly SecretRecord[],
  all: readonly SecretRecord[],
): string {
  const certain = holding.filter(({ status }) => status !== 'writing').map(describeSecret)
  const uncertain = holding.filter(({ status }) => status === 'writing').map(describeSecret)
  const isHolding = (record: SecretRecord) =>
    holding.some((held) => describeSecret(held) === describeSecret(record))
  const others = all.filter((record) => !isHolding(record)).map(describeSecret)
  return [
    explainError(reason).replace(/\.$/, ''),
    `Management Key ${keyId} stays alive, because ${holding.some(({ existed }) => existed) ? 'a secret that was overwritten has lost its old value' : 'a secret that was created could not be deleted again'}`,
    ...(certain.length > 0 ? [`The new key is in ${joinWords(certain, 'and')}`] : []),
    ...(uncertain.length > 0 ? [`It may be in ${joinWords(uncertain, 'and')}`] : []),
    ...(others.length > 0 ? [`It is not in ${joinWords(others, 'and')}`] : []),
    'Mend the cause and run again with if_exists: replace, which writes all of them anew',
  ].join('. ')
}

function describeKey(
  key: NewManagementKey,
  transaction: Transaction,
  previousIds: readonly string[],
  { inputs }: CreateStep,
): Readonly<Record<string, string>> {
  return {
    key_id: key.id,
    label: key.label ?? inputs.label,
    role: key.role ?? '',
    created_at: key.createdAt ?? '',
    team_ids: JSON.stringify(key.teamIds ?? inputs.teamIds),
    created: 'true',
    // None of them is revoked before the new key is delivered.
    replaced_key_ids: '[]',
    retained_key_ids: JSON.stringify(previousIds),
    secrets: listSecrets(transaction.secrets),
  }
}
