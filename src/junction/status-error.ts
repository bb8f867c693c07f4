import { HttpStatusError } from '../core/errors.js'
import { isRecord, parseJson } from '../core/json.js'
import { HTML_TAG, showForeign } from '../core/scrub.js'
import type { HttpResponse } from '../http/exchange.js'
import { parseRetryAfter } from '../http/retry-after.js'

const LONGEST_DETAIL = 400
const MOST_FIELDS = 8

/** What to check, by status. */
const HINTS: Readonly<Record<number, string>> = {
  401: 'org_key was not recognized. Check that the secret contains an active Org Management Key (mg_…), and that api_url is the service that issued it',
  402: "The Management API is part of the Scale plan. Check the organization's plan",
  403: 'org_key is not allowed to do this. It must be an Org Management Key of this organization (a Team Management Key is not enough), on the Scale plan',
  404: 'Check that org_id is the organization of org_key, that team_id is a team in it, and that api_url is a Management API',
}

/**
 * Turns a response outside 2xx into an error that says what was requested, what came back and what to check. The
 * API's own message is shortened to one line and scrubbed of secrets (`scrub`).
 */
export function createStatusError(
  response: HttpResponse,
  wanted: string,
  scrub: (text: string) => string,
): HttpStatusError {
  const { status } = response
  const message = readDetail(response)
  const detail = HTML_TAG.test(message) ? '' : showForeign(message, LONGEST_DETAIL, scrub)
  const hint = HINTS[status] ?? ''
  return new HttpStatusError(
    `The Management API returned ${status} for the request to ${wanted}${detail && `: ${detail}`}${hint && `. ${hint}`}`,
    status,
    parseRetryAfter(response.headers['retry-after'], response.headers.date, Date.now()),
  )
}

function readDetail(response: HttpResponse): string {
  if (response.status >= 300 && response.status < 400) {
    return `a redirect to ${describeTarget(response.headers.location)}, which is not followed because that would forward the key; set api_url to the final address`
  }
  const body = parseJson(response.body)
  if (!isRecord(body)) return response.body
  const { detail, message, error } = body
  if (Array.isArray(detail)) return describeFields(detail)
  for (const text of [detail, message, error, isRecord(error) ? error['message'] : undefined]) {
    if (typeof text === 'string') return text
  }
  return ''
}

/** 422 (published schema HTTPValidationError): `label: field required; …`. The `input` is never shown. */
function describeFields(detail: readonly unknown[]): string {
  const fields = detail.flatMap((item) => {
    if (!isRecord(item) || typeof item['msg'] !== 'string') return []
    const path = Array.isArray(item['loc']) ? item['loc'].filter((part) => part !== 'body') : []
    return path.length === 0 ? [item['msg']] : [`${path.join('.')}: ${item['msg']}`]
  })
  const more = fields.length - MOST_FIELDS
  return fields.slice(0, MOST_FIELDS).join('; ') + (more > 0 ? `; and ${more} more` : '')
}

function describeTarget(location: string | undefined): string {
  if (location === undefined || !URL.canParse(location)) return 'another address'
  return new URL(location).origin
}
