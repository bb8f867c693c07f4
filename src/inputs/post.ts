import { type ApiInputs, readApiInputs } from './api.js'
import type { InputContext } from './context.js'
import { readGitHubApiUrl } from './secrets.js'
import { InputReader } from './table.js'
import { parseChoice } from './values.js'

/** When the post step revokes a key that was delivered. */
export type RevokePolicy = 'never' | 'always' | 'on_failure'

/** Reads the `revoke` input. */
export const parseRevokePolicy = parseChoice(['never', 'always', 'on_failure'])

/**
 * The inputs of the root action's post step. Where the secrets go is said here, where the runner evaluates
 * it anew, and not by the saved record: that could come from another step.
 */
export interface CleanUpInputs extends ApiInputs {
  readonly revoke: RevokePolicy
  /** `success`, `failure` or `cancelled`, as the runner says; `''` when it does not. */
  readonly jobStatus: string
  /** `''` when not given. */
  readonly githubToken: string
  /** Base URL of the GitHub API, without a trailing slash. */
  readonly githubApiUrl: string
}

/** Checks the few inputs the post step needs; throws an `InputError` like the main step does. */
export function parseCleanUpInputs(
  read: (name: string) => string,
  context: InputContext,
): CleanUpInputs {
  const inputs = new InputReader(read)
  const api = readApiInputs(inputs, context)
  const revoke = inputs.optional('revoke', parseRevokePolicy, 'never')
  const githubApiUrl = readGitHubApiUrl(inputs)
  inputs.finish()
  return {
    ...api(),
    revoke: revoke(),
    jobStatus: inputs.text('job_status').trim().toLowerCase(),
    githubToken: inputs.text('github_token').trim(),
    githubApiUrl: githubApiUrl(),
  }
}
