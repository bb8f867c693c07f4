import { parseHttpDate } from './http-date.js'

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
