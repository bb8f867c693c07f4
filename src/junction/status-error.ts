import { HttpStatusError } from '../core/errors.js'
import { HTML_TAG, showForeign } from '../core/foreign-text.js'
import { isRecord, parseJson } from '../core/json.js'
import type { HttpResponse } from '../http/exchange.js'
import { parseRetryAfter } from '../http/retry-after.js'

const LONGEST_DETAIL = 400
const MOST_FIELDS = 8

/** What to look at first, by status: the usual reasons of each at this API. */
const HINTS: Readonly<Record<number, string>> = {
  401: 'org_key is no key this service knows: check that the secret holds a live Org Management Key (mg_…) and that api_url is the service it was made for',
  402: 'the Management API belongs to the Scale plan: check the plan of the organization',
  403: 'org_key may not do this: it must be an Org Management Key of this organization (a Team Management Key is not enough), and the Management API belongs to the Scale plan',
  404: 'check that org_id is the organization of org_key, that team_id is a team in it, and that api_url is a Management API',
}

/**
 * Turns an answer outside 2xx into an error that says what was asked, what came back and what to check.
 * The vendor's own words are kept short, on one line and free of secrets (`scrub`).
 */
export function createStatusError(
  answer: HttpResponse,
  wanted: string,
  scrub: (text: string) => string,
): HttpStatusError {
  const { status } = answer
  const words = readDetail(answer)
  const detail = HTML_TAG.test(words) ? '' : showForeign(words, LONGEST_DETAIL, scrub)
  const hint = HINTS[status]
  const parts = [
    `The Management API answered ${status} to the request to ${wanted}`,
    ...(detail === '' ? [] : [`: ${detail}`]),
    ...(hint === undefined ? [] : [`. Likely: ${hint}`]),
  ]
  return new HttpStatusError(
    parts.join(''),
    status,
    parseRetryAfter(answer.headers['retry-after'], answer.headers.date, Date.now()),
  )
}

function readDetail(answer: HttpResponse): string {
  if (answer.status >= 300 && answer.status < 400) {
    return `a redirect to ${describeTarget(answer.headers.location)}, which is not followed because the key would go along; set api_url to the final address`
  }
  const body = parseJson(answer.body)
  if (!isRecord(body)) return answer.body
  const { detail, message, error } = body
  if (Array.isArray(detail)) return describeFields(detail)
  for (const words of [detail, message, error, isRecord(error) ? error['message'] : undefined]) {
    if (typeof words === 'string') return words
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
