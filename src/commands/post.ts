import type { Clock } from '../core/clock.js'
import { ActionError, explainError, ignoreCancellation } from '../core/errors.js'
import { parseJson } from '../core/json.js'
import { joinWords, toOneLine } from '../core/plain-text.js'
import { describeSecret } from '../core/secret-target.js'
import { type PostInputs, readPostInputs } from '../inputs/create.js'
import { isProcess } from '../runner/processes.js'
import type { Runner } from '../runner/runner.js'
import { createSystemClock } from '../runner/system-clock.js'
import { Journal } from '../transaction/journal.js'
import {
  decodeRecord,
  PROCESS_STATE,
  type SecretRecord,
  TRANSACTION_STATE,
  type TransactionRecord,
} from '../transaction/record.js'
import {
  isDelivered,
  type KeyPlan,
  mayHaveStrays,
  planForKey,
  type ReleasedSecrets,
  recoverStrayKeys,
  releaseSecrets,
} from '../transaction/recover.js'
import { isWritten } from '../transaction/take-back.js'
import { connectManagementApi, loadGitHub, type Step } from './connect.js'
import { adviseRerun, type RecordedStep, reportCleanedUp, warnOfKey } from './key-report.js'

/** A main step that cannot be seen must have noted nothing for longer than one request takes, by so many milliseconds. */
const MORE_THAN_A_REQUEST_MS = 5_000

/** Characters of a recorded URL, a label or an input that a message shows. */
const LONGEST_QUOTE = 100

interface PostStep extends Step<PostInputs>, RecordedStep {
  readonly clock: Clock
  readonly journal: Journal
}

/** Post step of the root action. It never fails a job: problems, including thrown errors, are warnings. */
export function cleanUp(runner: Runner): Promise<void> {
  return runner.uninterrupted(() => recover(runner))
}

/** End the main step → read the record → plan → delete secrets → revoke the key → look for stray keys. */
async function recover(runner: Runner): Promise<void> {
  const clock = createSystemClock(runner.lastCall)
  const journal = new Journal({ ...runner, clock, warning: runner.debug })
  const given = readPostInputs(runner.readInput, runner.context)
  const record = await findRecord(journal, given.values, runner)
  const { jobStatus = '' } = given.values
  const plan = record && planForKey(record, jobStatus)
  const hasStrays = record !== undefined && mayHaveStrays(record)
  if (record === undefined || (plan === undefined && !hasStrays)) {
    const revoked = record?.keyId && `: the main step revoked Management Key ${record.keyId}`
    return runner.info(`Nothing to clean up${revoked ?? ''}.`)
  }
  announceLeft(plan, jobStatus, journal, { record, runner })
  if (plan?.kind !== 'revoke' && !hasStrays) return

  const inputs = checkInputs(record, given)
  // The main step has warned of proxy settings.
  const api = connectManagementApi(inputs, runner, clock, runner.debug)
  const step = { record, inputs, runner, clock, api, journal }
  if (plan?.kind === 'revoke') await revoke(plan.keyId, plan.why, step)
  if (!hasStrays) return
  const strays = await recoverStrayKeys(record, { api, clock, journal, info: runner.info })
  for (const { reason, ids } of strays.problems) {
    warnOfKey('may still be active', reason, step, ids)
  }
  if (strays.mayAppear) {
    runner.warning(
      `A create request got no clear response, and no key with the label "${record.request.label}" has appeared so far. If one appears later, it is unused: revoke it in the Junction Dashboard`,
    )
  }
}

/** The later of what the main step saved and what it noted in the journal: either may be cut short, lost, or unreadable. */
async function findRecord(
  journal: Journal,
  { label = '', orgId = '', teamIds = [], timeoutMs = 30_000, jobStatus }: Partial<PostInputs>,
  runner: Runner,
): Promise<TransactionRecord | undefined> {
  const process = parseJson(runner.readState(PROCESS_STATE))
  const main = isProcess(process) ? process : undefined
  // A post step that is shut down itself: what was noted so far counts, and what is left has to be named.
  const wasRunning = await journal
    .endMains(main, timeoutMs + MORE_THAN_A_REQUEST_MS)
    .catch(ignoreCancellation)
  const state = runner.readState(TRANSACTION_STATE)
  const saved = decodeRecord(state)
  const isKnown = label !== '' && orgId !== '' && teamIds.length > 0
  const asked = isKnown ? { orgId, request: { label, teamIds } } : undefined
  const noted = saved === undefined || main ? journal.findOwn(main, asked) : undefined
  if (state !== '' && saved === undefined && noted === undefined) {
    throw new ActionError(
      'Could not read the state saved by the main step. Check the Junction Dashboard for a new, unused key',
    )
  }
  // In a job container, the state is that of the moment of the cancellation, and only notes tell more.
  const isCutOff = jobStatus === 'cancelled' && saved === undefined && main && !journal.isWritable
  const doubt = wasRunning ? 'was still running when the job ended' : isCutOff && 'was cut off'
  if (noted === undefined && doubt) {
    runner.warning(
      `The main step ${doubt}, and its last note cannot be read. It may have created a Management Key with the label "${toOneLine(label, LONGEST_QUOTE)}" that nothing uses: check the Junction Dashboard`,
    )
  }
  return (saved?.revision ?? -1) < (noted?.revision ?? -1) ? noted : saved
}

function checkInputs(
  record: TransactionRecord,
  inputs: ReturnType<typeof readPostInputs>,
): PostInputs {
  try {
    if (!inputs.isSet('orgKey')) {
      throw new ActionError(
        'org_key is empty in the post step. Pass it as a secret or an input: GitHub evaluates it again for the post step, where the outputs of other steps of a nested composite action are empty',
      )
    }
    const values = inputs.finish()
    refuseChangedInputs(record, values)
    return values
  } catch (cause) {
    const subject =
      record.keyId === undefined
        ? `a key with the label "${record.request.label}" that the main step may have created`
        : `Management Key ${record.keyId}`
    throw new ActionError(`The post step could not clean up ${subject}: ${explainError(cause)}`, {
      cause,
    })
  }
}

/** Never send the key or the token to an address that the main step did not use. */
function refuseChangedInputs(record: TransactionRecord, inputs: PostInputs): void {
  const addresses = [
    ['api_url', record.apiUrl, inputs.apiUrl],
    ['org_id', record.orgId, inputs.orgId],
    // Empty in the record of a step without secrets.
    ['github_api_url', record.githubApiUrl || inputs.githubApiUrl, inputs.githubApiUrl],
  ] as const
  const differences = addresses
    .filter(([, recorded, given]) => recorded !== given)
    .map(([name, recorded, given]) => {
      return `${name} is ${given}, but the saved state has ${toOneLine(recorded, LONGEST_QUOTE)}`
    })
  if (differences.length === 0) return
  throw new ActionError(
    `${differences.join('; ')}. No request was sent. Make sure that the step's inputs stay the same until the job ends. If nothing uses the key, revoke it in the Junction Dashboard`,
  )
}

/** Names what the main step left active: previous keys, and the key if it is not to be revoked. */
function announceLeft(
  plan: KeyPlan | undefined,
  jobStatus: string,
  journal: Journal,
  step: RecordedStep,
): void {
  const { record, runner } = step
  const { revoke, secrets, previousIds } = record
  if (previousIds.length > 0) {
    runner.warning(
      `The main step was interrupted while it revoked previous keys. These may still be active: ${previousIds.join(', ')}. The next run with if_exists: replace revokes them`,
    )
  }
  if (plan === undefined || plan.kind === 'revoke') return
  const { kind, keyId } = plan
  const message = `Management Key ${keyId} stays active (revoke: ${revoke})`
  const warn = (text: string) => warnOfKey('stays active', text, step)
  if (journal.isReplaced(keyId)) {
    runner.info(`Management Key ${keyId} was replaced and revoked by a later step of this job`)
  } else if (kind === 'keep') {
    // The main step may have been killed before it could say so itself.
    warn(
      `${message}: the main step stored it, or may have stored it, in a secret that it could not restore or delete. Revoking the key would break that secret. ${adviseRerun(step)}`,
    )
  } else if (revoke === 'on_failure' && jobStatus === '') {
    warn(`${message}: the runner did not say how the job ended. If it failed, revoke the key`)
  } else if (secrets.length > 0 || isDelivered(decodeRecord(runner.readState(TRANSACTION_STATE)))) {
    // A later run may have revoked it since.
    runner.info(`Left Management Key ${keyId} as it is (revoke: ${revoke})`)
  } else {
    // A runner that does not have the main step's last state, as in a job container, has not read its outputs either.
    warn(
      `${message}, but the main step was interrupted, and its outputs may be lost. If nothing uses the key, revoke it`,
    )
  }
}

async function revoke(keyId: string, why: string, step: PostStep): Promise<void> {
  const released = await release(keyId, step)
  if (released === undefined) return
  try {
    await step.api.revokeKey(keyId)
  } catch (error) {
    const message = `Management Key ${keyId} may still be active: ${explainError(error)}. Revoke it in the Junction Dashboard`
    return warnOfKey('may still be active', message, step)
  }
  step.runner.info(`Revoked Management Key ${keyId}: ${why}`)
  reportCleanedUp(keyId, why, released, step)
}

/** Deletes the secrets that contain the key. `undefined` when the key must not be revoked. */
async function release(keyId: string, step: PostStep): Promise<ReleasedSecrets | undefined> {
  const { record, inputs, runner, clock, journal } = step
  const hasSecrets = record.secrets.some(isWritten)
  const hasToken = inputs.githubToken !== ''
  if (hasSecrets && !hasToken) {
    runner.warning('github_token is empty in the post step, so no secret could be deleted')
  }
  const github = hasSecrets && hasToken ? await loadGitHub(inputs, runner, clock) : undefined
  const ports = { clock, warning: runner.warning }
  const released = await releaseSecrets(record, github?.connectSecrets(), journal, ports)
  const { deleted, holding, overwritten, foreign } = released
  const name = (list: readonly SecretRecord[]) => joinWords(list.map(describeSecret), 'and')
  if (foreign.length > 0) {
    runner.warning(
      `Did not delete ${name(foreign)}: another step or another run has written it since, so it contains another key`,
    )
  }
  for (const secret of deleted) runner.info(`Deleted ${describeSecret(secret)}`)
  if (holding.length > 0) {
    const where = `it is, or may be, in ${name(holding)}`
    const why = isDelivered(record)
      ? `${where}, which could not be deleted or may have been written by another run since`
      : `${where}: the main step was interrupted while writing secrets. ${adviseRerun(step)}`
    warnOfKey('stays active', `Management Key ${keyId} was left active because ${why}`, step)
    return undefined
  }
  if (overwritten.length > 0) {
    runner.warning(
      `Revoking Management Key ${keyId}, which remains in ${name(overwritten)}: the earlier value, which the main step overwrote, cannot be restored`,
    )
  }
  return released
}
