import type { Clock } from '../core/clock.js'
import { ActionError } from '../core/errors.js'
import { listLines, listNames } from '../core/message.js'
import { describeSecret } from '../core/secret-target.js'
import { parseTime } from '../core/time.js'
import type { PreparedSecret } from '../github/prepare-secrets.js'
import type { GitHubSecrets } from '../github/secrets.js'
import type { CreateInputs } from '../inputs/create.js'
import type { MatchingKeys } from '../junction/client.js'
import type { Journal } from '../transaction/journal.js'
import { sortByAge } from '../transaction/replace.js'
import { ownsLabel } from '../transaction/stray-keys.js'
import type { Transaction } from '../transaction/transaction.js'
import type { Step } from './connect.js'

export interface CreateStep extends Step<CreateInputs> {
  readonly clock: Clock
  readonly journal: Journal
  readonly transaction: Transaction
  /** `undefined` when no secret is written. */
  readonly secrets: GitHubSecrets | undefined
}

export interface Findings {
  /** Active keys with the same label and teams. */
  readonly existing: Omit<MatchingKeys, 'receivedUptime'>
  readonly prepared: readonly PreparedSecret[]
  /** Whether no key is to be created. */
  readonly isInPlace: boolean
}

/** Checks everything that can be checked without creating a key. Throws an `ActionError` that says what is wrong. */
export async function preflight(step: CreateStep): Promise<Findings> {
  const { inputs, runner, secrets } = step
  if (inputs.envName !== undefined) runner.checkFiles(['ENV'])
  const { targets, createEnvironments, dryRun } = inputs
  const allowed = dryRun ? 'tolerate' : 'create'
  const missing = createEnvironments ? allowed : 'refuse'
  const listing = findExisting(step)
  const preparing = secrets?.prepare(targets, missing, listing)
  const [existing, prepared = []] = await Promise.all([listing, preparing])
  return { existing, prepared, isInPlace: isInPlace(existing, prepared, inputs) }
}

async function findExisting(step: CreateStep): Promise<Findings['existing']> {
  const { inputs, api, runner } = step
  const isPlainCreate = inputs.ifExists === 'create' && !inputs.dryRun
  if (isPlainCreate && !isOwnLabel(step)) {
    return { keys: [], possible: [], serverTime: undefined, receivedAt: 0 }
  }
  const existing = await api.findKeys(inputs)
  // With `create`, they are listed only so that none of them ever counts as a new key.
  if (isPlainCreate) return existing
  const { keys, possible } = existing
  if (possible.length > 0) {
    const head = `Ignored Management Keys for which the API returned no label or teams, so they cannot be matched against "${inputs.label}":`
    runner.warning(listNames(head, possible))
  }
  if (inputs.ifExists === 'fail' && keys.length > 0) {
    const head = `An active key with label "${inputs.label}" and the same teams already exists, and if_exists is "fail". Revoke it, choose another label, or set if_exists: replace. Active now:`
    throw new ActionError(listNames(head, keys))
  }
  return existing
}

/** Whether every secret exists, and a key not older than `older_than`. With `skip`, throws when only some exist. */
function isInPlace(
  { keys, serverTime, receivedAt }: Findings['existing'],
  prepared: readonly PreparedSecret[],
  { ifExists, olderThanMs, label }: CreateInputs,
): boolean {
  const lacking = prepared.filter(({ metadata }) => metadata === undefined)
  if (olderThanMs !== undefined) {
    const [newest] = sortByAge(keys)
    const age = (serverTime ?? receivedAt) - (parseTime(newest?.createdAt) ?? -Infinity)
    return lacking.length === 0 && age <= olderThanMs
  }
  if (ifExists !== 'skip' || keys.length === 0 || lacking.length === prepared.length) return false
  if (lacking.length === 0) return true
  const ids = keys.map(({ id }) => id).join(', ')
  throw new ActionError(
    listLines(
      `if_exists is "skip", and an active key with label "${label}" exists (${ids}), but some secrets are missing. A key's value cannot be read again: run once with if_exists: replace to create a new key and write it to every target. Missing:`,
      lacking.map(({ target }) => describeSecret(target)),
    ),
  )
}

/** Whether no other run uses the label. */
export function isOwnLabel({ inputs, runner }: CreateStep): boolean {
  return ownsLabel(inputs.label, runner.context.runId, inputs.ifExists === 'replace')
}
