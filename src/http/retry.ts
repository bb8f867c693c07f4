import type { Clock } from '../core/clock.js'
import {
  ConnectionError,
  explainError,
  FailedRequestError,
  HttpStatusError,
  UnreadableResponseError,
} from '../core/errors.js'
import { parseHttpDate } from '../core/time.js'

export const MOST_ATTEMPTS = 5

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 8_000

/** How often a connection may stay out until the time limit, which is long. */
const MOST_SILENT_ATTEMPTS = 2

/** A service that asks for a longer pause than this is not waited for: a job pays for every minute. */
export const LONGEST_RETRY_AFTER_MS = 120_000

/** A pause longer than this is announced in the log. */
const LONGEST_SILENT_PAUSE_MS = 2_000

export interface RetryPorts {
  readonly clock: Clock
  readonly info: (message: string) => void
}

/** How requests to a service are repeated, where that is not as usual. */
export interface RetryPolicy {
  readonly mostAttempts?: number
  /** The longest pause after the first attempt; it doubles with each further one. */
  readonly firstDelayMs?: number
  /** Whether a request that may be repeated freely is worth repeating after an error. */
  readonly isWorthwhile?: (error: unknown) => boolean
  /** The pause after a refusal that may be wrong still, of which there have been so many; it counts as no attempt. */
  readonly bearWith?: (error: unknown, refusals: number) => number | undefined
}

/**
 * How long to wait before the next attempt: what the service asked for, else exponentially longer
 * with jitter. `undefined` when it asked for more than a job should wait, or takes too long to connect to.
 */
export function computeDelay(
  error: unknown,
  attempt: number,
  random: number,
  firstDelayMs: number = FIRST_DELAY_MS,
): number | undefined {
  const asked = error instanceof HttpStatusError ? error.retryAfterMs : undefined
  if (asked !== undefined && asked > LONGEST_RETRY_AFTER_MS) return undefined
  const isSilent = error instanceof ConnectionError && error.failure === 'silent'
  if (isSilent && attempt >= MOST_SILENT_ATTEMPTS) return undefined
  const backoff = Math.min(firstDelayMs * 2 ** (attempt - 1), LONGEST_DELAY_MS)
  return Math.max(asked ?? 0, backoff * (0.5 + random / 2))
}

/** Whether a request that may be repeated freely is worth repeating, unless a service has rules of its own. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpStatusError) return error.status === 429 || error.status >= 500
  if (error instanceof ConnectionError) return error.failure !== 'untrusted'
  return error instanceof UnreadableResponseError
}

/**
 * Runs an operation that may be repeated freely until it succeeds, fails for good, or was tried enough.
 * The last error then also says whether an attempt before it may have taken effect.
 */
export async function withRetries<T>(
  operation: (attempt: number) => Promise<T>,
  ports: RetryPorts,
  policy: RetryPolicy = {},
): Promise<T> {
  let failed: Failure | undefined
  let mayHaveTakenEffect = false
  let refusals = 0
  for (let attempt = 1; ; attempt += 1) {
    try {
      await pauseAfter(failed, ports)
      return await operation(attempt)
    } catch (error) {
      if (error instanceof FailedRequestError) {
        mayHaveTakenEffect ||= error.mayHaveTakenEffect
        error.mayHaveTakenEffect = mayHaveTakenEffect
      }
      const patience = policy.bearWith?.(error, refusals)
      if (patience !== undefined) refusals += 1
      const delay = patience ?? findDelay(error, attempt - refusals, ports.clock.random(), policy)
      if (delay === undefined) throw error
      failed = { error, delay }
    }
  }
}

/** A failed attempt, and when the next one may follow it. */
interface Failure {
  readonly error: unknown
  readonly delay: number
}

async function pauseAfter(failed: Failure | undefined, { clock, info }: RetryPorts): Promise<void> {
  if (failed === undefined) return
  const pause = announcePause(failed.delay)
  if (pause !== '') info(`${explainError(failed.error)}. Trying again${pause}`)
  await clock.sleep(failed.delay)
}

function findDelay(
  error: unknown,
  attempt: number,
  random: number,
  { mostAttempts = MOST_ATTEMPTS, firstDelayMs, isWorthwhile = isTransient }: RetryPolicy,
): number | undefined {
  if (attempt >= mostAttempts || !isWorthwhile(error)) return undefined
  return computeDelay(error, attempt, random, firstDelayMs)
}

/** ` in 4 s`, or `''` for a pause so short that the log does not announce it. */
export function announcePause(delay: number): string {
  return delay > LONGEST_SILENT_PAUSE_MS ? ` in ${Math.ceil(delay / 1000)} s` : ''
}

/**
 * Reads `Retry-After`, given in seconds or as a date (RFC 9110, 10.2.3), as milliseconds from now.
 * A date is measured against the response's own `Date`, so that the clocks need not agree.
 */
export function parseRetryAfter(header: unknown, date: unknown, now: number): number | undefined {
  const text = String(header ?? '').trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  if (!/^[A-Za-z]{3,9}, /.test(text)) return undefined
  const wait = Date.parse(text) - (parseHttpDate(date) ?? now)
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}
