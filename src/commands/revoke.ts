import { ActionError, explainError } from '../core/errors.js'
import { listLines } from '../core/message.js'
import {
  describeDestination,
  describeSecret,
  type EnvironmentDestination,
  listFailures,
  type SecretTarget,
} from '../core/secret-target.js'
import type { GitHubSecrets, MissingPlaces } from '../github/secrets.js'
import { type KeySelection, parseRevokeInputs, type RevokeInputs } from '../inputs/revoke.js'
import type { ManagementApi } from '../junction/client.js'
import { isSameId, type ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import {
  type KeyOutcome,
  listFailedKeys,
  listRevoked,
  revokeAll,
} from '../transaction/revoke-all.js'
import { connectGitHubSecrets, connectManagementApi } from './connect.js'
import { foldMany, infoMany, setOutputs } from './outputs.js'
import {
  type EnvironmentOutcome,
  reportDryRun,
  reportRefused,
  reportRevoked,
} from './revoke-report.js'

/** What the parts of the revoke command share. */
interface RevokeStep {
  readonly inputs: RevokeInputs
  readonly runner: Runner
  readonly api: ManagementApi
  /** `undefined` when no secret is to be deleted. */
  readonly secrets: GitHubSecrets | undefined
}

/** The revoke action: parse → find → delete secrets → revoke keys → delete environments → report. */
export async function revokeKeys(runner: Runner): Promise<void> {
  const inputs = parseRevokeInputs(runner.readInput, runner.context)
  for (const warning of inputs.warnings) runner.warning(warning)
  setOutputs({ revoked_key_ids: '[]', deleted_secrets: '[]', deleted_environments: '[]' }, runner)
  const step = await connect(inputs, runner)

  const ids = await findKeys(step)
  if (inputs.dryRun) return preview(ids, step)
  const deleted = await deleteSecrets(step)
  const outcomes = await revoke(ids, step)
  const problem = findProblem(outcomes, inputs)
  const environments = await deleteEnvironments(problem ? [] : inputs.environments, step)
  setOutputs(
    {
      revoked_key_ids: JSON.stringify(listRevoked(outcomes)),
      deleted_secrets: listDeleted(deleted),
      deleted_environments: JSON.stringify(environments.deleted.map(describeDestination)),
    },
    runner,
  )
  reportRevoked(outcomes, deleted, environments, inputs, runner)
  if (problem) throw problem
  if (environments.failures.length > 0) {
    throw new ActionError(
      listLines(
        'Secrets were deleted and keys revoked, but not every environment could be deleted:',
        environments.failures,
      ),
    )
  }
}

async function connect(inputs: RevokeInputs, runner: Runner): Promise<RevokeStep> {
  return {
    inputs,
    runner,
    api: connectManagementApi(inputs, runner, createSystemClock()),
    secrets: inputs.targets.length > 0 ? await connectGitHubSecrets(inputs, runner) : undefined,
  }
}

/** The IDs to revoke: as given, or of every active key with the label. */
async function findKeys({ inputs, api, secrets }: RevokeStep): Promise<readonly string[]> {
  const { selection } = inputs
  if (selection.by === 'id' && !inputs.dryRun && secrets === undefined) return selection.ids

  const pages =
    selection.by === 'label'
      ? api.listKeys(selection.teamIds[0], 'team_admin')
      : api.listKeys(undefined, 'any')
  const found: string[] = []
  for await (const { keys } of pages) {
    for (const key of keys) if (isSelected(key, selection)) found.push(key.id)
  }
  if (selection.by === 'label' && found.length === 0 && inputs.ifMissing === 'fail') {
    throw new ActionError(
      `No active Management Key has label "${selection.label}", and if_missing is "fail". Nothing was changed`,
    )
  }
  // The list shows, before secrets are deleted, that the organization is accessible; every ID given is still tried.
  return selection.by === 'id' && !inputs.dryRun ? selection.ids : found
}

function isSelected(key: ManagementKey, selection: KeySelection): boolean {
  if (selection.by === 'id') return includesId(selection.ids, key.id)
  if (key.label !== selection.label || (key.role ?? 'team_admin') !== 'team_admin') return false
  return selection.teamIds.every((team) => key.teamIds?.includes(team) === true)
}

function includesId(ids: readonly string[], id: string): boolean {
  return ids.some((one) => isSameId(one, id))
}

/** Deletes secrets before keys are revoked, so that no secret contains a revoked key. Throws when one remains. */
async function deleteSecrets({
  inputs,
  secrets,
  runner,
}: RevokeStep): Promise<readonly SecretTarget[]> {
  if (secrets === undefined) return []
  const { deleted, failures } = await secrets.removeAll(inputs.targets, missingPlaces(inputs))
  await infoMany(
    `Deleted ${deleted.length} secrets`,
    deleted.map((secret) => `Deleted ${describeSecret(secret)}`),
    runner,
  )
  if (failures.length > 0) {
    setOutputs({ deleted_secrets: listDeleted(deleted) }, runner)
    reportRefused(failures, deleted, runner)
    throw new ActionError(listFailures('could not be deleted, so no key was revoked', failures))
  }
  return deleted
}

/** Where environments are deleted, one that is gone already is fine, and so are its secrets. */
function missingPlaces({ environments }: RevokeInputs): MissingPlaces {
  return environments.length > 0 ? 'tolerate' : 'refuse'
}

function revoke(
  ids: readonly string[],
  { api, runner: { info }, runner }: RevokeStep,
): Promise<readonly KeyOutcome[]> {
  const name = ({ id }: { readonly id: string }) => `Management Key ${id}`
  const keys = ids.map((id) => ({ id }))
  return foldMany(`Revoking ${ids.length} keys`, ids.length, runner, () =>
    revokeAll(keys, { api, info, name }),
  )
}

async function deleteEnvironments(
  environments: readonly EnvironmentDestination[],
  { secrets, runner }: RevokeStep,
): Promise<EnvironmentOutcome> {
  const deleted: EnvironmentDestination[] = []
  const failures: string[] = []
  for (const environment of environments) {
    const name = describeDestination(environment)
    try {
      const outcome = await secrets?.removeEnvironment(environment)
      if (outcome === 'deleted') deleted.push(environment)
      runner.info(
        outcome === 'deleted' ? `Deleted environment ${name}` : `There is no environment ${name}`,
      )
    } catch (error) {
      failures.push(`${name}: ${explainError(error)}`)
    }
  }
  return { deleted, failures }
}

/** Why the step fails, as far as keys are concerned. */
function findProblem(
  outcomes: readonly KeyOutcome[],
  { ifMissing }: RevokeInputs,
): ActionError | undefined {
  const failures = listFailedKeys(outcomes)
  const missing = ifMissing === 'fail' ? outcomes.filter(({ kind }) => kind === 'gone') : []
  const items = [
    ...failures,
    ...missing.map(({ id }) => `\n- ${id}: no active key has this ID, and if_missing is "fail"`),
  ]
  if (items.length === 0) return undefined
  const warning = failures.length === 0 ? '' : ' A key named here may still be active.'
  return new ActionError({ head: `Not every Management Key could be revoked.${warning}`, items })
}

/** Finds what a real run would do, and reports it. */
async function preview(ids: readonly string[], step: RevokeStep): Promise<void> {
  const { inputs, secrets, runner } = step
  const { selection } = inputs
  const missing = selection.by === 'id' ? selection.ids.filter((id) => !includesId(ids, id)) : []
  const problem = findProblem(
    missing.map((id) => ({ id, kind: 'gone' })),
    inputs,
  )
  if (problem) throw problem
  const present = (await secrets?.findPresent(inputs.targets, missingPlaces(inputs))) ?? []
  const environments: EnvironmentDestination[] = []
  for (const environment of inputs.environments) {
    if (await secrets?.hasEnvironment(environment)) environments.push(environment)
  }
  await reportDryRun(ids, present, environments, runner)
}

function listDeleted(deleted: readonly SecretTarget[]): string {
  return JSON.stringify(
    deleted.map(({ destination, name }) => ({ target: describeDestination(destination), name })),
  )
}
