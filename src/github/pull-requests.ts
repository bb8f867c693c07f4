import { ActionError, explainError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { mapAtMost } from '../core/map-at-most.js'
import type { ClientPorts } from '../http/service.js'
import { connectGitHub, type GitHubAddress, type GitHubWords } from './client.js'
import { isRateLimit, MOST_AT_ONCE } from './limits.js'
import { locateRepository, REPOSITORY, readRepositoryId, unlessNotFound } from './places.js'

const WORDS: GitHubWords = {
  forbid: (permission) =>
    `github_token cannot read pull requests: give the job the permission ${permission}`,
  move: () => 'Start the workflow again, instead of running it again',
}

export interface PullRequestStates {
  /** Closed or merged. */
  readonly closed: ReadonlySet<number>
  /** Not looked up, because GitHub's rate limit came first. */
  readonly unknown: ReadonlySet<number>
  readonly reason: string
}

export type PullRequests = ReturnType<typeof connectPullRequests>

export function connectPullRequests(
  repository: string,
  address: GitHubAddress,
  ports: ClientPorts,
) {
  const api = connectGitHub(address, ports, WORDS)
  /** `undefined` when GitHub knows no such pull request. */
  const readOne = (number: number) => {
    const parameters = { ...locateRepository(repository), pull_number: number }
    const readers = { 200: (data: unknown) => readState(data, number) }
    return unlessNotFound(api.request(`GET ${REPOSITORY}/pulls/{pull_number}`, parameters, readers))
  }
  const findAll = async (numbers: readonly number[]): Promise<PullRequestStates> => {
    let reason = ''
    const find = async (number: number) => {
      if (reason !== '') return { number, state: 'unknown' }
      try {
        return { number, state: await readOne(number) }
      } catch (error) {
        if (!isRateLimit(error)) throw error
        reason = explainError(error)
        return { number, state: 'unknown' }
      }
    }
    // As many as the client has open, so that none is asked about once a limit is reached.
    const states = await mapAtMost(MOST_AT_ONCE, [...new Set(numbers)], find)
    // GitHub also returns 404 for each of them when the token cannot see the repository.
    if (states.every(({ state }) => state === undefined)) await readRepositoryId(api, repository)
    const select = (wanted: string) =>
      new Set(states.flatMap(({ number, state }) => (state === wanted ? number : [])))
    return { closed: select('closed'), unknown: select('unknown'), reason }
  }
  return {
    /**
     * Looks up some numbers, each once; one without a pull request is neither closed nor unknown.
     * Throws an `ActionError` when GitHub gives no clear response.
     */
    findClosed: (numbers: readonly number[]): Promise<PullRequestStates> =>
      findAll(numbers).catch((error: unknown) => {
        throw new ActionError(
          `The pull requests of ${repository} could not be looked up, so nothing was revoked: ${explainError(error)}`,
          { cause: error },
        )
      }),
  }
}

function readState(data: unknown, pullNumber: number): 'open' | 'closed' {
  const state = isRecord(data) ? data['state'] : undefined
  if (state === 'open' || state === 'closed') return state
  throw new UnreadableResponseError(
    `it does not say whether pull request ${pullNumber} is open or closed`,
  )
}
