import { ActionError, explainError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { type ClientPorts, isNotFound } from '../http/service.js'
import { connectGitHub, type GitHubAddress, type GitHubApi } from './client.js'
import { locateRepository, REPOSITORY, readRepositoryId } from './places.js'

const FORBIDDEN =
  'github_token cannot read pull requests: give the job the permission pull-requests: read'

/** Pull requests of one repository. */
export interface PullRequests {
  /**
   * Those of some numbers that are closed or merged; a number without a pull request never is.
   * Throws an `ActionError` when GitHub gives no clear response.
   */
  findClosed(numbers: readonly number[]): Promise<ReadonlySet<number>>
}

/** Connects to the pull requests of a repository (`owner/name`). */
export function connectPullRequests(
  repository: string,
  address: GitHubAddress,
  ports: ClientPorts,
): PullRequests {
  const api = connectGitHub(address, ports, FORBIDDEN)
  return {
    findClosed: async (numbers) => {
      try {
        const unique = [...new Set(numbers)]
        const states = await Promise.all(
          unique.map(async (number) => ({
            number,
            state: await findState(api, repository, number),
          })),
        )
        // GitHub also returns 404 for each of them when the token cannot see the repository.
        if (states.every(({ state }) => state === undefined)) {
          await readRepositoryId(api, repository)
        }
        return new Set(states.flatMap(({ number, state }) => (state === 'closed' ? number : [])))
      } catch (error) {
        throw new ActionError(
          `The pull requests of ${repository} could not be looked up, so nothing was revoked: ${explainError(error)}`,
          { cause: error },
        )
      }
    },
  }
}

/** `undefined` when GitHub knows no such pull request. */
async function findState(
  api: GitHubApi,
  repository: string,
  pullNumber: number,
): Promise<'open' | 'closed' | undefined> {
  try {
    return await api.request(
      `GET ${REPOSITORY}/pulls/{pull_number}`,
      { ...locateRepository(repository), pull_number: pullNumber },
      { 200: (data) => readState(data, pullNumber) },
    )
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function readState(data: unknown, pullNumber: number): 'open' | 'closed' {
  const state = isRecord(data) ? data['state'] : undefined
  if (state === 'open' || state === 'closed') return state
  throw new UnreadableResponseError(
    `it does not say whether pull request ${pullNumber} is open or closed`,
  )
}
