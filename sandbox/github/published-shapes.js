import { secretsPath } from './destination.js'

/** @import { SandboxEnvironment, SandboxPullRequest, SandboxRepository, SandboxSecret } from '../types.ts' */

/** Formats a time as GitHub does: UTC, in whole seconds. @param {Date} time */
export function formatTime(time) {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Shows a repository, with the fields that identify it. @param {SandboxRepository} repository @param {string} apiUrl */
export function showRepository({ id, owner, name, fullName }, apiUrl) {
  return {
    id,
    node_id: nodeId('R', id),
    name,
    full_name: fullName,
    owner: { login: owner },
    private: true,
    visibility: 'private',
    description: null,
    fork: false,
    url: `${apiUrl}/repos/${fullName}`,
    html_url: `https://github.invalid/${fullName}`,
  }
}

/** Shows an environment, without its protection. @param {SandboxEnvironment} environment @param {string} apiUrl */
export function showEnvironment({ id, owner, repo, name, createdAt, updatedAt }, apiUrl) {
  return {
    id,
    node_id: nodeId('EN', id),
    name,
    url: `${apiUrl}/repos/${owner}/${repo}/environments/${encodeURIComponent(name)}`,
    html_url: `https://github.invalid/${owner}/${repo}/deployments/activity_log?environments_filter=${encodeURIComponent(name)}`,
    created_at: createdAt,
    updated_at: updatedAt,
  }
}

/**
 * Shows a pull request, with the fields that identify it and report its state.
 *
 * @param {SandboxRepository} repository
 * @param {SandboxPullRequest} pullRequest
 * @param {string} apiUrl
 */
export function showPullRequest(repository, pullRequest, apiUrl) {
  const { number, state, merged, createdAt, closedAt } = pullRequest
  const id = repository.id * 1000 + number
  return {
    id,
    node_id: nodeId('PR', id),
    number,
    title: `Pull request ${number}`,
    state,
    merged,
    draft: false,
    created_at: createdAt,
    closed_at: closedAt,
    merged_at: merged ? closedAt : null,
    url: `${apiUrl}/repos/${repository.fullName}/pulls/${number}`,
    html_url: `https://github.invalid/${repository.fullName}/pull/${number}`,
  }
}

/** Shows a secret without its value. @param {SandboxSecret} secret @param {string} apiUrl */
export function showSecret(secret, apiUrl) {
  const { name, createdAt, updatedAt, visibility } = secret
  const shown = { name, created_at: createdAt, updated_at: updatedAt }
  if (visibility === undefined) return shown
  if (visibility !== 'selected') return { ...shown, visibility }
  const url = `${apiUrl}${secretsPath(secret)}/${name}/repositories`
  return { ...shown, visibility, selected_repositories_url: url }
}

/** @param {string} kind @param {number} id */
function nodeId(kind, id) {
  return `${kind}_sandbox${id}`
}
