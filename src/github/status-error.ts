import { HttpStatusError } from '../core/errors.js'
import { HTML_TAG, showForeign } from '../core/foreign-text.js'
import { isRecord } from '../core/json.js'
import { parseRetryAfter } from '../http/retry-after.js'

const LONGEST_DETAIL = 300

/** An answer that is none of the successes of a request. */
export interface StatusResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** Parsed where it is JSON. */
  readonly data: unknown
}

/** What goes into the message besides the answer. */
export interface StatusWords {
  /** What a 403 means for this client. */
  readonly forbidden: string
  readonly scrub: (text: string) => string
}

/**
 * Turns an answer outside 2xx into an error that says what came back and what to check. `message` is octokit's,
 * and `limitMs` the pause that GitHub's rate limit asks for, in milliseconds.
 */
export function createStatusError(
  answer: StatusResponse,
  message: string,
  limitMs: number | undefined,
  { forbidden, scrub }: StatusWords,
  options?: ErrorOptions,
): HttpStatusError {
  const { status, headers } = answer
  const clean = (text: string) => showForeign(text, LONGEST_DETAIL, scrub)
  const detail = isOfGitHub(answer, message)
    ? clean(message).replace(/ - https:\/\/docs\.github\.com\S*$/, '')
    : ''
  const hint = hintFor(answer, forbidden, clean)
  const parts = [
    `GitHub answered ${status}`,
    ...(detail === '' ? [] : [`: ${detail}`]),
    ...(hint === undefined ? [] : [`. ${hint}`]),
  ]
  const waitMs = limitMs ?? parseRetryAfter(headers['retry-after'], headers['date'], Date.now())
  return new HttpStatusError(parts.join(''), status, waitMs, options)
}

/** Whether a message neither quotes a page nor JSON that is not an error of GitHub's. */
function isOfGitHub({ status, data }: StatusResponse, message: string): boolean {
  const isWords = status < 400 || typeof data === 'string' || (isRecord(data) && 'message' in data)
  return isWords && !HTML_TAG.test(message)
}

function hintFor(
  { status, headers }: StatusResponse,
  forbidden: string,
  clean: (text: string) => string,
): string | undefined {
  const accepted = headers['x-accepted-github-permissions']
  const permissions =
    typeof accepted === 'string' && accepted !== '' && !HTML_TAG.test(accepted)
      ? `. The endpoint accepts: ${clean(accepted)}`
      : ''
  if (status === 401) return 'github_token is not valid, or no longer'
  if (status === 403) return `${forbidden}${permissions}`
  if (status === 404) {
    return `There is no such place, or github_token may not see it${permissions}`
  }
  return undefined
}
