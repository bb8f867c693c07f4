import { isRecord, isString } from '../core/json.js'
import type { ServiceProfile } from '../http/service.js'

const MOST_FIELDS = 8

const HINTS: Readonly<Record<number, string>> = {
  401: 'org_key was not recognized. Check that the secret contains an active Org Management Key (mg_…), and that api_url is the service that issued it',
  402: "The Management API is part of the Scale plan. Check the organization's plan",
  403: 'org_key is not allowed to do this. It must be an Org Management Key of this organization (a Team Management Key is not enough), on the Scale plan',
  404: 'Check that org_id is the organization of org_key, that team_id is a team in it, and that api_url is a Management API',
}

export const PROFILE: ServiceProfile = {
  name: 'the Management API',
  credential: 'key',
  urlInput: 'api_url',
  readDetail: ({ detail, message, error }) => {
    if (Array.isArray(detail)) return describeFields(detail)
    const texts = [detail, message, error, isRecord(error) ? error['message'] : undefined]
    return texts.find(isString) ?? ''
  },
  advise: (status) => HINTS[status] ?? '',
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
