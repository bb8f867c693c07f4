import type { CreateInputs } from '../core/create-inputs.js'
import { escapeMarkdown, renderFacts } from '../core/markdown.js'
import { joinWords } from '../core/plain-text.js'
import type { ManagementKey, NewManagementKey } from '../junction/answers.js'
import { selectSuperseded } from '../junction/predecessors.js'
import type { Runner } from '../runner/runner.js'
import { describeDestinations, setFacts } from './deliver-key.js'

/** Tells what was created: the last output, a notice, the job summary. */
export function reportCreated(
  key: NewManagementKey,
  inputs: CreateInputs,
  replacedIds: readonly string[],
  runner: Runner,
): void {
  if (replacedIds.length > 0) {
    setFacts({ replaced_key_ids: JSON.stringify(replacedIds) }, runner)
  }
  const destinations = describeDestinations(inputs)
  runner.notice(`Created Management Key ${key.id} with the label "${inputs.label}"`)
  runner.info(`Handed on as ${joinWords(destinations, 'and').replaceAll('`', '')}`)
  const facts = renderFacts([
    ['Key id', escapeMarkdown(key.id)],
    ['Label', escapeMarkdown(key.label ?? inputs.label)],
    ['Organisation', escapeMarkdown(inputs.orgId)],
    ['Teams', (key.teamIds ?? inputs.teamIds).map(escapeMarkdown).join('<br>')],
    ['Role', escapeMarkdown(key.role ?? '')],
    ['Created', escapeMarkdown(key.createdAt ?? '')],
    ['Handed on as', joinWords(destinations, 'and')],
    ['Replaced', replacedIds.map(escapeMarkdown).join('<br>')],
  ])
  runner.appendSummary(
    `### Junction Management Key created\n\n${facts}\n\n${revokeRecipe(key.id, inputs)}\n`,
  )
}

/** Tells what a dry run found: outputs, a line of the log, the job summary. Nothing was created. */
export function reportDryRun(
  inputs: CreateInputs,
  existing: readonly ManagementKey[],
  runner: Runner,
): void {
  setFacts(
    {
      label: inputs.label,
      team_ids: JSON.stringify(inputs.teamIds),
      created: 'false',
      replaced_key_ids: '[]',
    },
    runner,
  )
  const replaced =
    inputs.ifExists === 'replace' ? selectSuperseded(existing, inputs.retain).superseded : []
  runner.notice(
    `Dry run: a Management Key with the label "${inputs.label}" would be created; the organisation opened and ${existing.length} live keys bear this label and these teams`,
  )
  const facts = renderFacts([
    ['Label', escapeMarkdown(inputs.label)],
    ['Organisation', escapeMarkdown(inputs.orgId)],
    ['Teams', inputs.teamIds.map(escapeMarkdown).join('<br>')],
    ['Would be handed on as', joinWords(describeDestinations(inputs), 'and')],
    ['Already there', existing.map(({ id }) => escapeMarkdown(id)).join('<br>')],
    ['Would be replaced', replaced.map(({ id }) => escapeMarkdown(id)).join('<br>')],
  ])
  runner.appendSummary(`### Junction Management Key: dry run, nothing was created\n\n${facts}\n`)
}

function revokeRecipe(keyId: string, inputs: CreateInputs): string {
  const url = `${inputs.apiUrl}/v1/org/${inputs.orgId}/management_key/${encodeURIComponent(keyId)}`
  return [
    'The key never expires. To revoke it, use the Junction Dashboard, or',
    '',
    '```sh',
    `curl -X DELETE --header @- '${url}' <<<"X-Management-Key: $JUNCTION_ORG_KEY"`,
    '```',
  ].join('\n')
}
