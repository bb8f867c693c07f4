import { hasStatus } from './github-error.js'
import type { GitHubApi } from './octokit.js'

/** An environment of a repository. */
export interface EnvironmentPlace {
  /** `owner/name`. */
  readonly repository: string
  readonly environment: string
}

/** Whether an environment exists. Throws octokit's `RequestError` when GitHub does not say. */
export async function hasEnvironment(api: GitHubApi, place: EnvironmentPlace): Promise<boolean> {
  try {
    await api.request(`GET ${ROUTE}`, locate(place))
    return true
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
  await api.request(`PUT ${ROUTE}`, locate(place))
}

const ROUTE = '/repos/{owner}/{repo}/environments/{environment_name}'

function locate({ repository, environment }: EnvironmentPlace) {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo, environment_name: environment }
}
