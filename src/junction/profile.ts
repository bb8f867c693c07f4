import { isRecord } from '../core/json.js'
import { parseRetryAfter } from '../http/retry.js'
import type { ServiceProfile, ServiceResponse } from '../http/service.js'

const MOST_FIELDS = 8

const HINTS: Readonly<Record<number, string>> = {
  401: 'org_key was not recognized. Check that the secret contains an active Org Management Key (mg_…), and that api_url is the service that issued it',
  402: "The Management API is part of the Scale plan. Check the organization's plan",
  403: 'org_key is not allowed to do this. It must be an Org Management Key of this organization (a Team Management Key is not enough), on the Scale plan',
  404: 'Check that org_id is the organization of org_key, that team_id is a team in it, and that api_url is a Management API',
}

export const PROFILE: ServiceProfile = {
  returned: (status, wanted) =>
    `The Management API returned ${status} for the request to ${wanted}`,
  gaveNoResponse: (wanted) => `The request to ${wanted} got no response from the Management API`,
  isUnreadable: (wanted) =>
    `The Management API's response to the request to ${wanted} is unreadable`,
  longestDetail: 400,
  readDetail,
  advise: ({ status }) => HINTS[status] ?? '',
  readPause: ({ headers }) => parseRetryAfter(headers['retry-after'], headers.date, Date.now()),
}

function readDetail({ status, headers, data }: ServiceResponse): string {
  if (status < 400) {
    return `a redirect to ${describeTarget(headers.location)}, which is not followed because that would forward the key; set api_url to the final address`
  }
  const { detail, message, error } = isRecord(data) ? data : {}
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
