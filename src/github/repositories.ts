import { ActionError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { hasStatus } from './github-error.js'
import type { GitHubApi } from './octokit.js'

/**
 * The number GitHub knows a repository by.
 * Throws an `ActionError` when there is no such repository, a `TypeError` or octokit's `RequestError` otherwise.
 */
export async function readRepositoryId(
  api: GitHubApi,
  owner: string,
  repo: string,
): Promise<number> {
  const data = await readRepository(api, owner, repo)
  const id = isRecord(data) ? data['id'] : undefined
  if (typeof id !== 'number') throw new TypeError('GitHub’s answer holds no repository id')
  return id
}

async function readRepository(api: GitHubApi, owner: string, repo: string): Promise<unknown> {
  try {
    const { data } = await api.request('GET /repos/{owner}/{repo}', { owner, repo })
    return data
  } catch (cause) {
    if (!hasStatus(cause, 404)) throw cause
    throw new ActionError(
      `there is no repository ${owner}/${repo}, or github_token may not see it`,
      { cause },
    )
  }
}
