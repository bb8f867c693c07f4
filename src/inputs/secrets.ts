import type { SecretTarget } from '../core/secret-target.js'
import { checkProxy } from './api.js'
import type { InputContext } from './context.js'
import { findNameProblem, parseSecretTargets } from './secret-targets.js'
import type { InputReader } from './table.js'
import { parseBaseUrl, parseBoolean, parseSecretsToken } from './values.js'

/** GitHub's own API, where `github_api_url` does not say otherwise. */
const DEFAULT_GITHUB_API_URL = 'https://api.github.com'

/** The inputs that concern GitHub secrets. */
export interface SecretInputs {
  readonly targets: readonly SecretTarget[]
  readonly createEnvironments: boolean
  readonly githubToken: string
  readonly githubApiUrl: string
}

/** Whether the inputs name any secret. */
export function wantsSecrets(inputs: InputReader): boolean {
  return inputs.has('secret_name') || inputs.has('secret_targets')
}

/** Reads `secret_name`, `secret_targets`, `create_environments`, `github_token` and `github_api_url`. */
export function readSecretInputs(
  inputs: InputReader,
  context: InputContext,
): () => SecretInputs | undefined {
  const createEnvironments = inputs.optional('create_environments', parseBoolean, false)
  const githubApiUrl = readGitHubApiUrl(inputs)
  if (!wantsSecrets(inputs)) return () => undefined
  checkGitHubProxy(inputs, context)
  const githubToken = inputs.required('github_token', parseSecretsToken)
  const secretName = inputs.text('secret_name').trim()
  const nameProblem = secretName === '' ? undefined : findNameProblem(secretName)
  if (nameProblem !== undefined) inputs.report(`secret_name ${nameProblem}`)
  const { targets, problems } = parseSecretTargets(inputs.text('secret_targets'), {
    repository: context.repository,
    // Reported once already, not on every line.
    secretName: nameProblem === undefined ? secretName : 'REPORTED',
  })
  for (const problem of problems) inputs.report(`secret_targets ${problem}`)
  return () => ({
    targets,
    createEnvironments: createEnvironments(),
    githubToken: githubToken(),
    githubApiUrl: githubApiUrl(),
  })
}

/** Reads `github_api_url`. */
export function readGitHubApiUrl(inputs: InputReader): () => string {
  return inputs.optional(
    'github_api_url',
    parseBaseUrl(DEFAULT_GITHUB_API_URL),
    DEFAULT_GITHUB_API_URL,
  )
}

/** Reports a proxy variable that cannot be used, when it decides how GitHub is reached. */
export function checkGitHubProxy(inputs: InputReader, context: InputContext): void {
  checkProxy('github_api_url', DEFAULT_GITHUB_API_URL, inputs, context)
}
