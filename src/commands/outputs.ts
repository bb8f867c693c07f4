import { describeDestination } from '../core/secret-target.js'
import type { Runner } from '../runner/runner.js'
import type { SecretRecord } from '../transaction/record.js'

/** Sets the outputs that are safe to show. */
export function setOutputs(outputs: Readonly<Record<string, string>>, runner: Runner): void {
  for (const [name, value] of Object.entries(outputs)) runner.setOutput(name, value)
}

/** The `secrets` output: the secrets that certainly hold the key, as JSON. */
export function listSecrets(records: readonly SecretRecord[]): string {
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
