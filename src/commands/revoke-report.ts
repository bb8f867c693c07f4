import { ActionError } from '../core/errors.js'
import { listNames, type Message, writeOut } from '../core/message.js'
import {
  describeDestination,
  describeSecret,
  type EnvironmentDestination,
  type SecretTarget,
} from '../core/secret-target.js'
import type { RevokeInputs } from '../inputs/revoke.js'
import { listFailedKeys } from '../transaction/revoke-all.js'
import type { Step } from './connect.js'
import {
  type KeyState,
  renderCell,
  renderFailedKeys,
  renderKeys,
  renderProse,
  renderReason,
  renderSecrets,
  renderTable,
  renderWhy,
  tally,
  writeReport,
} from './job-summary.js'

export interface SelectedKey {
  readonly id: string
  /** `undefined` when no list was read. */
  readonly label: string | undefined
  /** Whether a list showed the key. */
  readonly isListed: boolean
}

export type RevokeRow = SelectedKey & KeyState

/** A secret or an environment, and what became of it, or would. */
export type Removed<Place> = Place & {
  readonly status: 'deleted' | 'not found' | 'not deleted' | 'would be deleted'
  readonly reason?: string
}

/** What the step did, or would do: its messages and its summary are made from this. */
export interface RevokeReport {
  readonly keys: readonly RevokeRow[]
  readonly secrets: readonly Removed<SecretTarget>[]
  readonly environments: readonly Removed<EnvironmentDestination>[]
}

/** Reports what was done, or would be. Throws the `ActionError` with which the step fails, if it does. */
export function reportRevoked(
  report: RevokeReport,
  warning: Message | undefined,
  { inputs, runner }: Step<RevokeInputs>,
): void {
  const { keys, secrets, environments } = report
  const { dryRun, selection } = inputs
  const items = listReasons(report)
  const title = describeRows(report, inputs)
  // What an output carries did exist: if it is not found, nobody mistyped it.
  const isOutput = selection.by === 'id' && selection.isOutput
  const isMissing = keys.some(({ status }) => status === 'not found') && !isOutput
  const hasFailed = items.length > 0
  const blocks = [
    warning === undefined ? '' : renderReason(writeOut(warning)),
    renderKeys('Key ID', keys),
    renderFailedKeys(keys),
    renderSecrets(secrets, runner.context),
    renderTable(environments, {
      Environment: (row) => renderCell(describeDestination(row)),
      Status: ({ status }) => status,
      Reason: renderWhy,
    }),
  ]
  const next = [
    isMissing &&
      'Check the key IDs that were not found, and `org_id`: a key that is in use may have another ID.',
    hasFailed && 'Fix the cause, then run again.',
    keys.some(({ status }) => status === 'may still be active' || status === 'not revoked') &&
      'If a key must not wait, revoke it in the Junction Dashboard.',
    dryRun && !hasFailed && keys.length > 0 && 'To revoke, run again without `dry_run`.',
  ]
  const mark = isMissing ? 'attention' : undefined
  const error = hasFailed ? new ActionError({ head: `${title}:`, items }) : undefined
  const notice = keys.length === 0 ? title : listNames(`${title}. Key IDs:`, keys)
  writeReport({ mark, title: renderProse(title), error, warning, notice, blocks, next }, runner)
}

/** Why the step fails, an item of a message for each reason. */
export function listReasons({ keys, secrets, environments }: RevokeReport): readonly string[] {
  return [
    ...listWhy(secrets, describeSecret),
    ...listFailedKeys(keys),
    ...listWhy(environments, describeDestination),
  ]
}

function listWhy<Place>(rows: readonly Removed<Place>[], name: (place: Place) => string) {
  return rows.flatMap((row) =>
    row.reason === undefined ? [] : [`\n- ${name(row)}: ${row.reason}`],
  )
}

function describeRows(
  { keys, secrets, environments }: RevokeReport,
  { dryRun, selection }: RevokeInputs,
): string {
  const none =
    selection.by === 'label' ? `No active key has label "${selection.label}"` : 'No key given'
  const parts = [
    ...(keys.length === 0 ? [none] : []),
    ...tally('Management Key', keys),
    ...tally('secret', secrets),
    ...tally('environment', environments),
  ]
  return `${dryRun ? 'Dry run: ' : ''}${parts.join('; ')}`
}
