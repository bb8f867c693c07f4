import {
  ActionError,
  explainError,
  HttpStatusError,
  UnreadableResponseError,
} from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { mapAtMost } from '../core/map-at-most.js'
import { type ClientPorts, isNotFound } from '../http/service.js'
import { connectGitHub, type GitHubAddress, type GitHubApi, type GitHubWords } from './client.js'
import { locateRepository, REPOSITORY, readRepositoryId } from './places.js'

const WORDS: GitHubWords = {
  forbid: (permission) =>
    `github_token cannot read pull requests: give the job the permission ${permission}`,
  move: () => 'Start the workflow again, instead of running it again',
}

/** What GitHub says of some pull requests. */
export interface PullRequestStates {
  /** Closed or merged. */
  readonly closed: ReadonlySet<number>
  /** Not looked up, because GitHub's rate limit came first. */
  readonly unknown: ReadonlySet<number>
  /** What GitHub said then. */
  readonly reason: string
}

/** Pull requests of one repository. */
export interface PullRequests {
  /**
   * Looks up some numbers, each once; one without a pull request is neither closed nor unknown.
   * Throws an `ActionError` when GitHub gives no clear response.
   */
  findClosed(numbers: readonly number[]): Promise<PullRequestStates>
}

/** Connects to the pull requests of a repository (`owner/name`). */
export function connectPullRequests(
  repository: string,
  address: GitHubAddress,
  ports: ClientPorts,
): PullRequests {
  const api = connectGitHub(address, ports, WORDS)
  return {
    findClosed: async (numbers) => {
      let reason = ''
      const find = async (number: number) => {
        if (reason !== '') return { number, state: 'unknown' }
        try {
          return { number, state: await findState(api, repository, number) }
        } catch (error) {
          if (!isRateLimit(error)) throw error
          reason = explainError(error)
          return { number, state: 'unknown' }
        }
      }
      try {
        const states = await mapAtMost(MOST_AT_ONCE, [...new Set(numbers)], find)
        // GitHub also returns 404 for each of them when the token cannot see the repository.
        if (states.every(({ state }) => state === undefined)) {
          await readRepositoryId(api, repository)
        }
        const select = (wanted: string) =>
          new Set(states.flatMap(({ number, state }) => (state === wanted ? number : [])))
        return { closed: select('closed'), unknown: select('unknown'), reason }
      } catch (error) {
        throw new ActionError(
          `The pull requests of ${repository} could not be looked up, so nothing was revoked: ${explainError(error)}`,
          { cause: error },
        )
      }
    },
  }
}

/** As many as the client has open at the same time, so that none is asked about once a limit is reached. */
const MOST_AT_ONCE = 6

function isRateLimit(error: unknown): boolean {
  if (!(error instanceof HttpStatusError)) return false
  return error.status === 429 || (error.status === 403 && error.retryAfterMs !== undefined)
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
