import { ActionError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { describeGitHubError, hasStatus } from './github-error.js'
import { connectGitHub, type GitHubAddress, type GitHubApi } from './octokit.js'

const FORBIDDEN =
  'github_token may not read pull requests: give the job the permission pull-requests: read'

/** Pull requests of one repository. */
export interface PullRequests {
  /**
   * Those of some numbers that are closed or merged; a number that is no pull request never is.
   * Throws an `ActionError` when GitHub does not say.
   */
  findClosed(numbers: readonly number[]): Promise<ReadonlySet<number>>
}

/** Connects to the pull requests of a repository (`owner/name`). */
export function connectPullRequests(
  repository: string,
  address: GitHubAddress,
  ports: { readonly debug: (message: string) => void; readonly scrub: (text: string) => string },
): PullRequests {
  const api = connectGitHub(address, ports.debug)
  const [owner = '', repo = ''] = repository.split('/')
  return {
    findClosed: async (numbers) => {
      try {
        const unique = [...new Set(numbers)]
        // Octokit limits how many are asked at once.
        const states = await Promise.all(
          unique.map(async (number) => ({
            number,
            closed: await isClosed(api, owner, repo, number),
          })),
        )
        return new Set(states.filter(({ closed }) => closed).map(({ number }) => number))
      } catch (error) {
        const { message } = describeGitHubError(error, ports.scrub, FORBIDDEN)
        throw new ActionError(
          `The pull requests of ${repository} could not be looked up, so nothing was revoked: ${message}`,
          { cause: error },
        )
      }
    },
  }
}

async function isClosed(
  api: GitHubApi,
  owner: string,
  repo: string,
  pullNumber: number,
): Promise<boolean> {
  try {
    const answer: { readonly data: unknown } = await api.request(
      'GET /repos/{owner}/{repo}/pulls/{pull_number}',
      { owner, repo, pull_number: pullNumber },
    )
    return isRecord(answer.data) && answer.data['state'] === 'closed'
  } catch (error) {
    if (hasStatus(error, 404)) return false
    throw error
  }
}
