import { getOctokit } from '@actions/github'
import { explainError, HttpStatusError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import type { HttpRequest } from '../http/exchange.js'
import { isTransient, type RetryPolicy, SharedPause, withRetries } from '../http/retry.js'
import { type ClientPorts, createService, type Reader } from '../http/service.js'
import { USER_AGENT } from '../version.js'
import { createLimiter } from './limits.js'
import { createPatience } from './patience.js'
import { createProfile, findPermission } from './profile.js'

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

/** What the errors of a client say, given what it is for. */
export interface GitHubWords {
  /** What a 403 means that lacks a permission. */
  readonly forbid: (permission: string) => string
  /** What to change after a repository was renamed or transferred, from one name to another. */
  readonly move: (from: string, to: string) => string
}

/**
 * Builds a client in which octokit builds and signs each request, and the service sends it, within GitHub's limits.
 * `withRetries` waits out a limit that is reached all the same.
 */
export function connectGitHub(
  { githubApiUrl, githubToken }: GitHubAddress,
  ports: ClientPorts,
  words: GitHubWords,
): GitHubApi {
  const octokit = getOctokit(githubToken, { baseUrl: githubApiUrl, userAgent: USER_AGENT })
  const pause = new SharedPause(ports.clock)
  const limit = createLimiter({ ...ports, pause })
  const patience = createPatience(ports.clock)
  const service = createService(createProfile(words.forbid), ports)
  const tryOnce = <T>(
    route: string,
    parameters: RequestParameters,
    readers: ResponseReaders<T>,
    attempt: number,
  ) =>
    new Promise<T>((resolve, reject) => {
      const permission = findPermission(route)
      const fetch = async (url: string, { method, headers, body }: HttpRequest) => {
        patience.noteRequest()
        const result = service({ method, url, headers, body, permission }, attempt, readers)
        resolve(result)
        await result
        return { ...NOTHING_TO_READ, url }
      }
      octokit.request(route, { ...parameters, request: { fetch } }).catch(reject)
    })
  const request: GitHubApi['request'] = async (route, parameters, readers) => {
    const [method = ''] = route.split(' ')
    const result = await withRetries(
      (attempt) => limit(method, () => tryOnce(route, parameters, readers, attempt)),
      ports,
      {
        ...RETRY_POLICY,
        pause,
        bearWith: (error, refusals) => patience.findPause(error, refusals, route, parameters),
      },
    )
    patience.noteSuccess(route, parameters)
    return result
  }
  return {
    request: async (route, parameters, readers) => {
      try {
        return await request(route, parameters, readers)
      } catch (error) {
        throw await explainMove(error, parameters, request, words)
      }
    },
  }
}

/** The error of a request; that of a redirect to a repository's number names the repository. */
async function explainMove(
  error: unknown,
  { owner, repo }: RequestParameters,
  request: GitHubApi['request'],
  { move }: GitHubWords,
): Promise<unknown> {
  if (!(error instanceof HttpStatusError)) return error
  const [, id] = /\/repositories\/(\d+)(?:\/|$)/.exec(error.location ?? '') ?? []
  if (id === undefined) return error
  const from = `${owner}/${repo}`
  const moved = `GitHub returned ${error.status}: ${from} was renamed or transferred`
  try {
    const to = await request('GET /repositories/{id}', { id }, { 200: readFullName })
    return new HttpStatusError(
      `${moved} and is ${to} now. ${move(from, to)}`,
      error.status,
      undefined,
    )
  } catch (cause) {
    return new HttpStatusError(
      `${moved}; its new name could not be read: ${explainError(cause)}`,
      error.status,
      undefined,
    )
  }
}

function readFullName(data: unknown): string {
  const name = isRecord(data) ? data['full_name'] : undefined
  if (typeof name === 'string' && /^[\w.-]+\/[\w.-]+$/.test(name)) return name
  throw new UnreadableResponseError('it contains no repository name')
}
