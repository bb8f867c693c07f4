import { STATUS_CODES } from 'node:http'
import { errorBody } from './github/error-body.js'
import { isGitHubPath } from './github/github-path.js'

/**
 * Writes the body of a failure that says nothing else, as the service that was called would.
 *
 * @param {string} path
 * @param {number} status
 * @param {Record<string, string>} [headers] Those that are sent with it.
 * @returns {unknown}
 */
export function describeFailure(path, status, headers = {}) {
  const reason = STATUS_CODES[status] ?? 'Unknown'
  if (!isGitHubPath(path)) return { detail: reason }
  return errorBody(status, explainGitHubFailure(status, headers) ?? reason)
}

/**
 * @param {number} status
 * @param {Record<string, string>} headers
 * @returns {string | undefined}
 */
function explainGitHubFailure(status, headers) {
  const sent = new Headers(headers)
  if (status === 401) return 'Bad credentials'
  if (status !== 403 && status !== 429) return undefined
  if (sent.get('x-ratelimit-remaining') === '0') return 'API rate limit exceeded'
  if (sent.has('retry-after') || status === 429) return 'You have exceeded a secondary rate limit'
  return 'Resource not accessible by integration'
}
