import { InputError } from './errors.js'
import { InputReader } from './input-reader.js'
import {
  parseBaseUrl,
  parseBoolean,
  parseChoice,
  parseEnvName,
  parseLabel,
  parseOrgKey,
  parseRetain,
  parseTimeout,
  parseUuid,
  parseUuidList,
} from './input-values.js'

/** The Management API's base URL when `api_url` is left out. */
export const DEFAULT_API_URL = 'https://api.tryvital.io/management'

const DEFAULT_TIMEOUT_MS = 30_000

/** What to do when live keys already bear the label and the teams. */
export type IfExists = 'create' | 'replace' | 'fail'

/** When the post step revokes a key that was delivered. */
export type RevokePolicy = 'never' | 'always' | 'on_failure'

/** Why GitHub gives a run no secrets. */
export type WithheldSecrets = 'fork' | 'dependabot'

/** The inputs of the root action's main step, checked. */
export interface CreateInputs {
  readonly orgKey: string
  readonly orgId: string
  readonly teamIds: readonly string[]
  readonly label: string
  readonly ifExists: IfExists
  readonly retain: number
  readonly envName: string | undefined
  readonly outputKey: boolean
  readonly dryRun: boolean
  readonly apiUrl: string
  readonly timeoutMs: number
}

/** The inputs of the root action's post step. */
export interface CleanUpInputs {
  readonly orgKey: string
  readonly revoke: RevokePolicy
  /** `success`, `failure` or `cancelled`, as the runner says; `''` when it does not. */
  readonly jobStatus: string
  readonly timeoutMs: number
}

const parseRevoke = parseChoice(['never', 'always', 'on_failure'])

/**
 * Checks every input of the main step.
 * Throws one `InputError` that lists all problems. When the run gets no secrets, an empty `org_key`
 * is the only thing worth saying, since whatever else is missing is missing for the same reason.
 */
export function parseCreateInputs(
  read: (name: string) => string,
  findWithheldSecrets: () => WithheldSecrets | undefined,
): CreateInputs {
  if (read('org_key').trim() === '') explainWithheldSecrets(findWithheldSecrets())

  const inputs = new InputReader(read)
  const orgKey = inputs.required('org_key', parseOrgKey)
  const orgId = inputs.required('org_id', parseUuid)
  const teamIds = inputs.required('team_id', parseUuidList)
  const label = inputs.required('label', parseLabel)
  const ifExists = inputs.optional(
    'if_exists',
    parseChoice(['create', 'replace', 'fail']),
    'create',
  )
  const retain = inputs.optional('retain', parseRetain, 0)
  inputs.optional('revoke', parseRevoke, 'never')
  const envName = inputs.optional('env_name', parseEnvName, undefined)
  const outputKey = inputs.optional('output_key', parseBoolean, true)
  const dryRun = inputs.optional('dry_run', parseBoolean, false)
  const apiUrl = inputs.optional('api_url', parseBaseUrl, DEFAULT_API_URL)
  const timeoutMs = inputs.optional('timeout_seconds', parseTimeout, DEFAULT_TIMEOUT_MS)
  if (/^false$/i.test(read('output_key').trim()) && read('env_name').trim() === '') {
    inputs.report(
      'output_key is false and nothing else takes the key, which could then never be read; write output_key: true or an env_name',
    )
  }
  if (holdsText(read('label'), read('org_key').trim())) {
    inputs.report('label holds the Org Management Key; a label is public, choose another')
  }
  inputs.finish()

  return {
    orgKey: orgKey(),
    orgId: orgId(),
    teamIds: teamIds(),
    label: label(),
    ifExists: ifExists(),
    retain: retain(),
    envName: envName(),
    outputKey: outputKey(),
    dryRun: dryRun(),
    apiUrl: apiUrl(),
    timeoutMs: timeoutMs(),
  }
}

/** Checks the few inputs the post step needs; throws an `InputError` like the main step does. */
export function parseCleanUpInputs(read: (name: string) => string): CleanUpInputs {
  const inputs = new InputReader(read)
  const orgKey = inputs.required('org_key', parseOrgKey)
  const revoke = inputs.optional('revoke', parseRevoke, 'never')
  const timeoutMs = inputs.optional('timeout_seconds', parseTimeout, DEFAULT_TIMEOUT_MS)
  inputs.finish()
  return {
    orgKey: orgKey(),
    revoke: revoke(),
    jobStatus: read('job_status').trim().toLowerCase(),
    timeoutMs: timeoutMs(),
  }
}

function explainWithheldSecrets(withheld: WithheldSecrets | undefined): void {
  if (withheld === 'fork') {
    throw new InputError([
      "org_key is empty because this pull request comes from a fork, and GitHub gives a fork's pull request no secrets. Skip this step for forks: if: github.event.pull_request.head.repo.full_name == github.repository",
    ])
  }
  if (withheld === 'dependabot') {
    throw new InputError([
      "org_key is empty because this run was started by Dependabot, which gets no Actions secrets. Add the key to the repository's Dependabot secrets, or skip this step: if: github.event.pull_request.user.login != 'dependabot[bot]'",
    ])
  }
}

function holdsText(text: string, part: string): boolean {
  return part.length > 3 && text.includes(part)
}
