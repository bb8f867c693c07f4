import { getOctokit } from '@actions/github'
import { throttling } from '@octokit/plugin-throttling'
import { RequestError } from '@octokit/request-error'
import { ConnectionError, HttpStatusError } from '../core/errors.js'
import { isTransient, type RetryPolicy, withRetries } from '../http/retry.js'
import { type ClientPorts, send } from '../http/send.js'
import { USER_AGENT } from '../version.js'
import { createFetch } from './fetch.js'
import { type ResponseReaders, readResponse } from './read-response.js'
import { createStatusError, type StatusWords } from './status-error.js'

type RequestParameters = Readonly<Record<string, unknown>>

/** GitHub's REST API, as octokit speaks it. */
export interface GitHubApi {
  /**
   * Sends a request (`GET /repos/{owner}/{repo}`) and reads the answer. An answer that `readers` do not
   * expect is retried like one that was lost.
   * Throws `HttpStatusError`, `ConnectionError` or `UnreadableResponseError`.
   */
  request<T>(route: string, parameters: RequestParameters, readers: ResponseReaders<T>): Promise<T>
}

/** Which GitHub to speak to, and as whom. */
export interface GitHubAddress {
  /** Base URL without a trailing slash; a GitHub Enterprise Server has `/api/v3` in it. */
  readonly githubApiUrl: string
  readonly githubToken: string
}

/** A 403 that asks for a pause means a rate limit, whatever its words. */
const RETRY_POLICY: RetryPolicy = {
  mostAttempts: 4,
  firstDelayMs: 2_000,
  isTransient: (error) =>
    isTransient(error) ||
    (error instanceof HttpStatusError && error.status === 403 && error.retryAfterMs !== undefined),
}

/** What octokit's throttling plugin finds out about one attempt. An instance, since octokit copies plain objects. */
class RateLimit {
  /** Pause that GitHub asks for, in milliseconds. */
  waitMs: number | undefined
}

/**
 * Builds octokit on the action's own HTTP exchange. Its throttling plugin spaces the requests and tells
 * GitHub's rate limits; `withRetries` does all the waiting. `forbidden` says what a 403 means.
 */
export function connectGitHub(
  { githubApiUrl, githubToken }: GitHubAddress,
  ports: ClientPorts,
  forbidden: string,
): GitHubApi {
  const options = {
    baseUrl: githubApiUrl,
    userAgent: USER_AGENT,
    log: { debug: discard, info: discard, warn: discard, error: discard },
    throttle: { onRateLimit: noteLimit, onSecondaryRateLimit: noteLimit },
  }
  const octokit = getOctokit(githubToken, options, throttling)
  const words = { forbidden, scrub: ports.scrub }
  const tryOnce = async (route: string, parameters: RequestParameters, attempt: number) => {
    const limit = new RateLimit()
    const fetch = createFetch((request) => send(request, attempt, ports))
    try {
      return await octokit.request(route, { ...parameters, request: { fetch, limit } })
    } catch (error) {
      throw error instanceof RequestError ? translate(error, limit, words) : error
    }
  }
  return {
    request: (route, parameters, readers) =>
      withRetries(
        async (attempt) => {
          const answer = await tryOnce(route, parameters, attempt)
          if (answer.status < 300) return readResponse(answer, readers)
          const reason = 'a redirect, which is not followed because the token would go along'
          throw createStatusError(answer, reason, undefined, words)
        },
        ports.clock,
        RETRY_POLICY,
      ),
  }
}

function translate(
  error: RequestError,
  { waitMs }: RateLimit,
  words: StatusWords,
): HttpStatusError | ConnectionError {
  const { response, message, cause } = error
  if (response !== undefined) {
    return createStatusError(response, message, waitMs, words, { cause: error })
  }
  const failure = cause instanceof ConnectionError ? cause.failure : 'broken'
  return new ConnectionError(`got no answer from GitHub: ${message}`, failure, { cause: error })
}

/** Whether a thrown value is GitHub's 404: no such thing, or none that the token may see. */
export function isNotFound(error: unknown): boolean {
  return error instanceof HttpStatusError && error.status === 404
}

/** Takes note of what octokit would wait for, and keeps it from waiting by itself. */
function noteLimit(seconds: number, { request }: { readonly request: RequestParameters }): false {
  const limit: unknown = request['limit']
  if (limit instanceof RateLimit) limit.waitMs = seconds * 1000
  return false
}

/** Takes what octokit would tell of its own accord, words of GitHub's headers among it. */
function discard(): void {
  // The debug log says it already.
}
