import type { Clock } from '../core/clock.js'
import { HttpStatusError } from '../core/errors.js'
import { isNotFound } from '../http/service.js'

/**
 * How long GitHub may take until all its servers know a new token or a new environment, in milliseconds (source:
 * octokit/auth-app.js repeats for as long; terraform-provider-github 2604).
 */
const REPLICATION_MS = 5_000

const PAUSE_MS = 1_000

/** Decides, for one token, which refusals may be wrong because their subject is new; the others are believed at once. */
export function createPatience(clock: Clock) {
  let firstRequest: number | undefined
  /** Environments that were created, by their URL, and when. */
  const created = new Map<string, number>()
  const isRecent = (time = -Infinity) => clock.uptime() - time < REPLICATION_MS
  const isInNewPlace = (url: string) =>
    [...created].some(([place, time]) => url.startsWith(`${place}/`) && isRecent(time))
  return {
    /** A token counts as new from its first request. */
    noteRequest: () => {
      firstRequest ??= clock.uptime()
    },
    noteSuccess: (route: string, url: string) => {
      if (!route.startsWith('PUT ') || !route.endsWith('/environments/{environment_name}')) return
      created.set(url.toLowerCase(), clock.uptime())
    },
    /** The pause before the next attempt; `undefined` for an error that is believed, also after enough refusals. */
    findPause: (error: unknown, refusals: number, route: string, url: string) => {
      if (refusals * PAUSE_MS >= REPLICATION_MS) return undefined
      const isNewToken = isRefusal(error) && isRecent(firstRequest)
      // A secret that is read in a new environment is missing as a rule.
      const mayBeMissing = /^GET .*\{secret_name\}$/.test(route)
      const isNewPlace = isNotFound(error) && !mayBeMissing && isInNewPlace(url.toLowerCase())
      return isNewToken || isNewPlace ? PAUSE_MS : undefined
    },
  }
}

function isRefusal(error: unknown): boolean {
  if (!(error instanceof HttpStatusError) || error.isPage) return false
  const isForbidden = error.message.includes('Resource not accessible by integration')
  return error.status === 401 || (error.status === 403 && isForbidden)
}
