import { ActionError, explainError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import { formatTime, parseTime } from '../core/time.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { CreateInputs } from '../inputs/create.js'
import type { ManagementKey, NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { Delivery } from '../transaction/deliver.js'
import type { SecretRecord, SecretStatus } from '../transaction/record.js'
import { selectSuperseded } from '../transaction/replace.js'
import {
  count,
  renderCell,
  renderCode,
  renderDetails,
  renderFacts,
  renderKeys,
  renderList,
  renderNext,
  renderReason,
  renderSecrets,
  renderSummary,
} from './job-summary.js'
import { describeNoKey, infoMany, setOutputs } from './outputs.js'

/** Reports the new key right after delivery, before previous keys are revoked. */
export function announceCreated(
  key: NewManagementKey,
  secrets: readonly SecretRecord[],
  inputs: CreateInputs,
  runner: Runner,
): void {
  runner.notice(`Created Management Key ${key.id} with label "${inputs.label}"`)
  const written = secrets.map((record) => `secret ${describeSecret(record)} (${record.status})`)
  runner.info(`Delivered to: ${joinWords([...nameJobDestinations(inputs), ...written], 'and')}`)
}

/** What became of the previous keys, by their IDs. */
export interface PreviousKeyIds {
  readonly replaced: readonly string[]
  /** Left active on purpose, or because they could not be revoked. */
  readonly retained: readonly string[]
  /** Those of `retained` that could not be revoked. */
  readonly failed: readonly string[]
}

/** Reports the finished step: the last outputs, and the job summary. */
export function reportCreated(
  key: NewManagementKey,
  secrets: readonly SecretRecord[],
  inputs: CreateInputs,
  { replaced, retained, failed }: PreviousKeyIds,
  runner: Runner,
): void {
  if (inputs.ifExists === 'replace') {
    setOutputs(
      { replaced_key_ids: JSON.stringify(replaced), retained_key_ids: JSON.stringify(retained) },
      runner,
    )
  }
  if (retained.length > 0) {
    runner.info(`Previous keys that stay active: ${joinWords(retained, 'and')}`)
  }
  const label = key.label ?? inputs.label
  const teamIds = key.teamIds ?? inputs.teamIds
  const revoked = replaced.length === 0 ? [] : [`revoked ${count(replaced.length, 'previous key')}`]
  const active =
    failed.length === 0 ? '' : `; ${count(failed.length, 'previous key')} may still be active`
  const title =
    joinWords([`Created Management Key ${renderCode(label)}`, ...revoked], 'and') + active
  const time = parseTime(key.createdAt)
  const previous = [
    ...replaced.map((id) => ({ id, status: 'revoked' })),
    ...retained.map((id) => ({
      id,
      status: failed.includes(id) ? 'may still be active' : 'stays active',
    })),
  ]
  const summary = renderSummary(failed.length === 0 ? 'done' : 'attention', title, [
    renderFacts([
      ['Key ID', renderCell(key.id)],
      ['Label', renderCell(label)],
      ['Organization', renderCell(inputs.orgId)],
      [nameTeams(teamIds), renderList(teamIds)],
      ['Role', renderCell(key.role ?? '')],
      ['Created', time === undefined ? renderCell(key.createdAt ?? '') : formatTime(time)],
      ['Delivered to', nameJobDestinations(inputs, renderCell).join('<br>')],
    ]),
    renderSecrets(secrets, runner.context),
    renderKeys('Previous key', previous),
    renderNext([
      ...(failed.length > 0
        ? ['The next run with `if_exists: replace` tries again to revoke the previous keys.']
        : []),
      ...(retained.length > failed.length
        ? ['Revoke the previous keys that stay active once nothing uses them.']
        : []),
      'The key never expires. To revoke it, pass its ID to the revoke action, or use the Junction Dashboard.',
    ]),
    renderDetails('Revoke it from a shell', revokeRecipe(key.id, inputs)),
  ])
  runner.appendSummary(summary)
}

/** Reports what a dry run found: outputs, a notice, the job summary. */
export async function reportDryRun(
  inputs: CreateInputs,
  existing: readonly ManagementKey[],
  prepared: readonly PreparedSecret[],
  runner: Runner,
): Promise<void> {
  setOutputs(describeNoKey(inputs), runner)
  const replaced =
    inputs.ifExists === 'replace' ? selectSuperseded(existing, inputs.retain).superseded : []
  const secrets = prepared.map(({ target, key, metadata }) => {
    const change = metadata === undefined ? 'would be created' : 'would be updated'
    return { ...target, status: key === undefined ? `${change}, with its environment` : change }
  })
  await infoMany(
    `Dry run: ${count(secrets.length, 'secret')}`,
    secrets.map((secret) => `Dry run: ${describeSecret(secret)} ${secret.status}`),
    runner,
  )
  runner.notice(
    `Dry run: would create a Management Key with label "${inputs.label}". The organization is accessible. Active keys that already have this label and these teams: ${existing.length}`,
  )
  const summary = renderSummary(
    'done',
    `Dry run: would create Management Key ${renderCode(inputs.label)}`,
    [
      'The inputs are valid, and the organization is accessible; nothing was created.',
      renderFacts([
        ['Label', renderCell(inputs.label)],
        ['Organization', renderCell(inputs.orgId)],
        [nameTeams(inputs.teamIds), renderList(inputs.teamIds)],
        ['Would be delivered to', nameJobDestinations(inputs, renderCell).join('<br>')],
      ]),
      renderSecrets(secrets, runner.context),
      renderKeys(
        'Existing key',
        existing.map((key) => ({
          id: key.id,
          status: replaced.includes(key) ? 'would be revoked' : 'stays active',
        })),
      ),
      renderNext(['To create the key, run again without `dry_run`.']),
    ],
  )
  runner.appendSummary(summary)
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
  const summary = renderSummary(
    'done',
    `Management Key ${renderCode(inputs.label)} is already in place`,
    [
      renderKeys(
        'Key ID',
        ids.map((id) => ({ id, status: 'active' })),
      ),
      renderSecrets(
        inputs.targets.map((target) => ({ ...target, status: 'exists' })),
        runner.context,
      ),
      renderNext([
        'The action checked that each secret exists, not its value. To write a new key everywhere, run once with `if_exists: replace`.',
      ]),
    ],
  )
  runner.appendSummary(summary)
}

function nameJobDestinations(
  { outputKey, envName }: CreateInputs,
  render = (name: string) => name,
): readonly string[] {
  return [
    ...(outputKey ? [`step output ${render('key')}`] : []),
    ...(envName === undefined ? [] : [`environment variable ${render(envName)}`]),
  ]
}

function nameTeams(ids: readonly string[]): string {
  return ids.length === 1 ? 'Team' : 'Teams'
}

function revokeRecipe(keyId: string, inputs: CreateInputs): string {
  const url = `${inputs.apiUrl}/v1/org/${inputs.orgId}/management_key/${encodeURIComponent(keyId)}`
  return [
    '```sh',
    `curl -X DELETE --globoff --header @- ${quoteForShell(url)} <<<"X-Management-Key: $JUNCTION_ORG_KEY"`,
    '```',
  ].join('\n')
}

/** Between single quotes, a shell takes every character literally except a single quote. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
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
  const summary = renderSummary(
    'failed',
    `Management Key ${renderCode(key.label ?? inputs.label)} could not be delivered, and was revoked`,
    [
      renderReason(explainError(reason)),
      renderKeys('Key ID', [{ id: key.id, status: 'revoked' }]),
      renderSecrets(rows, runner.context),
      renderNext(['Fix the cause, then run again. Everything is as it was before this run.']),
    ],
  )
  runner.appendSummary(summary)
}

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
  const certain = holding.filter(({ status }) => status !== 'writing').map(describeSecret)
  const uncertain = holding.filter(({ status }) => status === 'writing').map(describeSecret)
  const found = new Map(holding.map((record) => [describeSecret(record), record.status]))
  const others = inputs.targets.map(describeSecret).filter((name) => !found.has(name))
  const why = holding.some(({ existed }) => existed)
    ? 'at least one existing secret was overwritten and its old value cannot be restored'
    : 'a secret that was created could not be deleted'
  const message = [
    explainError(reason).replace(/\.$/, ''),
    `Management Key ${key.id} stays active because ${why}`,
    ...(certain.length > 0 ? [`The new key is in ${joinWords(certain, 'and')}`] : []),
    ...(uncertain.length > 0 ? [`It may be in ${joinWords(uncertain, 'and')}`] : []),
    ...(others.length > 0 ? [`It is not in ${joinWords(others, 'and')}`] : []),
    'Fix the cause, then run again with if_exists: replace to write every target again',
  ].join('. ')
  const rows = inputs.targets.map((target) => ({
    ...target,
    status: WRITE_WORDS[found.get(describeSecret(target)) ?? 'pending'],
  }))
  const summary = renderSummary(
    'failed',
    `Management Key ${renderCode(key.label ?? inputs.label)} was delivered only in part`,
    [
      renderReason(explainError(reason)),
      `The key stays active, because ${why}.`,
      renderKeys('Key ID', [{ id: key.id, status: 'stays active' }]),
      renderSecrets(rows, runner.context),
      renderNext([
        'Fix the cause, then run again with `if_exists: replace` to write every target again.',
      ]),
    ],
  )
  runner.appendSummary(summary)
  return new ActionError(message, { cause: reason })
}
