import { isRecord } from '../core/json.js'
import type { ServiceProfile, ServiceResponse } from '../http/service.js'
import { readPause } from './limits.js'

/** What is particular to GitHub. `forbidden` is what a 403 means for this client. */
export function createProfile(forbidden: string): ServiceProfile {
  return {
    returned: (status) => `GitHub returned ${status}`,
    gaveNoResponse: () => 'got no response from GitHub',
    isUnreadable: () => "GitHub's response is unreadable",
    longestDetail: 300,
    readDetail,
    advise: (response, clean) => advise(response, forbidden, clean),
    readPause,
  }
}

/** A message, then what is wrong with each field (published schema validation-error). */
function readDetail({ status, data }: ServiceResponse): string {
  if (status < 400) return 'a redirect, which is not followed because that would forward the token'
  const { message, errors } = isRecord(data) ? data : {}
  if (typeof message !== 'string') return ''
  if (!Array.isArray(errors)) return message
  return `${message}: ${errors.map((error) => JSON.stringify(error)).join(', ')}`
}

function advise(
  { status, headers }: ServiceResponse,
  forbidden: string,
  clean: (text: string) => string,
): string {
  const accepted = headers['x-accepted-github-permissions']
  const shown = typeof accepted === 'string' ? clean(accepted) : ''
  const permissions = shown && `. The endpoint accepts: ${shown}`
  if (status === 401) return 'github_token is invalid or has expired'
  if (status === 403) return `${forbidden}${permissions}`
  if (status === 404) return `It does not exist, or github_token does not have access${permissions}`
  return ''
}
