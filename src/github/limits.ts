import type { Clock } from '../core/clock.js'
import { parseHttpDate } from '../core/time.js'
import { parseRetryAfter } from '../http/retry.js'
import type { ServiceResponse } from '../http/service.js'

/** Requests that are open at the same time, and so connections too. GitHub allows 100. */
const MOST_AT_ONCE = 6

/**
 * What follows without a pause, and the pause after each further request in milliseconds: in any minute at most
 * 80 writes and 500 reads, as GitHub allows about 80 requests that create content, and 900 points, of which a
 * write costs 5 and a read 1 (source: GitHub's rate limits for the REST API, secondary rate limits).
 */
const WRITES = { burst: 20, pauseMs: 1_000 }
const READS = { burst: 200, pauseMs: 200 }

/** The pause that a secondary limit means when it names none (source: the same page). */
const SECONDARY_LIMIT_MS = 60_000

/** Sends a request when GitHub's limits allow it: writes one by one, in order. */
export type Limiter = <T>(method: string, send: () => Promise<T>) => Promise<T>

/** Builds what keeps the requests of one client within GitHub's limits. Nothing waits where nothing limits. */
export function createLimiter(clock: Clock): Limiter {
  const openRequests = createGate(MOST_AT_ONCE)
  const openWrites = createGate(1)
  const paceReads = createPace(READS, clock)
  const paceWrites = createPace(WRITES, clock)
  return (method, send) =>
    method === 'GET'
      ? openRequests(async () => {
          await paceReads()
          return send()
        })
      : openWrites(async () => {
          await paceWrites()
          return openRequests(send)
        })
}

/** Limits how many run at the same time; the others wait in order. */
function createGate(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let free = most
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}

function createPace(
  { burst, pauseMs }: { readonly burst: number; readonly pauseMs: number },
  clock: Clock,
): () => Promise<void> {
  /** When the whole burst is free again. */
  let recovered = 0
  return async () => {
    const now = clock.now()
    recovered = Math.max(recovered, now) + pauseMs
    const wait = recovered - burst * pauseMs - now
    if (wait > 0) await clock.sleep(wait)
  }
}

/**
 * Milliseconds to wait before the next attempt, as a response says: `retry-after` of any response, else the end of a
 * primary limit (`x-ratelimit-reset`, in seconds since the epoch), else GitHub's minute for a secondary limit, which
 * only the message names. `undefined` when it asks for no pause.
 */
export function readPause(
  { status, headers }: Pick<ServiceResponse, 'status' | 'headers'>,
  message: string,
): number | undefined {
  const date = headers['date']
  const asked = parseRetryAfter(headers['retry-after'], date, Date.now())
  if (asked !== undefined || (status !== 403 && status !== 429)) return asked
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) {
    return Math.max(0, reset * 1000 - (parseHttpDate(date) ?? Date.now()))
  }
  return /\bsecondary rate limit\b/i.test(message) ? SECONDARY_LIMIT_MS : undefined
}
