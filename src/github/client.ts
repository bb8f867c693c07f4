import { getOctokit } from '@actions/github'
import { HttpStatusError } from '../core/errors.js'
import type { HttpRequest } from '../http/exchange.js'
import { isTransient, type RetryPolicy, SharedPause, withRetries } from '../http/retry.js'
import { type ClientPorts, createService, type Reader } from '../http/service.js'
import { USER_AGENT } from '../version.js'
import { createLimiter } from './limits.js'
import { createProfile } from './profile.js'

type RequestParameters = Readonly<Record<string, unknown>>

/** How to read the body of each documented status of success. */
type ResponseReaders<T> = Readonly<Record<number, Reader<T>>>

/** GitHub's REST API, through octokit. */
export interface GitHubApi {
  /**
   * Sends a request (`GET /repos/{owner}/{repo}`) and reads the response by its documented statuses of success. Any
   * other success is retried like a missing one.
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

/** What the client needs from outside. */
export interface GitHubPorts extends ClientPorts {
  readonly info: (message: string) => void
}

/** A 403 that asks for a pause means a rate limit, whatever its message says. */
const RETRY_POLICY: RetryPolicy = {
  mostAttempts: 4,
  firstDelayMs: 2_000,
  isTransient: (error) =>
    isTransient(error) ||
    (error instanceof HttpStatusError && error.status === 403 && error.retryAfterMs !== undefined),
}

/** All that octokit sees of a response. */
const NOTHING_TO_READ = { status: 204, headers: new Map() }

/**
 * Builds a client in which octokit builds and signs each request, and the service sends it, within GitHub's limits.
 * `withRetries` waits out a limit that is reached all the same. `forbidden` says what a 403 means.
 */
export function connectGitHub(
  { githubApiUrl, githubToken }: GitHubAddress,
  ports: GitHubPorts,
  forbidden: string,
): GitHubApi {
  const octokit = getOctokit(githubToken, { baseUrl: githubApiUrl, userAgent: USER_AGENT })
  const pause = new SharedPause(ports.clock)
  const limit = createLimiter({ ...ports, pause })
  const service = createService(createProfile(forbidden), ports)
  const tryOnce = <T>(
    route: string,
    parameters: RequestParameters,
    readers: ResponseReaders<T>,
    attempt: number,
  ) =>
    new Promise<T>((resolve, reject) => {
      const fetch = async (url: string, { method, headers, body }: HttpRequest) => {
        const result = service({ method, url, headers, body }, attempt, readers)
        resolve(result)
        await result
        return { ...NOTHING_TO_READ, url }
      }
      octokit.request(route, { ...parameters, request: { fetch } }).catch(reject)
    })
  return {
    request: (route, parameters, readers) => {
      const [method = ''] = route.split(' ')
      return withRetries(
        (attempt) => limit(method, () => tryOnce(route, parameters, readers, attempt)),
        ports.clock,
        { ...RETRY_POLICY, pause },
      )
    },
  }
}
