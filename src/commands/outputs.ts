import { describeDestination } from '../core/secret-target.js'
import type { CreateInputs } from '../inputs/create.js'
import type { NewManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import type { SecretRecord } from '../transaction/record.js'

/** Sets the outputs that are safe to show. */
export function setOutputs(outputs: Readonly<Record<string, string>>, runner: Runner): void {
  for (const [name, value] of Object.entries(outputs)) runner.setOutput(name, value)
}

/** The outputs that describe a new key, without its value. */
export function describeKey(
  key: NewManagementKey,
  secrets: readonly SecretRecord[],
  previousIds: readonly string[],
  inputs: CreateInputs,
): Readonly<Record<string, string>> {
  return {
    key_id: key.id,
    label: key.label ?? inputs.label,
    role: key.role ?? '',
    created_at: key.createdAt ?? '',
    team_ids: JSON.stringify(key.teamIds ?? inputs.teamIds),
    created: 'true',
    // No previous key is revoked before the new one is delivered.
    replaced_key_ids: '[]',
    retained_key_ids: JSON.stringify(previousIds),
    secrets: listSecrets(secrets),
  }
}

/** The outputs of a step that creates no key. */
export function describeNoKey(inputs: CreateInputs): Readonly<Record<string, string>> {
  return {
    label: inputs.label,
    team_ids: JSON.stringify(inputs.teamIds),
    created: 'false',
    replaced_key_ids: '[]',
    retained_key_ids: '[]',
    secrets: '[]',
  }
}

/** The `secrets` output: the secrets that certainly contain the key, as JSON. */
function listSecrets(records: readonly SecretRecord[]): string {
  return JSON.stringify(
    records
      .filter(({ status }) => status === 'created' || status === 'updated')
      .map(({ destination, name, status }) => ({
        target: describeDestination(destination),
        name,
        status,
      })),
  )
}

/** Lines of the log that stay in sight. */
const MOST_LINES_IN_SIGHT = 5

/** Writes lines to the log, folded when they are many. */
export function infoMany(title: string, lines: readonly string[], runner: Runner): Promise<void> {
  return foldMany(title, lines.length, runner, async () => {
    for (const line of lines) runner.info(line)
  })
}

/** Does work that writes about as many lines to the log as `lines` says, and folds them when they are many. */
export function foldMany<T>(
  title: string,
  lines: number,
  runner: Runner,
  work: () => Promise<T>,
): Promise<T> {
  return lines > MOST_LINES_IN_SIGHT ? runner.group(title, work) : work()
}
