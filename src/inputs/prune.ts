import { type ApiInputs, readApiInputs } from './api.js'
import { type InputContext, refuseWithheldSecrets } from './context.js'
import type { LabelPattern } from './label-pattern.js'
import { INPUT_NAMES, reportMisspelledNames } from './names.js'
import { checkGitHubProxy, readGitHubApiUrl } from './secrets.js'
import { InputReader } from './table.js'
import {
  parseAge,
  parseBoolean,
  parseLabelPattern,
  parsePullRequestsToken,
  parseUuidList,
  parseWholeNumber,
} from './values.js'

/** The inputs of the prune action, checked. */
export interface PruneInputs extends ApiInputs {
  /** Only keys bound to all of these; none means every key of the organisation. */
  readonly teamIds: readonly string[]
  readonly labelPattern: LabelPattern
  /** Keys older than this many milliseconds go; `undefined` when age does not count. */
  readonly olderThanMs: number | undefined
  /** Where to ask for pull requests; `undefined` when their state does not count. */
  readonly pullRequests: PullRequestInputs | undefined
  /** So many of the newest matches stay, whatever else holds. */
  readonly keep: number
  readonly maxRevocations: number
  readonly dryRun: boolean
}

/** The inputs that concern pull requests. */
export interface PullRequestInputs {
  /** `owner/name`. */
  readonly repository: string
  readonly githubToken: string
  readonly githubApiUrl: string
}

const HIGHEST_COUNT = 100_000
const DEFAULT_MAX_REVOCATIONS = 20
const parseCount = parseWholeNumber(0, HIGHEST_COUNT)

/** Checks every input of the prune action. Throws one `InputError` that lists all problems. */
export function parsePruneInputs(
  read: (name: string) => string,
  context: InputContext,
): PruneInputs {
  refuseWithheldSecrets(read, context)

  const inputs = new InputReader(read)
  reportMisspelledNames(inputs, context.inputNames, INPUT_NAMES.prune)
  const api = readApiInputs(inputs, context)
  const teamIds = inputs.optional('team_id', parseUuidList, [])
  const labelPattern = inputs.required('label_pattern', parseLabelPattern)
  const olderThanMs = inputs.optional('older_than', parseAge, undefined)
  const pullRequests = readPullRequests(inputs, context)
  const keep = inputs.optional('keep', parseCount, 0)
  const maxRevocations = inputs.optional('max_revocations', parseCount, DEFAULT_MAX_REVOCATIONS)
  const dryRun = inputs.optional('dry_run', parseBoolean, true)
  inputs.finish()
  return {
    ...api(),
    teamIds: teamIds(),
    labelPattern: labelPattern(),
    olderThanMs: olderThanMs(),
    pullRequests: pullRequests(),
    keep: keep(),
    maxRevocations: maxRevocations(),
    dryRun: dryRun(),
  }
}

function readPullRequests(
  inputs: InputReader,
  context: InputContext,
): () => PullRequestInputs | undefined {
  inputs.optional('closed_pull_requests', parseBoolean, false)
  const githubApiUrl = readGitHubApiUrl(inputs)
  const wanted = /^true$/i.test(inputs.text('closed_pull_requests').trim())
  if (!wanted && !inputs.has('older_than')) {
    inputs.report(
      'older_than and closed_pull_requests are both missing, so nothing says which keys are forgotten; write older_than: 7d, closed_pull_requests: true, or both',
    )
  }
  if (!wanted) return () => undefined

  checkGitHubProxy(inputs, context)
  const githubToken = inputs.required('github_token', parsePullRequestsToken)
  const { repository } = context
  if (repository === '') {
    inputs.report(
      'closed_pull_requests is true, but the repository of the workflow is not known here',
    )
  }
  if (!inputs.text('label_pattern').includes('{pr}')) {
    inputs.report(
      'label_pattern has no {pr}, which closed_pull_requests needs to find a number; write one such as preview-{pr}',
    )
  }
  return () => ({ repository, githubToken: githubToken(), githubApiUrl: githubApiUrl() })
}
