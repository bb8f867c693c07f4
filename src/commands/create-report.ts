import { listNames } from '../core/message.js'
import { joinWords } from '../core/plain-text.js'
import { describeDestination, describeSecret } from '../core/secret-target.js'
import { formatDuration } from '../core/time.js'
import type { CreateInputs } from '../inputs/create.js'
import type { NewManagementKey } from '../junction/responses.js'
import type { SecretRecord } from '../transaction/record.js'
import { selectSuperseded, sortByAge } from '../transaction/replace.js'
import { listRevoked } from '../transaction/revoke-all.js'
import {
  count,
  type KeyState,
  type Report,
  renderCell,
  renderCode,
  renderFacts,
  renderKeys,
  renderRevokeCommand,
  renderSecrets,
  renderTime,
  writeReport,
} from './job-summary.js'
import { describeNoKey, infoMany } from './outputs.js'
import type { CreateStep, Findings } from './preflight.js'

/** Reports the new key right after delivery, before previous keys are revoked. */
export function announceCreated(key: NewManagementKey, step: CreateStep): void {
  const { inputs, runner, transaction } = step
  runner.notice(`Created Management Key ${key.id} with label "${key.label ?? inputs.label}"`)
  const { secrets } = transaction.record
  const written = secrets.map((record) => `secret ${describeSecret(record)} (${record.status})`)
  runner.info(`Delivered to: ${joinWords([...nameJobDestinations(inputs), ...written], 'and')}`)
}

export function reportCreated(
  key: NewManagementKey,
  previous: readonly KeyState[],
  { inputs, runner, transaction }: CreateStep,
): void {
  const { secrets } = transaction.record
  const replaced = listRevoked(previous)
  const retained = previous.map(({ id }) => id).filter((id) => !replaced.includes(id))
  const failed = previous.filter(({ status }) => status === 'may still be active')
  if (inputs.ifExists === 'replace') {
    runner.setOutputs({ replaced_key_ids: replaced, retained_key_ids: retained })
  }
  if (retained.length > 0) {
    runner.info(`Previous keys that stay active: ${joinWords(retained, 'and')}`)
  }
  const label = key.label ?? inputs.label
  const teamIds = key.teamIds ?? inputs.teamIds
  const [revoked, active] = [replaced, failed].map((keys) => count(keys.length, 'previous key'))
  const title = [
    `Created Management Key ${renderCode(label)}`,
    replaced.length > 0 && ` and revoked ${revoked}`,
    failed.length > 0 && `; ${active} may still be active`,
  ].filter((part) => part !== false)
  const blocks = [
    renderFacts([
      ['Key ID', renderCell(key.id)],
      ...describeRequest({ ...inputs, label, teamIds }),
      ['Role', renderCell(key.role ?? '')],
      ['Created', renderTime(key.createdAt ?? '')],
      ['Verified', inputs.verify ? 'yes, by reading each team' : 'no'],
      ['Delivered to', nameJobDestinations(inputs, renderCell).join('<br>')],
      ['When the job ends', describeEnd(secrets, inputs)],
    ]),
    renderSecrets(secrets, runner.context),
    renderKeys(
      'Previous key',
      previous.map(({ id, status }) => ({ id, status })),
    ),
  ]
  const next = [
    retained.length > 0 && 'Revoke the previous keys that are still active once nothing uses them.',
    describeRevocation(inputs),
  ]
  const mark = failed.length === 0 ? 'done' : 'attention'
  const details = renderRevokeCommand(inputs.apiUrl, inputs.orgId, key.id)
  writeReport({ mark, title: title.join(''), blocks, next, details }, runner)
}

/** What the post step does with the key and the secrets that contain it. */
function describeEnd(secrets: readonly SecretRecord[], { revoke }: CreateInputs): string {
  if (revoke === 'never') return 'nothing is revoked'
  const end = [
    `the key is revoked${revoke === 'always' ? '' : ' if the job fails or is canceled'}`,
    secrets.some(({ existed }) => !existed) && 'secrets that were created are deleted first',
    secrets.some(({ existed }) => existed) &&
      'secrets that were overwritten then contain a revoked key',
  ]
  return end.filter((part) => part !== false).join('; ')
}

/** More targets than this are not named in a sentence. */
const MANY_TARGETS = 10

function describeRevocation({ revoke, targets }: CreateInputs): string {
  const lasts = revoke === 'always' ? '' : 'The key never expires. '
  const names = targets.map(({ destination, name }) =>
    renderCode(`${describeDestination(destination)} name=${name}`),
  )
  const list = names.length > MANY_TARGETS ? 'the targets above' : joinWords(names, 'and')
  const how =
    names.length === 0
      ? ', or use the Junction Dashboard'
      : `, with ${list} as \`secret_targets\`, so that no secret keeps a revoked key`
  return `${lasts}To revoke it, pass its ID to the revoke action${how}.`
}

export async function reportDryRun(found: Findings, { inputs, runner }: CreateStep): Promise<void> {
  runner.setOutputs(describeNoKey(inputs))
  const { keys } = found.existing
  const replaced = inputs.ifExists === 'replace' ? selectSuperseded(keys, inputs.retain) : []
  const rows = keys.map((key) => ({
    id: key.id,
    status: replaced.includes(key) ? 'would be revoked' : 'stays active',
  }))
  const secrets = found.prepared.map(({ target, key, metadata }) => {
    const change = metadata === undefined ? 'would be created' : 'would be updated'
    return { ...target, status: key === undefined ? `${change}, with its environment` : change }
  })
  await infoMany(
    `Dry run: ${count(secrets.length, 'secret')}`,
    secrets.map((secret) => `Dry run: ${describeSecret(secret)} ${secret.status}`),
    runner,
  )
  const report: Report = {
    title: `Dry run: would create Management Key ${renderCode(inputs.label)}`,
    notice: `Dry run: would create a Management Key with label "${inputs.label}". The organization is accessible. Active keys that already have this label and these teams: ${keys.length}`,
    blocks: [
      'The inputs are valid, and the organization is accessible; nothing was created.',
      renderFacts([
        ...describeRequest(inputs),
        ['Would be delivered to', nameJobDestinations(inputs, renderCell).join('<br>')],
      ]),
      renderSecrets(secrets, runner.context),
      renderKeys('Existing key', rows),
    ],
    next: ['To create the key, run again without `dry_run`.'],
  }
  writeReport(report, runner)
}

export function reportSkipped({ existing: { keys } }: Findings, { inputs, runner }: CreateStep) {
  const dated = sortByAge(keys)
  const newest = dated[0] ?? keys[0]
  runner.setOutputs({
    ...describeNoKey(inputs),
    key_id: newest?.id ?? '',
    role: newest?.role ?? '',
    created_at: newest?.createdAt ?? '',
  })
  const { label, olderThanMs, targets } = inputs
  const age =
    olderThanMs === undefined ? '' : ` that is not older than ${formatDuration(olderThanMs)}`
  const more = targets.length === 0 ? '' : ', and so does every secret'
  const head = `Nothing to do: an active key with label "${label}"${age} exists${more}. Key ID:`
  const secrets = targets.map((target) => ({ ...target, status: 'exists' }))
  const rows = keys.map(({ id, createdAt }) => ({
    id,
    createdAt,
    status: id === dated[0]?.id && keys.length > 1 ? 'active, newest' : 'active',
  }))
  const report: Report = {
    title: `Management Key ${renderCode(label)} is already in place`,
    notice: listNames(head, keys),
    blocks: [renderKeys('Key ID', rows), renderSecrets(secrets, runner.context)],
    next: [
      `${targets.length === 0 ? '' : 'The action checked that each secret exists, not its value. '}To replace the key now, run once ${olderThanMs === undefined ? 'with `if_exists: replace`' : 'without `older_than`'}.`,
    ],
  }
  writeReport(report, runner)
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

function describeRequest({ label, orgId, teamIds }: CreateInputs) {
  const teams = teamIds.map(renderCell).join('<br>')
  return [
    ['Label', renderCell(label)],
    ['Organization', renderCell(orgId)],
    [teamIds.length === 1 ? 'Team' : 'Teams', teams],
  ] as const
}
