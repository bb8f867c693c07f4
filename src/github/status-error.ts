import { HttpStatusError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { HTML_TAG, showForeign } from '../core/scrub.js'
import { readPause } from './limits.js'

const LONGEST_DETAIL = 300

/** A response whose status is not a success. */
export interface StatusResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  /** Parsed where it is JSON. */
  readonly data: unknown
}

/** What goes into the message besides the response. */
export interface StatusWords {
  /** What a 403 means for this client. */
  readonly forbidden: string
  readonly scrub: (text: string) => string
}

/** Turns a response outside 2xx into an error that says what came back and what to check. `message` is octokit's. */
export function createStatusError(
  response: StatusResponse,
  message: string,
  { forbidden, scrub }: StatusWords,
  options?: ErrorOptions,
): HttpStatusError {
  const { status } = response
  const clean = (text: string) => showForeign(text, LONGEST_DETAIL, scrub)
  const detail = isOfGitHub(response, message)
    ? clean(message).replace(/ - https:\/\/docs\.github\.com\S*$/, '')
    : ''
  const hint = hintFor(response, forbidden, clean)
  const text = `GitHub returned ${status}${detail && `: ${detail}`}${hint && `. ${hint}`}`
  return new HttpStatusError(text, status, readPause(response, message), options)
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
): string {
  const accepted = headers['x-accepted-github-permissions']
  const permissions =
    typeof accepted === 'string' && accepted !== '' && !HTML_TAG.test(accepted)
      ? `. The endpoint accepts: ${clean(accepted)}`
      : ''
  if (status === 401) return 'github_token is invalid or has expired'
  if (status === 403) return `${forbidden}${permissions}`
  if (status === 404) return `It does not exist, or github_token does not have access${permissions}`
  return ''
}
