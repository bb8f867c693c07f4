/** @import { Destination } from '../types.ts' */

/** GitHub's secret stores, each with the permission that it asks for in a repository. GitHub's contract leaves the name of the agents' permission to the endpoint's response; the sandbox invents it. */
const permissions = /** @type {const} */ ({
  actions: 'secrets',
  dependabot: 'dependabot_secrets',
  codespaces: 'codespaces_secrets',
  agents: 'agent_secrets',
})

export const secretStores = /** @type {const} */ (['actions', 'dependabot', 'codespaces', 'agents'])

/** Builds the path of a destination's secrets, after the base URL of the API. @param {Destination} destination */
export function secretsPath({ store, owner, repo, environment }) {
  const names = [owner, repo ?? '', environment ?? ''].map(encodeURIComponent)
  if (repo === undefined) return `/orgs/${names[0]}/${store}/secrets`
  if (environment === undefined) return `/repos/${names[0]}/${names[1]}/${store}/secrets`
  return `/repos/${names[0]}/${names[1]}/environments/${names[2]}/secrets`
}

/** Names the permission that a destination's endpoints require. @param {Destination} destination */
export function secretsPermission({ store, scope }) {
  if (scope === 'environment') return 'environments'
  return scope === 'organization' ? `organization_${permissions[store]}` : permissions[store]
}
