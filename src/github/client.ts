import { getOctokit } from '@actions/github'
import { retry } from '@octokit/plugin-retry'
import { throttling } from '@octokit/plugin-throttling'
import { createExchange } from '../http/exchange.js'
import { USER_AGENT } from '../version.js'
import { type AnswerReaders, ExpectedAnswer } from './expected-answer.js'
import { createFetch } from './fetch.js'
import {
  checkAnswers,
  isolateRequests,
  logRequests,
  noteLostAnswers,
  planRetries,
} from './octokit-plugins.js'

/** GitHub's REST API, as octokit speaks it. */
export interface GitHubApi {
  /**
   * Sends a request (`GET /repos/{owner}/{repo}`) and reads the answer. An answer that `readers` do not
   * expect is retried like one that was lost. Throws octokit's `RequestError`.
   */
  request<T>(
    route: string,
    parameters: Readonly<Record<string, unknown>>,
    readers: AnswerReaders<T>,
  ): Promise<T>
}

/** Which GitHub to speak to, and as whom. */
export interface GitHubAddress {
  /** Base URL without a trailing slash; a GitHub Enterprise Server has `/api/v3` in it. */
  readonly githubApiUrl: string
  readonly githubToken: string
  /** Limit for one request, in milliseconds. */
  readonly timeoutMs: number
}

/** Repeats of a request that failed in passing. */
const MOST_RETRIES = 3

/** A job pays for every minute: a rate limit that is lifted later than this many seconds ends the step. */
const LONGEST_WAIT_SECONDS = 120

/** All statuses of failure: `planRetries` decides about each, and the retry plugin carries it out. */
const DECIDED_ELSEWHERE = Array.from({ length: 200 }, (_, index) => 400 + index)

/**
 * Builds octokit with its own plugins for retries and rate limits, on the action's HTTP exchange.
 * It logs method, path, status and duration, never what it sends.
 */
export function connectGitHub(address: GitHubAddress, debug: (message: string) => void): GitHubApi {
  const isWorthWaiting = (seconds: number, _options: unknown, _octokit: unknown, count: number) =>
    seconds <= LONGEST_WAIT_SECONDS && count < MOST_RETRIES
  const octokit = getOctokit(
    address.githubToken,
    {
      baseUrl: address.githubApiUrl,
      userAgent: USER_AGENT,
      log: { debug: discard, info: discard, warn: discard, error: discard },
      request: { fetch: createFetch(createExchange(address.timeoutMs)) },
      retry: { doNotRetry: DECIDED_ELSEWHERE, retries: MOST_RETRIES },
      throttle: { onRateLimit: isWorthWaiting, onSecondaryRateLimit: isWorthWaiting },
    },
    // The first is the innermost and sees every attempt; the last is the outermost.
    checkAnswers,
    logRequests(debug),
    noteLostAnswers,
    planRetries(MOST_RETRIES, LONGEST_WAIT_SECONDS),
    retry,
    throttling,
    isolateRequests,
  )
  return {
    request: async (route, parameters, readers) => {
      const expected = new ExpectedAnswer(readers)
      return expected.read(await octokit.request(route, { ...parameters, request: { expected } }))
    },
  }
}

/** Takes what octokit would tell of its own accord, words of GitHub's headers among it. */
function discard(): void {
  // The debug log says it already.
}
