import type { InputContext } from '../core/input-context.js'
import { API_INPUTS, checkGitHubAddress, githubToken, ORG_INPUTS, readMainInputs } from './api.js'
import { optional, required, withDefault } from './table.js'
import {
  parseAge,
  parseBoolean,
  parseLabelPattern,
  parseUuidList,
  parseWholeNumber,
} from './values.js'

const parseCount = parseWholeNumber(0, 100_000)

/** The inputs of the prune action, in the order of its `action.yml`. */
export const PRUNE_INPUTS = {
  ...ORG_INPUTS,
  /** Only keys bound to all of these; none means every key of the organization. */
  teamIds: optional('team_id', parseUuidList, []),
  labelPattern: required('label_pattern', parseLabelPattern),
  /** Keys older than this many milliseconds are stale; `undefined` when age does not count. */
  olderThanMs: optional('older_than', parseAge, undefined),
  closedPullRequests: withDefault('closed_pull_requests', 'false', parseBoolean),
  /** A key is stale once a newer one with its label and teams is older than this many milliseconds. */
  supersededForMs: optional('superseded_for', parseAge, undefined),
  githubToken,
  /** How many of the newest matching keys stay, regardless of the other rules. */
  keep: withDefault('keep', '0', parseCount),
  maxRevocations: withDefault('max_revocations', '20', parseCount),
  dryRun: withDefault('dry_run', 'true', parseBoolean),
  ...API_INPUTS,
}

/** The values of the prune action's inputs. */
export type PruneInputs = ReturnType<typeof parsePruneInputs>

/** Checks every input of the prune action. Throws one `InputError` that lists all problems. */
export function parsePruneInputs(read: (name: string) => string, context: InputContext) {
  const inputs = readMainInputs(PRUNE_INPUTS, read, context)
  inputs.check(
    ['olderThanMs', 'closedPullRequests', 'supersededForMs'],
    ({ olderThanMs, closedPullRequests, supersededForMs }) =>
      olderThanMs === undefined &&
      !closedPullRequests &&
      supersededForMs === undefined &&
      'older_than is missing, and so are closed_pull_requests and superseded_for, so no key counts as stale; set at least one, such as older_than: 7d',
  )
  if (inputs.pick(['closedPullRequests'])?.closedPullRequests) {
    checkGitHubAddress(inputs, context)
    inputs.check(
      ['githubToken'],
      ({ githubToken }) =>
        githubToken === '' &&
        `github_token is empty, but closed_pull_requests needs it to read pull requests; enter \${{ github.token }}, and give the job the permission pull-requests: read`,
    )
    inputs.check(
      ['labelPattern'],
      ({ labelPattern }) =>
        !labelPattern.hasPullRequest &&
        'label_pattern has no {pr}, which closed_pull_requests requires; enter a pattern such as preview-{pr}',
    )
    if (context.repository === '') {
      inputs.report(
        "closed_pull_requests is true, but the workflow's repository is unknown (GITHUB_REPOSITORY is empty)",
      )
    }
  }

  return inputs.finish()
}
