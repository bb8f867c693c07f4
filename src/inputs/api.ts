import { type InputContext, refuseWithheldSecrets } from './context.js'
import { findMisspelledNames } from './names.js'
import { InputReader, type InputTable, optional, required, withDefault } from './table.js'
import { parseBaseUrl, parseOrgKey, parseTimeout, parseToken, parseUuid } from './values.js'

const API_URL = 'https://api.tryvital.io/management'

/** GitHub's own API; `action.yml` names the one of the run. */
const GITHUB_API_URL = 'https://api.github.com'

/** Who asks the Management API; every action has these inputs. */
export const ORG_INPUTS = {
  orgKey: required('org_key', parseOrgKey),
  orgId: required('org_id', parseUuid),
}

/** A token for GitHub, `''` when not set; a rule of each action says when it has to be. */
export const githubToken = optional('github_token', parseToken, '')

/** How to reach both services; every action has these inputs. */
export const API_INPUTS = {
  /** Without a trailing slash. */
  apiUrl: withDefault('api_url', API_URL, parseBaseUrl(API_URL)),
  /** Without a trailing slash. */
  githubApiUrl: withDefault('github_api_url', GITHUB_API_URL, parseBaseUrl(GITHUB_API_URL)),
  /** Limit for one HTTP request, in milliseconds. */
  timeoutMs: withDefault('timeout_seconds', '30', parseTimeout),
}

/**
 * Reads the inputs of a main step, and looks at what is the same in all three actions.
 * Throws an `InputError` when GitHub withholds the secrets; other problems wait for `finish`.
 */
export function readMainInputs<V extends { readonly apiUrl: string }>(
  table: InputTable<V>,
  read: (name: string) => string,
  context: InputContext,
): InputReader<V> {
  refuseWithheldSecrets(read, context)
  const inputs = new InputReader(table, read)
  for (const problem of findMisspelledNames(context.inputNames, inputs.names)) {
    inputs.report(problem)
  }
  inputs.check(['apiUrl'], ({ apiUrl }) => context.findProxyProblem(apiUrl))
  return inputs
}
