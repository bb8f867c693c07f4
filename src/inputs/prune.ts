import type { InputContext } from '../core/input-context.js'
import { API_INPUTS, checkGitHubAddress, githubToken, ORG_INPUTS, readMainInputs } from './api.js'
import { parseLabelPattern } from './label-pattern.js'
import { optional, required, withDefault } from './table.js'
import { parseAge, parseBoolean, parseUuidList, parseWholeNumber } from './values.js'

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
  maxRevocations: withDefault('max_revocations', '20', parseWholeNumber(0, 100_000)),
  dryRun: withDefault('dry_run', 'true', parseBoolean),
  ...API_INPUTS,
}

export type PruneInputs = ReturnType<typeof parsePruneInputs>

/** Checks every input of the prune action. Throws one `InputError` that lists all problems. */
export function parsePruneInputs(read: (name: string) => string, context: InputContext) {
  const inputs = readMainInputs(PRUNE_INPUTS, read, context)
  const { closedPullRequests, dryRun, githubToken, labelPattern } = inputs.values
  const hasAge = inputs.isSet('olderThanMs') || inputs.isSet('supersededForMs')
  inputs.refuse(
    dryRun === false && closedPullRequests === false && !hasAge,
    'dry_run is false, but older_than, closed_pull_requests and superseded_for are not set, so no key counts as stale; set at least one, such as older_than: 7d, or remove dry_run to list the keys that match',
  )
  if (closedPullRequests) {
    checkGitHubAddress(inputs, context)
    inputs.refuse(
      githubToken === '',
      `github_token is empty, but closed_pull_requests needs it to read pull requests; enter \${{ github.token }}, and give the job the permission pull-requests: read`,
    )
    inputs.refuse(
      labelPattern?.hasPullRequest === false,
      'label_pattern has no {pr}, which closed_pull_requests requires; enter a pattern such as preview-{pr}',
    )
    inputs.refuse(
      context.repository === '',
      "closed_pull_requests is true, but the workflow's repository is unknown (GITHUB_REPOSITORY is empty)",
    )
  }

  return inputs.finish()
}
