import { getOctokit } from '@actions/github'
import { RequestError } from '@octokit/request-error'
import { ConnectionError, HttpStatusError } from '../core/errors.js'
import { isTransient, type RetryPolicy, withRetries } from '../http/retry.js'
import { type ClientPorts, send } from '../http/send.js'
import { USER_AGENT } from '../version.js'
import { createFetch } from './fetch.js'
import { createLimiter } from './limits.js'
import { type ResponseReaders, readResponse } from './read-response.js'
import { createStatusError, type StatusWords } from './status-error.js'

type RequestParameters = Readonly<Record<string, unknown>>

/** GitHub's REST API, through octokit. */
export interface GitHubApi {
  /**
   * Sends a request (`GET /repos/{owner}/{repo}`) and reads the response. A response that `readers` do not
   * expect is retried like a missing one.
   * Throws `HttpStatusError`, `ConnectionError` or `UnreadableResponseError`.
   */
  request<T>(route: string, parameters: RequestParameters, readers: ResponseReaders<T>): Promise<T>
}

/** Which GitHub to send requests to, and as whom. */
export interface GitHubAddress {
  /** Base URL without a trailing slash; a GitHub Enterprise Server has `/api/v3` in it. */
  readonly githubApiUrl: string
  readonly githubToken: string
}

/** A 403 that asks for a pause means a rate limit, whatever its message says. */
const RETRY_POLICY: RetryPolicy = {
  mostAttempts: 4,
  firstDelayMs: 2_000,
  isTransient: (error) =>
    isTransient(error) ||
    (error instanceof HttpStatusError && error.status === 403 && error.retryAfterMs !== undefined),
}

/**
 * Builds octokit on the action's own HTTP exchange, within GitHub's limits. `withRetries` waits out a limit that is
 * reached all the same. `forbidden` says what a 403 means.
 */
export function connectGitHub(
  { githubApiUrl, githubToken }: GitHubAddress,
  ports: ClientPorts,
  forbidden: string,
): GitHubApi {
  const octokit = getOctokit(githubToken, {
    baseUrl: githubApiUrl,
    userAgent: USER_AGENT,
    log: { debug: discard, info: discard, warn: discard, error: discard },
  })
  const limit = createLimiter(ports.clock)
  const words = { forbidden, scrub: ports.scrub }
  const tryOnce = async (route: string, parameters: RequestParameters, attempt: number) => {
    const fetch = createFetch((request) => send(request, attempt, ports))
    try {
      return await octokit.request(route, { ...parameters, request: { fetch } })
    } catch (error) {
      throw error instanceof RequestError ? translate(error, words) : error
    }
  }
  return {
    request: (route, parameters, readers) =>
      withRetries(
        async (attempt) => {
          const [method = ''] = route.split(' ')
          const response = await limit(method, () => tryOnce(route, parameters, attempt))
          if (response.status < 300) return readResponse(response, readers)
          const reason = 'a redirect, which is not followed because that would forward the token'
          throw createStatusError(response, reason, words)
        },
        ports.clock,
        RETRY_POLICY,
      ),
  }
}

function translate(error: RequestError, words: StatusWords): HttpStatusError | ConnectionError {
  const { response, message, cause } = error
  if (response !== undefined) {
    return createStatusError(response, message, words, { cause: error })
  }
  const failure = cause instanceof ConnectionError ? cause.failure : 'broken'
  return new ConnectionError(`got no response from GitHub: ${message}`, failure, { cause: error })
}

/** Whether a thrown value is GitHub's 404: no such thing, or none that the token may see. */
export function isNotFound(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 404
}

/** Silences octokit's own log output, which quotes GitHub's headers. */
function discard(): void {
  // The debug log says it already.
}
