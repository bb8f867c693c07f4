import { ActionError, explainError } from '../core/errors.js'
import { mapAtMost } from '../core/map-at-most.js'
import { listNames } from '../core/message.js'
import { isSimilar } from '../core/plain-text.js'
import { describeDestination, describeSecret } from '../core/secret-target.js'
import type { GitHubSecrets } from '../github/secrets.js'
import { parseRevokeInputs, type RevokeInputs } from '../inputs/revoke.js'
import { isSameId, type ManagementKey } from '../junction/responses.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { listRevoked, NOT_TRIED } from '../transaction/revoke-all.js'
import { connectManagementApi, loadGitHub, type Step } from './connect.js'
import { infoMany, locateSecret, nameKey, revokeMany } from './outputs.js'
import {
  listReasons,
  type Removed,
  type RevokeReport,
  type RevokeRow,
  reportRevoked,
  type SelectedKey,
} from './revoke-report.js'

interface RevokeStep extends Step<RevokeInputs> {
  /** `undefined` when no secret is to be deleted. */
  readonly secrets: GitHubSecrets | undefined
}

/** The revoke action: parse → find → delete secrets → revoke keys → delete environments → report. */
export async function revokeKeys(runner: Runner): Promise<void> {
  const inputs = parseRevokeInputs(runner.readInput, runner.context)
  for (const warning of inputs.warnings) runner.warning(warning)
  runner.setOutputs({ revoked_key_ids: [], deleted_secrets: [], deleted_environments: [] })
  const clock = createSystemClock(runner.cancellation)
  const api = connectManagementApi(inputs, runner, clock)
  const github = inputs.targets.length > 0 ? await loadGitHub(inputs, runner, clock) : undefined
  const step = { inputs, runner, api, secrets: github?.connectSecrets() }

  const keys = await findKeys(step)
  const finish = async () => {
    const report = await carryOut(keys, step)
    reportRevoked(report, await describeNoMatch(keys, report, step), step)
  }
  await (inputs.dryRun ? finish() : runner.uninterrupted(finish))
}

/** The keys to revoke: those with the given IDs, or all active ones with the label. */
async function findKeys({ inputs, api, secrets }: RevokeStep): Promise<readonly SelectedKey[]> {
  const { selection, dryRun, ifMissing } = inputs
  const isById = selection.by === 'id'
  const listed: SelectedKey[] = []
  // The list also shows, before secrets are deleted, that the organization is accessible.
  if (!isById || dryRun || secrets !== undefined) {
    const pages = isById
      ? api.listKeys(undefined, 'any')
      : api.listKeys(selection.teamIds[0], 'team_admin')
    for await (const { keys } of pages) {
      for (const { id, label } of keys.filter((key) => isSelected(key, selection))) {
        listed.push({ id, label, isListed: true })
      }
    }
  }
  if (isById) {
    const find = (id: string) => listed.find((key) => isSameId(key.id, id))
    return selection.ids.map((id) => find(id) ?? { id, label: undefined, isListed: false })
  }
  if (listed.length === 0 && ifMissing === 'fail') {
    throw new ActionError(
      `No active Management Key has label "${selection.label}", and if_missing is "fail". Nothing was changed`,
    )
  }
  return listed
}

function isSelected(key: ManagementKey, selection: RevokeInputs['selection']): boolean {
  if (selection.by === 'id') return selection.ids.some((id) => isSameId(id, key.id))
  if (key.label !== selection.label || (key.role ?? 'team_admin') !== 'team_admin') return false
  return selection.teamIds.every((team) => key.teamIds?.includes(team) === true)
}

/** Does what the inputs ask for, or looks what that would be, and sets the outputs. */
async function carryOut(keys: readonly SelectedKey[], step: RevokeStep): Promise<RevokeReport> {
  const { inputs, runner, secrets: github } = step
  const { dryRun } = inputs
  const isDeleted = ({ status }: { readonly status: string }) => status === 'deleted'
  // Where environments are deleted, one that is gone already is fine, and so are its secrets.
  const missing = inputs.environments.length > 0 ? 'tolerate' : 'refuse'
  // Before keys are revoked, so that no secret contains a revoked key.
  const secrets = await removeEach('Secret', inputs.targets, describeSecret, runner, (target) =>
    dryRun
      ? github?.readMetadata(target, missing).then((found) => found !== undefined)
      : github?.remove(target, missing),
  )
  runner.setOutputs({ deleted_secrets: secrets.filter(isDeleted).map(locateSecret) })
  const rows = secrets.some(({ status }) => status === 'not deleted')
    ? keys.map((key): RevokeRow => ({ ...key, status: 'not revoked' }))
    : await revoke(keys, step)
  runner.setOutputs({ revoked_key_ids: listRevoked(rows) })
  const report = { keys: rows, secrets, environments: [] }
  const hasFailed = listReasons(report).length > 0
  const environments = hasFailed
    ? inputs.environments.map((one) => ({ ...one, status: 'not deleted' as const }))
    : await removeEach('Environment', inputs.environments, describeDestination, runner, (one) =>
        dryRun ? github?.hasEnvironment(one) : github?.removeEnvironment(one),
      )
  runner.setOutputs({
    deleted_environments: environments.filter(isDeleted).map(describeDestination),
  })
  return { ...report, environments }
}

const MOST_AT_ONCE = 6

/** Deletes secrets or environments, all that it can, or in a dry run looks for them; each with a line of the log. */
async function removeEach<Place>(
  noun: string,
  places: readonly Place[],
  name: (place: Place) => string,
  runner: Runner,
  remove: (place: Place) => Promise<'deleted' | 'gone' | boolean> | undefined,
): Promise<readonly Removed<Place>[]> {
  const rows = await mapAtMost(MOST_AT_ONCE, places, async (place): Promise<Removed<Place>> => {
    try {
      if (runner.cancellation.aborted) throw new ActionError(NOT_TRIED)
      const result = await remove(place)
      if (result === true) return { ...place, status: 'would be deleted' }
      return { ...place, status: result === 'deleted' ? 'deleted' : 'not found' }
    } catch (error) {
      return { ...place, status: 'not deleted', reason: explainError(error) }
    }
  })
  const lines = rows.map((row) => `${noun} ${name(row)}: ${row.status}`)
  await infoMany(`${noun}s`, lines, runner)
  return rows
}

async function revoke(
  keys: readonly SelectedKey[],
  { inputs, api, runner }: RevokeStep,
): Promise<readonly RevokeRow[]> {
  const plan = (key: SelectedKey) =>
    ({ ...key, status: key.isListed ? 'would be revoked' : 'already gone' }) as const
  const outcomes = inputs.dryRun ? keys.map(plan) : await revokeMany(keys, api, runner)
  const reason = 'no active key has this ID, and if_missing is "fail"'
  return outcomes.map((key): RevokeRow => {
    // An ID that no list ever showed may belong to another organization, or to no key.
    if (key.isListed || key.status !== 'already gone') return key
    return { ...key, status: 'not found', ...(inputs.ifMissing === 'fail' && { reason }) }
  })
}

/** A label that matches no key, although one of its secrets was there, may be misspelled: names the keys that may be meant. */
async function describeNoMatch(
  found: readonly SelectedKey[],
  { secrets }: RevokeReport,
  { inputs: { selection }, api }: RevokeStep,
) {
  const deleted = secrets.filter(({ status }) => status !== 'not found' && status !== 'not deleted')
  if (selection.by === 'id' || found.length > 0 || deleted.length === 0) return undefined
  const { label, teamIds } = selection
  const teams = teamIds.length === 0 ? '' : ' and these teams'
  const lost = `No active Management Key has label "${label}"${teams}, but ${deleted.map(describeSecret).join(', ')} existed: the key in it may still be active`
  try {
    const similar: ManagementKey[] = []
    const isMeant = (key: ManagementKey) =>
      isSimilar((key.label ?? '').toLowerCase(), label.toLowerCase())
    for await (const { keys } of api.listKeys(undefined, 'team_admin')) {
      similar.push(...keys.filter(isMeant))
    }
    if (similar.length === 0)
      return `${lost}. No active key has a similar label; check the Junction Dashboard`
    const head = `${lost}. Active keys with this label in other teams, or a similar one:`
    return listNames(head, similar, nameKey)
  } catch (error) {
    return `${lost}. Similar keys could not be listed: ${explainError(error)}`
  }
}
