import { HttpStatusError } from '../core/errors.js'
import { parseHttpDate } from '../core/time.js'
import type { RetryPorts } from '../http/retry.js'
import type { ServiceResponse } from '../http/service.js'

/** Requests that are open at the same time, and so connections too. GitHub allows 100. */
export const MOST_AT_ONCE = 10

/** Writes that are open at the same time, each to another target. */
const MOST_WRITES_AT_ONCE = 4

/**
 * In any minute at most 80 writes, as GitHub allows about 80 requests that create content (source: GitHub's rate limits
 * for the REST API, secondary rate limits).
 */
const WINDOW_MS = 60_000
const MOST_WRITES = 80

/** A longer wait than this, in milliseconds, is announced in the log. */
const UNANNOUNCED_MS = 2_000

/** The pause that a secondary limit means when it names none (source: the same page). */
const SECONDARY_LIMIT_MS = 60_000

/** Builds what keeps the requests of one client within GitHub's limits. Nothing waits where nothing limits. */
export function createLimiter(ports: RetryPorts) {
  const openRequests = createGate(MOST_AT_ONCE)
  const openWrites = createGate(MOST_WRITES_AT_ONCE)
  const writesInMinute = createWindow(ports)
  return <T>(method: string, send: () => Promise<T>): Promise<T> =>
    method === 'GET'
      ? openRequests(send)
      : openWrites(() => writesInMinute(() => openRequests(send)))
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

/**
 * Limits how many run within any minute. Each counts until a minute after its end: by then it has arrived for sure. For
 * fewer at the same time than that.
 */
function createWindow({ clock, info }: RetryPorts): <T>(work: () => Promise<T>) => Promise<T> {
  const waitInTurn = createGate(1)
  /** When each place is free again, in order. */
  const free: number[] = Array(MOST_WRITES).fill(0)
  return async (work) => {
    await waitInTurn(async () => {
      const wait = (free.shift() ?? 0) - clock.now()
      if (wait > UNANNOUNCED_MS) {
        const seconds = Math.ceil(wait / 1000)
        info(
          `GitHub allows ${MOST_WRITES} writes a minute. Waiting ${seconds} s before the next one`,
        )
      }
      if (wait > 0) await clock.sleep(wait)
    })
    try {
      return await work()
    } finally {
      free.push(clock.now() + WINDOW_MS)
    }
  }
}

/** Whether GitHub's limits refused a request: a 403 that asks for a pause means that, whatever its message says. */
export function isRateLimit(error: unknown): boolean {
  if (!(error instanceof HttpStatusError)) return false
  return error.status === 429 || (error.status === 403 && error.retryAfterMs !== undefined)
}

/**
 * Milliseconds to wait before the next attempt, without `Retry-After`: until the end of a primary limit
 * (`x-ratelimit-reset`, in seconds since the epoch), or GitHub's minute for a secondary limit, which only the message
 * names. `undefined` when a response asks for no pause.
 */
export function readPause(
  { status, headers }: ServiceResponse,
  message: string,
): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const reset = Number(headers['x-ratelimit-reset'])
  if (headers['x-ratelimit-remaining'] === '0' && reset > 0) {
    return Math.max(0, reset * 1000 - (parseHttpDate(headers.date) ?? Date.now()))
  }
  return /\bsecondary rate limit\b/i.test(message) ? SECONDARY_LIMIT_MS : undefined
}
