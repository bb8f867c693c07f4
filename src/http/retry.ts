import type { Clock } from '../core/clock.js'
import { ConnectionError, HttpStatusError, UnreadableAnswerError } from '../core/errors.js'

/** How often a request is tried in all. */
export const MOST_ATTEMPTS = 5

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 8_000

/** A service that asks for a longer pause than this is not waited for: a job pays for every minute. */
const LONGEST_RETRY_AFTER_MS = 120_000

/**
 * How long to wait before the next attempt: what the service asked for, else exponentially longer
 * with jitter. `undefined` when it asked for more than a job should wait.
 */
export function computeDelay(error: unknown, attempt: number, random: number): number | undefined {
  const asked = error instanceof HttpStatusError ? error.retryAfterMs : undefined
  if (asked !== undefined && asked > LONGEST_RETRY_AFTER_MS) return undefined
  const backoff = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS)
  return Math.max(asked ?? 0, backoff * (0.5 + random / 2))
}

/** Whether a read or a delete, which may be repeated freely, is worth repeating. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpStatusError) return error.status === 429 || error.status >= 500
  if (error instanceof ConnectionError) return error.failure !== 'untrusted'
  return error instanceof UnreadableAnswerError
}

/** Runs an operation that may be repeated freely until it succeeds, fails for good, or was tried enough. */
export async function withRetries<T>(
  operation: (attempt: number) => Promise<T>,
  clock: Clock,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation(attempt)
    } catch (error) {
      const delay = computeDelay(error, attempt, clock.random())
      if (attempt >= MOST_ATTEMPTS || delay === undefined || !isTransient(error)) throw error
      await clock.sleep(delay)
    }
  }
}
