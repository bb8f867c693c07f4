import { ActionError, explainError } from '../core/errors.js'
import { renderCell, renderCode, renderList, renderTable } from '../core/markdown.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { CreateInputs } from '../inputs/create.js'
import type { ManagementKey, NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { Delivery } from '../transaction/deliver.js'
import type { SecretRecord } from '../transaction/record.js'
import { selectSuperseded } from '../transaction/replace.js'
import { describeNoKey, setOutputs } from './outputs.js'

/** Reports the new key right after delivery, before previous keys are revoked. */
export function announceCreated(
  key: NewManagementKey,
  secrets: readonly SecretRecord[],
  inputs: CreateInputs,
  runner: Runner,
): void {
  runner.notice(`Created Management Key ${key.id} with label "${inputs.label}"`)
  const written = listWritten(secrets).map((text) => `secret ${text}`)
  runner.info(`Delivered to: ${joinWords([...nameJobDestinations(inputs), ...written], 'and')}`)
}

/** What became of the previous keys, by their IDs. */
export interface PreviousKeyIds {
  readonly replaced: readonly string[]
  /** Left active on purpose, or because they could not be revoked. */
  readonly retained: readonly string[]
}

/** Reports the finished step: the last outputs, and the job summary. */
export function reportCreated(
  key: NewManagementKey,
  secrets: readonly SecretRecord[],
  inputs: CreateInputs,
  { replaced, retained }: PreviousKeyIds,
  runner: Runner,
): void {
  if (replaced.length > 0) {
    setOutputs(
      { replaced_key_ids: JSON.stringify(replaced), retained_key_ids: JSON.stringify(retained) },
      runner,
    )
  }
  if (retained.length > 0) {
    runner.info(`Previous keys that stay active: ${joinWords(retained, 'and')}`)
  }
  const table = renderTable([
    ['Key ID', renderCell(key.id)],
    ['Label', renderCell(key.label ?? inputs.label)],
    ['Organization', renderCell(inputs.orgId)],
    ['Teams', renderList(key.teamIds ?? inputs.teamIds)],
    ['Role', renderCell(key.role ?? '')],
    ['Created', renderCell(key.createdAt ?? '')],
    ['Delivered to', renderList(nameJobDestinations(inputs))],
    ['Secrets', renderList(listWritten(secrets))],
    ['Replaced', renderList(replaced)],
    ['Previous keys that stay active', renderList(retained)],
  ])
  runner.appendSummary(
    `### Junction Management Key created\n\n${table}\n\n${revokeRecipe(key.id, inputs)}\n`,
  )
}

/** Reports what a dry run found: outputs, a notice, the job summary. */
export function reportDryRun(
  inputs: CreateInputs,
  existing: readonly ManagementKey[],
  prepared: readonly PreparedSecret[],
  runner: Runner,
): void {
  setOutputs(describeNoKey(inputs), runner)
  const replaced =
    inputs.ifExists === 'replace' ? selectSuperseded(existing, inputs.retain).superseded : []
  runner.notice(
    `Dry run: would create a Management Key with label "${inputs.label}". The organization is accessible. Active keys that already have this label and these teams: ${existing.length}`,
  )
  const secrets = prepared.map(({ target, key, metadata }) => {
    const change = metadata === undefined ? 'would be created' : 'would be updated'
    return `${describeSecret(target)} (${key === undefined ? 'with its environment ' : ''}${change})`
  })
  const table = renderTable([
    ['Label', renderCell(inputs.label)],
    ['Organization', renderCell(inputs.orgId)],
    ['Teams', renderList(inputs.teamIds)],
    ['Would be delivered to', renderList(nameJobDestinations(inputs))],
    ['Secrets', renderList(secrets)],
    ['Existing keys', renderList(existing.map(({ id }) => id))],
    ['Would be replaced', renderList(replaced.map(({ id }) => id))],
  ])
  runner.appendSummary(`### Junction Management Key: dry run, nothing was created\n\n${table}\n`)
}

/** Reports that `if_exists: skip` found nothing to do. */
export function reportSkipped(
  inputs: CreateInputs,
  existing: readonly ManagementKey[],
  runner: Runner,
): void {
  const [newest] = selectSuperseded(existing, 0).superseded
  setOutputs(
    {
      ...describeNoKey(inputs),
      key_id: newest?.id ?? '',
      role: newest?.role ?? '',
      created_at: newest?.createdAt ?? '',
    },
    runner,
  )
  const ids = existing.map(({ id }) => id)
  runner.notice(
    `Nothing to do: an active key with label "${inputs.label}" exists (${ids.join(', ')}), and so does every secret`,
  )
  const table = renderTable([
    ['Key ID', renderList(ids)],
    ['Label', renderCell(inputs.label)],
    ['Secrets', renderList((inputs.secrets?.targets ?? []).map(describeSecret))],
  ])
  runner.appendSummary(`### Junction Management Key: already in place\n\n${table}\n`)
}

/** Corrects the outputs after a key that could not be delivered was revoked. */
export function reportTakenBack(runner: Runner): void {
  try {
    setOutputs({ created: 'false', secrets: '[]' }, runner)
  } catch (error) {
    // The runner accepts no outputs, which is why delivery failed: that error is the one to show.
    runner.debug(`The outputs could not be corrected: ${explainError(error)}`)
  }
}

/** Reports, in the job summary, a key that stays active after a delivery that failed. Returns the error to throw. */
export function reportKept(
  keyId: string,
  { reason, holding, all }: Extract<Delivery, { kind: 'kept' }>,
  runner: Runner,
): ActionError {
  const certain = holding.filter(({ status }) => status !== 'writing').map(describeSecret)
  const uncertain = holding.filter(({ status }) => status === 'writing').map(describeSecret)
  const named = holding.map(describeSecret)
  const others = all.map(describeSecret).filter((name) => !named.includes(name))
  const why = holding.some(({ existed }) => existed)
    ? 'at least one existing secret was overwritten and its old value cannot be restored'
    : 'a secret that was created could not be deleted again'
  const message = [
    explainError(reason).replace(/\.$/, ''),
    `Management Key ${keyId} stays active because ${why}`,
    ...(certain.length > 0 ? [`The new key is in ${joinWords(certain, 'and')}`] : []),
    ...(uncertain.length > 0 ? [`It may be in ${joinWords(uncertain, 'and')}`] : []),
    ...(others.length > 0 ? [`It is not in ${joinWords(others, 'and')}`] : []),
    'Fix the cause, then run again with if_exists: replace to write every target again',
  ].join('. ')
  runner.appendSummary(
    `### Junction Management Key: delivered in part\n\nKey ID ${renderCode(keyId)}. ${renderCode(message)}\n`,
  )
  return new ActionError(message, { cause: reason })
}

function listWritten(secrets: readonly SecretRecord[]): readonly string[] {
  return secrets.map((record) => `${describeSecret(record)} (${record.status})`)
}

function nameJobDestinations(inputs: CreateInputs): readonly string[] {
  return [
    ...(inputs.outputKey ? ['step output key'] : []),
    ...(inputs.envName === undefined ? [] : [`environment variable ${inputs.envName}`]),
  ]
}

function revokeRecipe(keyId: string, inputs: CreateInputs): string {
  const url = `${inputs.apiUrl}/v1/org/${inputs.orgId}/management_key/${encodeURIComponent(keyId)}`
  return [
    'The key never expires. To revoke it, pass its ID to the revoke action, use the Junction Dashboard, or run:',
    '',
    '```sh',
    `curl -X DELETE --globoff --header @- ${quoteForShell(url)} <<<"X-Management-Key: $JUNCTION_ORG_KEY"`,
    '```',
  ].join('\n')
}

/** Between single quotes, a shell takes every character literally except a single quote. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
