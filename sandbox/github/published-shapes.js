import { secretsPath } from './destination.js'

/** @import { Environment, Repository } from './account-store.js' */
/** @import { Destination } from './destination.js' */
/** @import { PullRequest } from './pull-requests.js' */
/** @import { StoredSecret } from './secret-store.js' */

/**
 * Shows a repository, with the part of GitHub's description that says which one it is.
 *
 * @param {Repository} repository
 * @param {string} apiUrl
 * @returns {Record<string, unknown>}
 */
export function showRepository({ id, owner, name, private: isPrivate }, apiUrl) {
  return {
    id,
    node_id: nodeId('R', id),
    name,
    full_name: `${owner}/${name}`,
    owner: { login: owner },
    private: isPrivate,
    visibility: isPrivate ? 'private' : 'public',
    description: null,
    fork: false,
    url: `${apiUrl}/repos/${owner}/${name}`,
    html_url: `https://github.invalid/${owner}/${name}`,
  }
}

/**
 * Shows an environment.
 *
 * @param {Repository} repository
 * @param {Environment} environment
 * @param {string} apiUrl
 * @returns {Record<string, unknown>}
 */
export function showEnvironment({ owner, name: repo }, environment, apiUrl) {
  const { id, name, protection, createdAt, updatedAt } = environment
  return {
    id,
    node_id: nodeId('EN', id),
    name,
    url: `${apiUrl}/repos/${owner}/${repo}/environments/${encodeURIComponent(name)}`,
    html_url: `https://github.invalid/${owner}/${repo}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: createdAt,
    updated_at: updatedAt,
    protection_rules: showProtectionRules(environment),
    deployment_branch_policy: protection.deployment_branch_policy ?? null,
  }
}

/**
 * Shows a pull request, with the part of GitHub's description that says what became of it.
 *
 * @param {Repository} repository
 * @param {PullRequest} pullRequest
 * @param {string} apiUrl
 * @returns {Record<string, unknown>}
 */
export function showPullRequest({ id, owner, name }, pullRequest, apiUrl) {
  const { number, title, state, createdAt, closedAt, mergedAt } = pullRequest
  return {
    id: id * 1000 + number,
    node_id: nodeId('PR', id * 1000 + number),
    number,
    title,
    state,
    merged: mergedAt !== null,
    draft: false,
    created_at: createdAt,
    closed_at: closedAt,
    merged_at: mergedAt,
    url: `${apiUrl}/repos/${owner}/${name}/pulls/${number}`,
    html_url: `https://github.invalid/${owner}/${name}/pull/${number}`,
  }
}

/**
 * Shows what is public of a secret: all but its value.
 *
 * @param {Destination} destination
 * @param {StoredSecret} secret
 * @param {string} apiUrl
 * @returns {Record<string, unknown>}
 */
export function showSecret(destination, { name, createdAt, updatedAt, visibility }, apiUrl) {
  const shown = { name, created_at: createdAt, updated_at: updatedAt }
  if (visibility === null) return shown
  if (visibility !== 'selected') return { ...shown, visibility }
  const url = `${apiUrl}${secretsPath(destination)}/${name}/repositories`
  return { ...shown, visibility, selected_repositories_url: url }
}

/**
 * @param {Environment} environment
 * @returns {Record<string, unknown>[]}
 */
function showProtectionRules({ id, protection }) {
  const { wait_timer: waitTimer, reviewers, prevent_self_review: preventSelfReview } = protection
  /** @type {Record<string, unknown>[]} */
  const rules = []
  if (waitTimer !== undefined && waitTimer !== 0) {
    rules.push({ type: 'wait_timer', wait_timer: waitTimer })
  }
  if (reviewers?.length) {
    rules.push({
      type: 'required_reviewers',
      prevent_self_review: preventSelfReview ?? false,
      reviewers: reviewers.map((reviewer) => ({
        type: reviewer.type ?? 'User',
        reviewer: { id: reviewer.id ?? 0 },
      })),
    })
  }
  if (protection.deployment_branch_policy) rules.push({ type: 'branch_policy' })
  return rules.map((rule, index) => ({
    id: id * 10 + index,
    node_id: nodeId('GA', id * 10 + index),
    ...rule,
  }))
}

/**
 * @param {string} kind
 * @param {number} id
 * @returns {string}
 */
function nodeId(kind, id) {
  return `${kind}_sandbox${id}`
}
