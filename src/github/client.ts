import { getOctokit } from '@actions/github'
import { explainError, HttpStatusError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { isTransient, type RetryPolicy, withRetries } from '../http/retry.js'
import { type ClientPorts, createService, type Reader } from '../http/service.js'
import { USER_AGENT } from '../version.js'
import { createLimiter, isRateLimit } from './limits.js'
import { createPatience } from './patience.js'
import { createProfile, findPermission } from './profile.js'

type RequestParameters = Readonly<Record<string, unknown>>

export type ResponseReaders<T> = Readonly<Record<number, Reader<T>>>

export interface GitHubApi {
  /**
   * Sends a request (`GET /repos/{owner}/{repo}`) and reads the response by its documented statuses of success. Any
   * other success is retried like a missing one.
   * Throws `HttpStatusError`, `ConnectionError` or `UnreadableResponseError`.
   */
  request<T>(route: string, parameters: RequestParameters, readers: ResponseReaders<T>): Promise<T>
}

export interface GitHubAddress {
  /** Base URL without a trailing slash; a GitHub Enterprise Server has `/api/v3` in it. */
  readonly githubApiUrl: string
  readonly githubToken: string
}

const RETRY_POLICY: RetryPolicy = {
  mostAttempts: 4,
  firstDelayMs: 2_000,
  isWorthwhile: (error) => isTransient(error) || isRateLimit(error),
}

/** What the errors of a client say, given what it is for. */
export interface GitHubWords {
  /** What a 403 means that lacks a permission. */
  readonly forbid: (permission: string) => string
  /** What to change after a repository was renamed or transferred, from one name to another. */
  readonly move: (from: string, to: string) => string
}

/**
 * Builds a client in which octokit builds each request, and the service sends it, within GitHub's limits.
 * `withRetries` waits out a limit that is reached all the same.
 */
export function connectGitHub(
  { githubApiUrl, githubToken }: GitHubAddress,
  ports: ClientPorts,
  words: GitHubWords,
): GitHubApi {
  const octokit = getOctokit(githubToken, { baseUrl: githubApiUrl, userAgent: USER_AGENT })
  const authorization = `token ${githubToken}`
  const limit = createLimiter(ports)
  const patience = createPatience(ports.clock)
  const service = createService(createProfile(words.forbid, githubApiUrl), ports)
  const request: GitHubApi['request'] = async (route, parameters, readers) => {
    const { method, url, headers, body } = octokit.request.endpoint(route, parameters)
    const sent = {
      method,
      url,
      headers: { ...readHeaders(headers), authorization },
      body: typeof body === 'object' ? JSON.stringify(body) : undefined,
      permission: findPermission(route),
    }
    const send = (attempt: number) => {
      patience.noteRequest()
      return service(sent, attempt, readers)
    }
    const result = await withRetries((attempt) => limit(method, () => send(attempt)), ports, {
      ...RETRY_POLICY,
      bearWith: (error, refusals) => patience.findPause(error, refusals, route, url),
    })
    patience.noteSuccess(route, url)
    return result
  }
  return {
    request: (route, parameters, readers) =>
      request(route, parameters, readers).catch(async (error: unknown) => {
        throw await explainMove(error, parameters, request, words)
      }),
  }
}

function readHeaders(headers: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
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
  const where = await request('GET /repositories/{id}', { id }, { 200: readFullName }).then(
    (to) => ` and is ${to} now. ${move(from, to)}`,
    (cause: unknown) => `; its new name could not be read: ${explainError(cause)}`,
  )
  const message = `GitHub returned ${error.status}: ${from} was renamed or transferred${where}`
  return new HttpStatusError(message, error.status, undefined)
}

function readFullName(data: unknown): string {
  const name = isRecord(data) ? data['full_name'] : undefined
  if (typeof name === 'string' && /^[\w.-]+\/[\w.-]+$/.test(name)) return name
  throw new UnreadableResponseError('it contains no repository name')
}
