import { ActionError, explainError } from '../core/errors.js'
import { listNames } from '../core/message.js'
import { isSimilar, toOneLine } from '../core/plain-text.js'
import { describeDestination, describeSecret, type SecretTarget } from '../core/secret-target.js'
import type { GitHubSecrets, MissingPlaces } from '../github/secrets.js'
import { type KeySelection, parseRevokeInputs, type RevokeInputs } from '../inputs/revoke.js'
import type { ManagementApi } from '../junction/client.js'
import { isSameId, type ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { listRevoked, revokeAll } from '../transaction/revoke-all.js'
import { connectGitHubSecrets, connectManagementApi } from './connect.js'
import { count, type SecretRow } from './job-summary.js'
import { foldMany, infoMany, setOutputs } from './outputs.js'
import {
  type EnvironmentRow,
  findProblem,
  isDeleted,
  type RevokeReport,
  type RevokeRow,
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

/** A key to revoke. */
interface SelectedKey {
  readonly id: string
  /** `undefined` when no list was read. */
  readonly label: string | undefined
  /** Whether a list showed the key. */
  readonly isKnown: boolean
}

/** Characters of a label that a message shows. */
const LONGEST_LABEL = 100

/** The revoke action: parse → find → delete secrets → revoke keys → delete environments → report. */
export async function revokeKeys(runner: Runner): Promise<void> {
  const inputs = parseRevokeInputs(runner.readInput, runner.context)
  for (const warning of inputs.warnings) runner.warning(warning)
  setOutputs({ revoked_key_ids: '[]', deleted_secrets: '[]', deleted_environments: '[]' }, runner)
  const step = await connect(inputs, runner)

  const keys = await findKeys(step)
  if (inputs.dryRun) return finish(await preview(keys, step), keys, step)
  await runner.uninterrupted(async () => finish(await carryOut(keys, step), keys, step))
}

async function finish(
  report: RevokeReport,
  keys: readonly SelectedKey[],
  step: RevokeStep,
): Promise<void> {
  const { inputs, runner } = step
  const warning = await findOtherKeys(keys, report, step)
  if (warning !== undefined) runner.warning(warning)
  reportRevoked(report, warning, inputs, runner)
  const problem = findProblem(report, inputs)
  if (problem) throw problem
}

async function connect(inputs: RevokeInputs, runner: Runner): Promise<RevokeStep> {
  return {
    inputs,
    runner,
    api: connectManagementApi(inputs, runner, createSystemClock(runner.cancellation)),
    secrets: inputs.targets.length > 0 ? await connectGitHubSecrets(inputs, runner) : undefined,
  }
}

/** The keys to revoke: those with the given IDs, or all active ones with the label. */
async function findKeys({ inputs, api, secrets }: RevokeStep): Promise<readonly SelectedKey[]> {
  const { selection, dryRun } = inputs
  const listed: SelectedKey[] = []
  // The list also shows, before secrets are deleted, that the organization is accessible.
  if (selection.by === 'label' || dryRun || secrets !== undefined) {
    const [team, role] =
      selection.by === 'label'
        ? ([selection.teamIds[0], 'team_admin'] as const)
        : ([undefined, 'any'] as const)
    for await (const { keys } of api.listKeys(team, role)) {
      for (const { id, label } of keys.filter((key) => isSelected(key, selection))) {
        listed.push({ id, label, isKnown: true })
      }
    }
  }
  if (selection.by === 'id') {
    return selection.ids.map(
      (id) =>
        listed.find((key) => isSameId(key.id, id)) ?? { id, label: undefined, isKnown: false },
    )
  }
  if (listed.length === 0 && inputs.ifMissing === 'fail') {
    throw new ActionError(
      `No active Management Key has label "${selection.label}", and if_missing is "fail". Nothing was changed`,
    )
  }
  return listed
}

function isSelected(key: ManagementKey, selection: KeySelection): boolean {
  if (selection.by === 'id') return selection.ids.some((id) => isSameId(id, key.id))
  if (key.label !== selection.label || (key.role ?? 'team_admin') !== 'team_admin') return false
  return selection.teamIds.every((team) => key.teamIds?.includes(team) === true)
}

/** Does what the inputs ask for, and sets the outputs. */
async function carryOut(keys: readonly SelectedKey[], step: RevokeStep): Promise<RevokeReport> {
  const { inputs, runner } = step
  const { secrets, failures } = await deleteSecrets(step)
  const deleted = secrets.filter(({ status }) => status === 'deleted')
  setOutputs({ deleted_secrets: listSecrets(deleted) }, runner)
  const rows =
    failures.length > 0
      ? keys.map((key): RevokeRow => ({ ...key, kind: 'kept' }))
      : await revoke(keys, step)
  setOutputs({ revoked_key_ids: JSON.stringify(listRevoked(rows)) }, runner)
  const report = { keys: rows, secrets, failedSecrets: failures, environments: [] }
  if (findProblem(report, inputs)) {
    const environments = inputs.environments.map((target): EnvironmentRow => {
      return { target, status: 'not deleted' }
    })
    return { ...report, environments }
  }
  const environments = await deleteEnvironments(step)
  const gone = environments.filter(({ status }) => status === 'deleted')
  const names = gone.map(({ target }) => describeDestination(target))
  setOutputs({ deleted_environments: JSON.stringify(names) }, runner)
  return { ...report, environments }
}

/** Deletes secrets before keys are revoked, so that no secret contains a revoked key. */
async function deleteSecrets({ inputs, secrets, runner }: RevokeStep): Promise<{
  readonly secrets: readonly SecretRow[]
  readonly failures: readonly string[]
}> {
  if (secrets === undefined) return { secrets: [], failures: [] }
  const { deleted, failures } = await secrets.removeAll(inputs.targets, missingPlaces(inputs))
  await infoMany(
    `Deleted ${count(deleted.length, 'secret')}`,
    deleted.map((secret) => `Deleted ${describeSecret(secret)}`),
    runner,
  )
  for (const failure of failures) runner.info(`Could not delete ${failure}`)
  const judge = (target: SecretTarget) => {
    if (deleted.includes(target)) return 'deleted'
    const name = `${describeSecret(target)}: `
    return failures.some((line) => line.startsWith(name)) ? 'not deleted' : 'did not exist'
  }
  return { secrets: inputs.targets.map((one) => ({ ...one, status: judge(one) })), failures }
}

/** Where environments are deleted, one that is gone already is fine, and so are its secrets. */
function missingPlaces({ environments }: RevokeInputs): MissingPlaces {
  return environments.length > 0 ? 'tolerate' : 'refuse'
}

async function revoke(
  keys: readonly SelectedKey[],
  { api, runner }: RevokeStep,
): Promise<readonly RevokeRow[]> {
  const { info, cancellation } = runner
  const name = ({ id }: SelectedKey) => `Management Key ${id}`
  const outcomes = await foldMany(`Revoking ${keys.length} keys`, keys.length, runner, () =>
    revokeAll(keys, { api, info, name, cancellation }),
  )
  // An ID that no list ever showed may belong to another organization, or to no key.
  return outcomes.map((key): RevokeRow => {
    return key.kind === 'gone' && !key.isKnown ? { ...key, kind: 'missing' } : key
  })
}

async function deleteEnvironments({
  inputs,
  secrets,
  runner,
}: RevokeStep): Promise<readonly EnvironmentRow[]> {
  const rows: EnvironmentRow[] = []
  for (const target of inputs.environments) {
    const name = describeDestination(target)
    try {
      if (runner.cancellation.aborted) throw new ActionError('not tried: the step was canceled')
      const outcome = await secrets?.removeEnvironment(target)
      rows.push({ target, status: outcome === 'deleted' ? 'deleted' : 'did not exist' })
      runner.info(
        outcome === 'deleted' ? `Deleted environment ${name}` : `There is no environment ${name}`,
      )
    } catch (error) {
      rows.push({ target, status: 'not deleted', reason: explainError(error) })
    }
  }
  return rows
}

/** Finds what a real run would do. */
async function preview(keys: readonly SelectedKey[], step: RevokeStep): Promise<RevokeReport> {
  const { inputs, secrets, runner } = step
  const present = (await secrets?.findPresent(inputs.targets, missingPlaces(inputs))) ?? []
  const environments: EnvironmentRow[] = []
  for (const target of inputs.environments) {
    if (await secrets?.hasEnvironment(target))
      environments.push({ target, status: 'would be deleted' })
  }
  const named = [
    ...present.map(describeSecret),
    ...environments.map(({ target }) => `environment ${describeDestination(target)}`),
  ]
  await infoMany(
    `Dry run: would delete ${named.length} secrets and environments`,
    named.map((name) => `Dry run: would delete ${name}`),
    runner,
  )
  return {
    keys: keys.map((key): RevokeRow => ({ ...key, kind: key.isKnown ? 'planned' : 'missing' })),
    secrets: present.map((target) => ({ ...target, status: 'would be deleted' })),
    failedSecrets: [],
    environments,
  }
}

/**
 * A label that matches no key, although one of its secrets was there, may be misspelled: says so, with the active keys
 * that may be meant.
 */
async function findOtherKeys(
  found: readonly SelectedKey[],
  { secrets }: RevokeReport,
  { inputs: { selection }, api }: RevokeStep,
) {
  const deleted = secrets.filter(isDeleted)
  if (selection.by === 'id' || found.length > 0 || deleted.length === 0) return undefined
  const { label, teamIds } = selection
  const teams = teamIds.length === 0 ? '' : ' and these teams'
  const lost = `No active Management Key has label "${label}"${teams}, but ${deleted.map(describeSecret).join(', ')} existed: the key in it may still be active`
  try {
    const similar: string[] = []
    for await (const { keys } of api.listKeys(undefined, 'team_admin')) {
      for (const key of keys) {
        const name = key.label ?? ''
        if (isSimilar(name, label)) similar.push(`${key.id} ("${toOneLine(name, LONGEST_LABEL)}")`)
      }
    }
    return similar.length === 0
      ? `${lost}. No active key has a similar label; check the Junction Dashboard`
      : listNames(`${lost}. Active keys with this label in other teams, or a similar one:`, similar)
  } catch (error) {
    return `${lost}. Similar keys could not be listed: ${explainError(error)}`
  }
}

function listSecrets(secrets: readonly SecretTarget[]): string {
  return JSON.stringify(
    secrets.map(({ destination, name }) => ({ target: describeDestination(destination), name })),
  )
}
