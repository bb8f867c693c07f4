import type { CreateInputs } from '../core/create-inputs.js'
import type { NewManagementKey } from '../junction/answers.js'
import type { Runner } from '../runner/runner.js'

/** Hands a new key on: the facts about it first, its value last. Throws when the runner takes no more. */
export function deliverKey(key: NewManagementKey, inputs: CreateInputs, runner: Runner): void {
  setFacts(
    {
      key_id: key.id,
      label: key.label ?? inputs.label,
      role: key.role ?? '',
      created_at: key.createdAt ?? '',
      team_ids: JSON.stringify(key.teamIds ?? inputs.teamIds),
      created: 'true',
      replaced_key_ids: '[]',
    },
    runner,
  )
  if (inputs.envName !== undefined) runner.exportVariable(inputs.envName, key.value)
  if (inputs.outputKey) runner.setOutput('key', key.value)
}

/** Sets the outputs that are safe to show. */
export function setFacts(facts: Readonly<Record<string, string>>, runner: Runner): void {
  for (const [name, value] of Object.entries(facts)) runner.setOutput(name, value)
}

/** Says in words where a delivered key went, for the log and the summary. */
export function describeDestinations(inputs: CreateInputs): readonly string[] {
  return [
    ...(inputs.outputKey ? ['step output `key`'] : []),
    ...(inputs.envName === undefined ? [] : [`environment variable \`${inputs.envName}\``]),
  ]
}
