import { ActionError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import type { EnvironmentDestination } from '../core/secret-target.js'
import { confirmGone, isNotFound } from '../http/service.js'
import type { GitHubApi } from './client.js'
import { listAll } from './pages.js'

/** Paths (source: GitHub's REST API). */
export const REPOSITORY = '/repos/{owner}/{repo}'
const ENVIRONMENTS = `${REPOSITORY}/environments`
export const ENVIRONMENT = `${ENVIRONMENTS}/{environment_name}`

/**
 * Whether an environment exists; `false` for a repository that is not visible, too.
 * Throws what the client throws when GitHub gives no clear response.
 */
export async function hasEnvironment(
  api: GitHubApi,
  place: EnvironmentDestination,
): Promise<boolean> {
  const reading = api.request(`GET ${ENVIRONMENT}`, locateEnvironment(place), { 200: readPresence })
  return (await unlessNotFound(reading)) ?? false
}

/** `confirmGone` for what is below an environment: for a repository that is not visible, GitHub returns 404 as well. */
export function confirmEnvironmentGone(
  api: GitHubApi,
  { repository, environment }: EnvironmentDestination,
  error: unknown,
): Promise<boolean> {
  return confirmGone(error, 'The list of environments', async () => {
    const place = locateRepository(repository)
    const names = await listAll(api, ENVIRONMENTS, place, 'environments', readName)
    return names.some((name) => name.toLowerCase() === environment.toLowerCase())
  })
}

/**
 * The number GitHub knows a repository by.
 * Throws an `ActionError` when there is no such repository, what the client throws otherwise.
 */
export async function readRepositoryId(api: GitHubApi, repository: string): Promise<number> {
  const reading = api.request(`GET ${REPOSITORY}`, locateRepository(repository), { 200: readId })
  const id = await unlessNotFound(reading)
  if (id !== undefined) return id
  throw new ActionError(`${repository} was not found, or github_token does not have access`)
}

/** The result of a request; `undefined` for GitHub's own 404. */
export async function unlessNotFound<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

export function locateRepository(repository: string) {
  const [owner = '', repo = ''] = repository.split('/')
  return { owner, repo }
}

export function locateEnvironment({ repository, environment }: EnvironmentDestination) {
  return { ...locateRepository(repository), environment_name: environment }
}

function readName({ name }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof name === 'string' ? name : undefined
}

function readPresence(data: unknown): true {
  if (isRecord(data)) return true
  throw new UnreadableResponseError('it does not describe an environment')
}

function readId(data: unknown): number {
  const id = isRecord(data) ? data['id'] : undefined
  if (typeof id === 'number') return id
  throw new UnreadableResponseError('it contains no repository ID')
}
