import type { InputContext } from './context.js'
import type { InputReader } from './table.js'
import { parseBaseUrl, parseOrgKey, parseTimeout, parseUuid } from './values.js'

/** The Management API's base URL when `api_url` is left out. */
export const DEFAULT_API_URL = 'https://api.tryvital.io/management'

const DEFAULT_TIMEOUT_MS = 30_000

/** The inputs that say how to reach the Management API; every action has them. */
export interface ApiInputs {
  readonly orgKey: string
  readonly orgId: string
  /** Base URL without a trailing slash. */
  readonly apiUrl: string
  /** Limit for one HTTP request, in milliseconds. */
  readonly timeoutMs: number
}

/** Reads `org_key`, `org_id`, `api_url` and `timeout_seconds`. */
export function readApiInputs(inputs: InputReader, context: InputContext): () => ApiInputs {
  const orgKey = inputs.required('org_key', parseOrgKey)
  const orgId = inputs.required('org_id', parseUuid)
  const apiUrl = inputs.optional('api_url', parseBaseUrl(DEFAULT_API_URL), DEFAULT_API_URL)
  checkProxy('api_url', DEFAULT_API_URL, inputs, context)
  const timeoutMs = inputs.optional('timeout_seconds', parseTimeout, DEFAULT_TIMEOUT_MS)
  return () => ({ orgKey: orgKey(), orgId: orgId(), apiUrl: apiUrl(), timeoutMs: timeoutMs() })
}

/** Reports a proxy variable that cannot be used, when it decides how the base URL in an input is reached. */
export function checkProxy(
  name: string,
  fallback: string,
  inputs: InputReader,
  context: InputContext,
): void {
  const url = parseBaseUrl(fallback)(inputs.has(name) ? inputs.text(name) : fallback)
  const problem = 'value' in url ? context.findProxyProblem(url.value) : undefined
  if (problem !== undefined) inputs.report(problem)
}
