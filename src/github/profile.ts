import { isRecord } from '../core/json.js'
import type { ServiceProfile, ServiceResponse } from '../http/service.js'
import { readPause } from './limits.js'

/** What is particular to GitHub at an address. `forbid` says what a 403 means that lacks a permission. */
export function createProfile(
  forbid: (permission: string) => string,
  githubApiUrl: string,
): ServiceProfile {
  const isServer = githubApiUrl.endsWith('/api/v3')
  return {
    returned: (status) => `GitHub returned ${status}`,
    gaveNoResponse: () => 'got no response from GitHub',
    isUnreadable: () => "GitHub's response is unreadable",
    longestDetail: 300,
    readDetail,
    advise: (response, detail, permission) =>
      response.status === 404 && isServer && NOT_ON_SERVER.test(permission)
        ? 'GitHub Enterprise Server has neither Codespaces nor agents secrets: remove this target'
        : advise(response, detail, permission, forbid),
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

/** Refusals (403) that are not about permissions, by what GitHub's message says, and what helps. */
const REFUSALS: readonly (readonly [message: RegExp, advice: string])[] = [
  [/\barchived\b/, 'Unarchive the repository, or do without it'],
  [
    /\bIP allow list\b/,
    'Use a runner whose address is on that list, or have the address of the runner added to it',
  ],
  [
    /\bSAML\b/,
    'Authorize github_token for single sign-on with that organization in the settings of its owner, or use the token of a GitHub App',
  ],
  [/\bforbids access\b/, 'Use a token that the policy of the organization allows'],
  [/\bsuspended\b/, 'Have the GitHub App unsuspended in the settings of its installation'],
]

function advise(
  { status }: ServiceResponse,
  detail: string,
  permission: string,
  forbid: (permission: string) => string,
): string {
  if (status === 401) return 'github_token is invalid or has expired'
  if (status === 404) {
    return `It does not exist, or github_token does not have access (it needs ${permission})`
  }
  if (status !== 403) return ''
  const [, advice = forbid(permission)] = REFUSALS.find(([says]) => says.test(detail)) ?? []
  return advice
}

/** The permissions of secrets by the part of the path that names their store. */
const STORES: Readonly<Record<string, string>> = {
  actions: 'secrets',
  dependabot: 'dependabot_secrets',
  codespaces: 'codespaces_secrets',
  agents: 'agent_secrets',
  '{environment_name}': 'environments',
}

/** The permissions of stores that GitHub Enterprise Server lacks (source: its REST API, version 3.19). */
const NOT_ON_SERVER = /codespaces_secrets|agent_secrets/

/**
 * The permission that the work at an endpoint needs, with its level: who reads about a secret means to write or delete
 * it (source: GitHub's permissions for GitHub Apps).
 */
export function findPermission(route: string): string {
  const [method, path = ''] = route.split(' ')
  if (path.includes('/pulls/')) return 'pull-requests: read'
  const [, store = ''] = /\/(\w+|\{environment_name\})\/secrets/.exec(path) ?? []
  if (store !== '') {
    return `${path.startsWith('/orgs/') ? 'organization_' : ''}${STORES[store]}: write`
  }
  if (!path.includes('/environments')) return 'metadata: read'
  return method === 'GET' ? 'actions: read' : 'administration: write'
}
