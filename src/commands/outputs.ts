import { toOneLine } from '../core/plain-text.js'
import { describeDestination, type SecretTarget } from '../core/secret-target.js'
import type { CreateInputs } from '../inputs/create.js'
import type { ManagementApi } from '../junction/client.js'
import type { ManagementKey, NewManagementKey } from '../junction/responses.js'
import type { Outputs, Runner } from '../runner/runner.js'
import type { SecretRecord } from '../transaction/record.js'
import { type KeyOutcome, revokeAll } from '../transaction/revoke-all.js'

export function describeKey(
  key: NewManagementKey,
  secrets: readonly SecretRecord[],
  previous: readonly ManagementKey[],
  inputs: CreateInputs,
): Outputs {
  return {
    // No previous key is revoked before the new one is delivered.
    ...describeNoKey(inputs),
    key_id: key.id,
    label: key.label ?? inputs.label,
    role: key.role ?? '',
    created_at: key.createdAt ?? '',
    team_ids: key.teamIds ?? inputs.teamIds,
    created: 'true',
    retained_key_ids: previous.map(({ id }) => id),
    secrets: secrets
      .filter(({ status }) => status === 'created' || status === 'updated')
      .map((one) => ({ ...locateSecret(one), status: one.status })),
  }
}

export function locateSecret({ destination, name }: SecretTarget) {
  return { target: describeDestination(destination), name }
}

export function describeNoKey({ label, teamIds }: CreateInputs): Outputs {
  return {
    label,
    team_ids: teamIds,
    created: 'false',
    replaced_key_ids: [],
    retained_key_ids: [],
    secrets: [],
  }
}

/** Writes lines to the log, folded when they are many. */
export function infoMany(title: string, lines: readonly string[], runner: Runner): Promise<void> {
  return runner.group(title, lines.length, async () => lines.forEach(runner.info))
}

interface NamedKey {
  readonly id: string
  readonly label: string | undefined
}

/** Revokes keys, all that it can, each with a line of the log. */
export function revokeMany<Key extends NamedKey>(
  keys: readonly Key[],
  api: ManagementApi,
  runner: Runner,
): Promise<readonly KeyOutcome<Key>[]> {
  const { info, cancellation } = runner
  return runner.group(`Revoking ${keys.length} keys`, keys.length, () =>
    revokeAll(keys, { api, info, name: nameKey, cancellation }),
  )
}

const LONGEST_LABEL = 200

export function nameKey({ id, label }: NamedKey): string {
  const name = `Management Key ${id}`
  return label === undefined ? name : `${name} "${toOneLine(label, LONGEST_LABEL)}"`
}
