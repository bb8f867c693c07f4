import { RequestError } from '@octokit/request-error'
import { ActionError, explainError, UnreadableAnswerError } from '../core/errors.js'
import { HTML_TAG, showForeign } from '../core/foreign-text.js'
import { isRecord } from '../core/json.js'

const LONGEST_DETAIL = 300

/** What a 403 means where secrets are concerned. */
const SECRETS_FORBIDDEN =
  'github_token may not do this. The workflow’s own GITHUB_TOKEN can never write secrets: use a GitHub App’s installation token or a fine-grained personal access token'

/** Turns what octokit throws into one line: what came back, and what to check. Keeps it as `cause`. */
export function describeGitHubError(
  error: unknown,
  scrub: (text: string) => string,
  forbidden: string = SECRETS_FORBIDDEN,
): ActionError {
  if (error instanceof ActionError) return error
  const clean = (text: string) => showForeign(text, LONGEST_DETAIL, scrub)
  if (!(error instanceof RequestError) || error.response === undefined) {
    const message = clean(explainError(error))
    const what = error instanceof RequestError ? `got no answer from GitHub: ${message}` : message
    return new ActionError(what, { cause: error })
  }
  if (error.cause instanceof UnreadableAnswerError) {
    return new ActionError(error.cause.message, { cause: error })
  }
  const detail = clean(readDetail(error)).replace(/ - https:\/\/docs\.github\.com\S*$/, '')
  const hint = hintFor(error, forbidden, clean)
  const parts = [
    `GitHub answered ${error.status}`,
    ...(detail === '' ? [] : [`: ${detail}`]),
    ...(hint === undefined ? [] : [`. ${hint}`]),
  ]
  return new ActionError(parts.join(''), { cause: error })
}

/** Octokit's message, unless it quotes a page, or JSON that is not an error of GitHub's. */
function readDetail({ message, response, status }: RequestError): string {
  const data: unknown = response?.data
  const isWords = status < 400 || typeof data === 'string' || (isRecord(data) && 'message' in data)
  return isWords && !HTML_TAG.test(message) ? message : ''
}

/** Says whether a thrown value is an answer of GitHub's with this status. */
export function hasStatus(error: unknown, status: number): boolean {
  return error instanceof RequestError && error.response !== undefined && error.status === status
}

function hintFor(
  error: RequestError,
  forbidden: string,
  clean: (text: string) => string,
): string | undefined {
  const accepted = error.response?.headers['x-accepted-github-permissions']
  const permissions =
    typeof accepted === 'string' && accepted !== '' && !HTML_TAG.test(accepted)
      ? `. The endpoint accepts: ${clean(accepted)}`
      : ''
  if (error.status === 401) return 'github_token is not valid, or no longer'
  if (error.status === 403) {
    return `${forbidden}${permissions}`
  }
  if (error.status === 404) {
    return `There is no such place, or github_token may not see it${permissions}`
  }
  return undefined
}
