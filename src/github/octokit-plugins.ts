import type { OctokitPlugin } from '@octokit/core/types'
import { RequestError } from '@octokit/request-error'
import { UnreadableAnswerError } from '../core/errors.js'
import { parseRetryAfter } from '../http/retry-after.js'
import { ExpectedAnswer } from './expected-answer.js'

/**
 * An octokit plugin that gives every request a `request` object of its own. Octokit hands the same one to
 * all, and its plugins count their attempts in it.
 */
export const isolateRequests: OctokitPlugin = (octokit) => {
  octokit.hook.before('request', (options) => {
    options.request = { ...options.request, retryCount: 0 }
  })
  return {}
}

/**
 * An octokit plugin that turns every answer but the `ExpectedAnswer` in `options.request` into a
 * `RequestError`, for octokit takes anything below 400 for a success: also a redirect, which our `fetch`
 * does not follow.
 */
export const checkAnswers: OctokitPlugin = (octokit) => {
  octokit.hook.after('request', (response, options) => {
    const refuse = (message: string, cause?: unknown) =>
      new RequestError(message, response.status, {
        request: octokit.request.endpoint(options),
        response,
        cause,
      })
    if (response.status >= 300) {
      throw refuse('a redirect, which is not followed because the token would go along')
    }
    const expected: unknown = options.request?.['expected']
    try {
      if (expected instanceof ExpectedAnswer) expected.read(response)
    } catch (error) {
      throw error instanceof UnreadableAnswerError ? refuse(error.message, error) : error
    }
  })
  return {}
}

/** An octokit plugin that remembers when an attempt got no clear answer, for `isRefusal`. */
export const noteLostAnswers: OctokitPlugin = (octokit) => {
  octokit.hook.error('request', (error, options) => {
    if (!isClearRefusal(error)) options.request = { ...options.request, [LOST_ANSWER]: true }
    throw error
  })
  return {}
}

/** Whether an error shows that a request changed nothing: GitHub refused it, and no attempt before may have worked. */
export function isRefusal(error: unknown): boolean {
  return isClearRefusal(error) && error.request.request?.[LOST_ANSWER] !== true
}

function isClearRefusal(error: unknown): error is RequestError {
  return error instanceof RequestError && error.response !== undefined && refuses(error.status)
}

/** Neither 2xx, which comes as an error when it cannot be read, nor 5xx shows what became of a request. */
function refuses(status: number): boolean {
  return status >= 300 && status < 500
}

/** Stands in a request's own options once an attempt at it got no clear answer. */
const LOST_ANSWER = 'lostAnswer'

/** An octokit plugin that writes method, path, status, duration and attempt of every request to the debug log. */
export function logRequests(debug: (message: string) => void): OctokitPlugin {
  return (octokit) => {
    octokit.hook.wrap('request', async (request, options) => {
      const { method, url } = octokit.request.endpoint(options)
      const attempt = (options.request?.['retryCount'] ?? 0) + 1
      const began = Date.now()
      const log = (outcome: string) =>
        debug(
          `${method} ${new URL(url).pathname} → ${outcome} in ${Date.now() - began} ms (attempt ${attempt})`,
        )
      try {
        const response = await request(options)
        log(String(response.status))
        return response
      } catch (error) {
        const answered = error instanceof RequestError && error.response !== undefined
        log(answered ? String(error.status) : error instanceof Error ? error.message : 'no answer')
        throw error
      }
    })
    return {}
  }
}

/**
 * An octokit plugin that tells octokit's retry plugin what to repeat and when: what failed in passing, after
 * the pause that the service asked for, else after 1, 4 and 9 seconds. GitHub's own rate limits are left to
 * octokit's throttling plugin.
 */
export function planRetries(mostRetries: number, longestWaitSeconds: number): OctokitPlugin {
  return (octokit) => {
    octokit.hook.error('request', (error, options) => {
      const seconds = findWait(error, options.request?.['retryCount'] ?? 0)
      if (error instanceof RequestError && seconds !== undefined && seconds <= longestWaitSeconds) {
        // The retry plugin reads its orders here.
        error.request.request = {
          ...error.request.request,
          retries: mostRetries,
          retryAfter: seconds,
        }
      }
      throw error
    })
    return {}
  }
}

/** Seconds until a failed request is worth repeating; nothing when it never is, or is not ours to repeat. */
function findWait(error: unknown, retryCount: number): number | undefined {
  if (!(error instanceof RequestError)) return undefined
  const headers = error.response?.headers ?? {}
  const isLimit =
    /\bsecondary rate\b/i.test(error.message) || headers['x-ratelimit-remaining'] === '0'
  if (isLimit && refuses(error.status)) return undefined
  const asked = parseRetryAfter(headers['retry-after'], headers['date'], Date.now())
  const isTransient = error.status === 429 || !refuses(error.status)
  if (asked !== undefined && (isTransient || error.status === 403)) return asked / 1000
  return isTransient ? (retryCount + 1) ** 2 : undefined
}
