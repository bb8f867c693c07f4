import { ActionError, UnreadableAnswerError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import type { GitHubApi } from './client.js'
import { hasStatus } from './github-error.js'

/**
 * The number GitHub knows a repository by.
 * Throws an `ActionError` when there is no such repository, octokit's `RequestError` otherwise.
 */
export async function readRepositoryId(
  api: GitHubApi,
  owner: string,
  repo: string,
): Promise<number> {
  try {
    return await api.request('GET /repos/{owner}/{repo}', { owner, repo }, { 200: readId })
  } catch (cause) {
    if (!hasStatus(cause, 404)) throw cause
    throw new ActionError(
      `there is no repository ${owner}/${repo}, or github_token may not see it`,
      { cause },
    )
  }
}

function readId(data: unknown): number {
  const id = isRecord(data) ? data['id'] : undefined
  if (typeof id === 'number') return id
  throw new UnreadableAnswerError('GitHub’s answer holds no repository id')
}
