import type { ServiceProfile } from '../http/service.js'
import { readPause } from './limits.js'

/** What is particular to GitHub at an address. `forbid` says what a 403 means that lacks a permission. */
export function createProfile(
  forbid: (permission: string) => string,
  githubApiUrl: string,
): ServiceProfile {
  const isServer = githubApiUrl.endsWith('/api/v3')
  return {
    name: 'GitHub',
    credential: 'token',
    urlInput: 'github_api_url',
    /** A message, then what is wrong with each field (published schema validation-error). */
    readDetail: ({ message, errors }) => {
      if (typeof message !== 'string') return ''
      if (!Array.isArray(errors)) return message
      return `${message}: ${errors.map((error) => JSON.stringify(error)).join(', ')}`
    },
    advise: (status, detail, permission) => {
      if (status === 401) return 'github_token is invalid or has expired'
      if (status === 404) {
        return isServer && NOT_ON_SERVER.test(permission)
          ? 'GitHub Enterprise Server has neither Codespaces nor agents secrets: remove this target'
          : `It does not exist, or github_token does not have access (it needs ${permission})`
      }
      if (status !== 403) return ''
      const [, advice = forbid(permission)] = REFUSALS.find(([says]) => says.test(detail)) ?? []
      return advice
    },
    readPause,
  }
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
