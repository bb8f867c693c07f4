import { ActionError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import { type GitHubApi, isNotFound } from './client.js'

/** An environment of a repository. */
export interface EnvironmentPlace {
  /** `owner/name`. */
  readonly repository: string
  readonly environment: string
}

const ENVIRONMENT = '/repos/{owner}/{repo}/environments/{environment_name}'

/** Whether an environment exists. Throws what the client throws when GitHub gives no clear response. */
export async function hasEnvironment(api: GitHubApi, place: EnvironmentPlace): Promise<boolean> {
  try {
    return await api.request(`GET ${ENVIRONMENT}`, locate(place), { 200: readPresence })
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/**
 * Creates an environment without protection rules. Only for one that does not exist: the same request
 * resets the rules of one that does.
 */
export async function createEnvironment(api: GitHubApi, place: EnvironmentPlace): Promise<void> {
  await api.request(`PUT ${ENVIRONMENT}`, locate(place), { 200: () => undefined })
}

/**
 * The number GitHub knows a repository by.
 * Throws an `ActionError` when there is no such repository, what the client throws otherwise.
 */
export async function readRepositoryId(
  api: GitHubApi,
  owner: string,
  repo: string,
): Promise<number> {
  try {
    return await api.request('GET /repos/{owner}/{repo}', { owner, repo }, { 200: readId })
  } catch (cause) {
    if (!isNotFound(cause)) throw cause
    throw new ActionError(`${owner}/${repo} was not found, or github_token does not have access`, {
      cause,
    })
  }
}

function locate({ repository, environment }: EnvironmentPlace) {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo, environment_name: environment }
}

function readPresence(data: unknown): true {
  if (isRecord(data)) return true
  throw new UnreadableResponseError('GitHub’s response does not describe an environment')
}

function readId(data: unknown): number {
  const id = isRecord(data) ? data['id'] : undefined
  if (typeof id === 'number') return id
  throw new UnreadableResponseError('GitHub’s response contains no repository ID')
}
