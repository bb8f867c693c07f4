import type { InputContext } from '../core/input-context.js'
import { InputReader, type InputTable, optional, required, withDefault } from './table.js'
import { parseBaseUrl, parseOrgKey, parseTimeout, parseToken, parseUuid, refuse } from './values.js'

const API_URL = 'https://api.tryvital.io/management'

/** GitHub.com's API; `action.yml` passes that of the run. */
const GITHUB_API_URL = 'https://api.github.com'

export const ORG_INPUTS = {
  orgKey: required('org_key', parseOrgKey),
  orgId: required('org_id', parseUuid),
}

/** A GitHub token, `''` when not set; each action checks when it needs one. */
export const githubToken = optional('github_token', parseToken, '')

export const API_INPUTS = {
  /** Without a trailing slash. */
  apiUrl: withDefault('api_url', API_URL, parseBaseUrl(API_URL)),
  /** Without a trailing slash. The runner of another forge passes that forge's API, which few steps use. */
  githubApiUrl: {
    ...withDefault('github_api_url', GITHUB_API_URL, parseBaseUrl(GITHUB_API_URL)),
    unused: '',
  },
  timeoutMs: withDefault('timeout_seconds', '30', parseTimeout),
}

/** Reads a main step's inputs. That the run gets no secrets is thrown alone: other problems have the same cause. */
export function readMainInputs<V extends { readonly apiUrl: string }>(
  table: InputTable<V>,
  read: (name: string) => string,
  context: InputContext,
): InputReader<V> {
  const withheld = read('org_key').trim() === '' ? context.findWithheldSecrets() : undefined
  if (withheld !== undefined) refuse(withheld)
  const inputs = new InputReader(table, read, context.inputNames)
  inputs.report(inputs.values.apiUrl && context.findProxyProblem(inputs.values.apiUrl))
  return inputs
}

/** Checks the address of GitHub's API and the way to it, for a step that uses it. */
export function checkGitHubAddress<V extends { readonly githubApiUrl: string }>(
  inputs: InputReader<V>,
  { findProxyProblem }: InputContext,
): void {
  inputs.use('githubApiUrl')
  inputs.report(inputs.values.githubApiUrl && findProxyProblem(inputs.values.githubApiUrl))
}
