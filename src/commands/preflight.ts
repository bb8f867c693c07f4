import type { Clock } from '../core/clock.js'
import { ActionError } from '../core/errors.js'
import { listLines, listNames } from '../core/message.js'
import { describeSecret } from '../core/secret-target.js'
import { parseTime } from '../core/time.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { CreateInputs } from '../inputs/create.js'
import type { ManagementApi, MatchingKeys } from '../junction/client.js'
import type { Runner } from '../runner/runner.js'
import type { Journal } from '../transaction/journal.js'
import { sortByAge } from '../transaction/replace.js'
import { ownsLabel } from '../transaction/stray-keys.js'

/** What the parts of the create command share. */
export interface CreateStep {
  readonly inputs: CreateInputs
  readonly runner: Runner
  readonly clock: Clock
  readonly api: ManagementApi
  readonly journal: Journal
  /** `undefined` when no secret is written. */
  readonly secrets: GitHubSecrets | undefined
}

export interface Findings {
  /** Active keys with the same label and teams. */
  readonly existing: MatchingKeys
  readonly prepared: readonly PreparedSecret[]
}

/** Checks everything that can be checked without creating a key. Throws an `ActionError` that says what is wrong. */
export async function preflight(step: CreateStep): Promise<Findings> {
  const { inputs, runner, secrets } = step
  const env = inputs.envName === undefined ? [] : ['ENV' as const]
  runner.checkFiles(['OUTPUT', ...env])
  const { targets, createEnvironments, dryRun } = inputs
  const tolerated = dryRun ? 'tolerate' : 'create'
  const missing = createEnvironments ? tolerated : 'refuse'
  const listing = findExisting(step)
  const preparing = secrets?.prepare(targets, missing, listing)
  const [existing, prepared = []] = await Promise.all([listing, preparing])
  return { existing, prepared }
}

const NOT_LISTED = {
  keys: [],
  possible: [],
  serverTime: undefined,
  receivedAt: 0,
  receivedUptime: 0,
}

async function findExisting(step: CreateStep): Promise<MatchingKeys> {
  const { inputs, api, runner } = step
  const isPlainCreate = inputs.ifExists === 'create' && !inputs.dryRun
  if (isPlainCreate && !isOwnLabel(step)) return NOT_LISTED
  const existing = await api.findKeys(inputs)
  // With `create`, they are listed only so that none of them ever counts as a new key.
  if (isPlainCreate) return existing
  const { keys, possible } = existing
  if (possible.length > 0) {
    const ids = possible.map(({ id }) => id)
    runner.warning(
      listNames(
        `Ignored Management Keys for which the API returned no label or teams, so they cannot be matched against "${inputs.label}":`,
        ids,
      ),
    )
  }
  if (inputs.ifExists === 'fail' && keys.length > 0) {
    throw new ActionError(
      listNames(
        `An active key with label "${inputs.label}" and the same teams already exists, and if_exists is "fail". Revoke it, choose another label, or set if_exists: replace. Active now:`,
        keys.map(({ id }) => id),
      ),
    )
  }
  return existing
}

/**
 * Whether `if_exists: skip` has nothing left to do: an active key with the label exists, and every target has the
 * secret. Throws an `ActionError` when only some have it, because a key's value cannot be read again.
 */
export function isInPlace({ existing: { keys }, prepared }: Findings, label: string): boolean {
  const lacking = prepared.filter(({ metadata }) => metadata === undefined)
  if (keys.length === 0 || lacking.length === prepared.length) return false
  if (lacking.length === 0) return true
  const ids = keys.map(({ id }) => id).join(', ')
  throw new ActionError(
    listLines(
      `if_exists is "skip", and an active key with label "${label}" exists (${ids}), but some secrets are missing. A key's value cannot be read again: run once with if_exists: replace to create a new key and write it to every target. Missing:`,
      lacking.map(({ target }) => describeSecret(target)),
    ),
  )
}

/**
 * Whether a key is to be created, as far as `older_than` has a say: the newest key is older than that, or its age is
 * unknown, or a target lacks the secret.
 */
export function isDue({ existing, prepared }: Findings, { olderThanMs }: CreateInputs): boolean {
  const [newest] = sortByAge(existing.keys)
  const created = parseTime(newest?.createdAt)
  if (olderThanMs === undefined || created === undefined) return true
  if (prepared.some(({ metadata }) => metadata === undefined)) return true
  return (existing.serverTime ?? existing.receivedAt) - created > olderThanMs
}

/** Whether no other run uses the label. */
export function isOwnLabel({ inputs, runner }: CreateStep): boolean {
  return ownsLabel(inputs.label, runner.context.runId, inputs.ifExists === 'replace')
}
