import { InputError } from '../core/errors.js'
import type { InputContext, WithheldSecrets } from '../core/input-context.js'
import { InputReader, type InputTable, optional, required, withDefault } from './table.js'
import { parseBaseUrl, parseOrgKey, parseTimeout, parseToken, parseUuid } from './values.js'

const API_URL = 'https://api.tryvital.io/management'

/** GitHub.com's API; `action.yml` passes that of the run. */
const GITHUB_API_URL = 'https://api.github.com'

/** Credentials for the Management API; every action has these inputs. */
export const ORG_INPUTS = {
  orgKey: required('org_key', parseOrgKey),
  orgId: required('org_id', parseUuid),
}

/** A GitHub token, `''` when not set; each action checks when it needs one. */
export const githubToken = optional('github_token', parseToken, '')

/** How to reach both services; every action has these inputs. */
export const API_INPUTS = {
  /** Without a trailing slash. */
  apiUrl: withDefault('api_url', API_URL, parseBaseUrl(API_URL)),
  /** Without a trailing slash. The runner of another forge passes that forge's API, which few steps use. */
  githubApiUrl: {
    ...withDefault('github_api_url', GITHUB_API_URL, parseBaseUrl(GITHUB_API_URL)),
    unused: '',
  },
  /** Limit for one HTTP request, in milliseconds. */
  timeoutMs: withDefault('timeout_seconds', '30', parseTimeout),
}

const REASONS: Readonly<Record<WithheldSecrets, string>> = {
  fork: 'org_key is empty because this pull request comes from a fork, and GitHub does not pass secrets to pull requests from forks. Skip this step for forks: if: github.event.pull_request.head.repo.full_name == github.repository',
  dependabot:
    "org_key is empty because this run was triggered by Dependabot, which has no access to Actions secrets. Skip this step: if: github.actor != 'dependabot[bot]'",
}

/**
 * Reads the inputs of a main step, with the checks that all three actions share.
 * Throws an `InputError` when GitHub withholds the secrets; other problems wait for `finish`.
 */
export function readMainInputs<V extends { readonly apiUrl: string }>(
  table: InputTable<V>,
  read: (name: string) => string,
  context: InputContext,
): InputReader<V> {
  refuseWithheldSecrets(read, context)
  const inputs = new InputReader(table, read, context.inputNames)
  inputs.check(['apiUrl'], ({ apiUrl }) => context.findProxyProblem(apiUrl))
  return inputs
}

/** Checks the address of GitHub's API and the way to it, for a step that uses it. */
export function checkGitHubAddress<V extends { readonly githubApiUrl: string }>(
  inputs: InputReader<V>,
  { findProxyProblem }: InputContext,
): void {
  inputs.use('githubApiUrl')
  inputs.check(['githubApiUrl'], ({ githubApiUrl }) => findProxyProblem(githubApiUrl))
}

/**
 * Throws an `InputError` when `org_key` is empty because the run gets no secrets. Other problems are not reported
 * then: they have the same cause.
 */
function refuseWithheldSecrets(read: (name: string) => string, context: InputContext): void {
  if (read('org_key').trim() !== '') return
  const withheld = context.findWithheldSecrets()
  if (withheld !== undefined) throw new InputError([REASONS[withheld]])
}
