import { UnreadableAnswerError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import type { GitHubApi } from './client.js'
import { hasStatus } from './github-error.js'

/** An environment of a repository. */
export interface EnvironmentPlace {
  /** `owner/name`. */
  readonly repository: string
  readonly environment: string
}

/** Whether an environment exists. Throws octokit's `RequestError` when GitHub does not say. */
export async function hasEnvironment(api: GitHubApi, place: EnvironmentPlace): Promise<boolean> {
  try {
    return await api.request(`GET ${ROUTE}`, locate(place), { 200: readPresence })
  } catch (error) {
    if (hasStatus(error, 404)) return false
    throw error
  }
}

/**
 * Creates an environment without protection rules. Only for one that does not exist: the same request
 * resets the rules of one that does.
 */
export async function createEnvironment(api: GitHubApi, place: EnvironmentPlace): Promise<void> {
  await api.request(`PUT ${ROUTE}`, locate(place), { 200: () => undefined })
}

const ROUTE = '/repos/{owner}/{repo}/environments/{environment_name}'

function readPresence(data: unknown): true {
  if (isRecord(data)) return true
  throw new UnreadableAnswerError('GitHub’s answer describes no environment')
}

function locate({ repository, environment }: EnvironmentPlace) {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo, environment_name: environment }
}
