import type { Clock } from '../core/clock.js'
import { HttpStatusError } from '../core/errors.js'
import { isNotFound } from '../http/service.js'

/**
 * How long GitHub may take until all its servers know a new token or a new environment, in milliseconds (source:
 * octokit/auth-app.js repeats for as long; terraform-provider-github 2604).
 */
const REPLICATION_MS = 5_000

const PAUSE_MS = 1_000

/** Tells which refusals may be wrong, because their subject is new: the others are believed at once. */
export interface Patience {
  /** Notes that a request is about to be sent: a token counts as new from its first one. */
  noteRequest(): void
  /** Notes that a request succeeded: it may have created an environment. */
  noteSuccess(route: string, parameters: Readonly<Record<string, unknown>>): void
  /** The pause before the next attempt; `undefined` for an error that is believed, also after enough refusals. */
  findPause(
    error: unknown,
    refusals: number,
    route: string,
    parameters: Readonly<Record<string, unknown>>,
  ): number | undefined
}

/** Builds the patience of one client, and so of one token. */
export function createPatience(clock: Clock): Patience {
  let firstRequest: number | undefined
  const created = new Map<string, number>()
  const isRecent = (time: number | undefined) =>
    time !== undefined && clock.uptime() - time < REPLICATION_MS
  return {
    noteRequest: () => {
      firstRequest ??= clock.uptime()
    },
    noteSuccess: (route, parameters) => {
      if (!route.startsWith('PUT ') || !route.endsWith('/environments/{environment_name}')) return
      created.set(nameEnvironment(parameters), clock.uptime())
    },
    findPause: (error, refusals, route, parameters) => {
      if (refusals * PAUSE_MS >= REPLICATION_MS) return undefined
      const isNewToken = isRefusal(error) && isRecent(firstRequest)
      // A secret that is read in a new environment is missing as a rule.
      const mayBeMissing = /^GET .*\{secret_name\}$/.test(route)
      const isNewPlace =
        isNotFound(error) && !mayBeMissing && isRecent(created.get(nameEnvironment(parameters)))
      return isNewToken || isNewPlace ? PAUSE_MS : undefined
    },
  }
}

/** Whether GitHub refused the token, or says that it lacks a permission. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof HttpStatusError) || error.isPage) return false
  const isForbidden = error.message.includes('Resource not accessible by integration')
  return error.status === 401 || (error.status === 403 && isForbidden)
}

function nameEnvironment(parameters: Readonly<Record<string, unknown>>): string {
  const { owner, repo, environment_name: name } = parameters
  return [owner, repo, name].join('/').toLowerCase()
}
