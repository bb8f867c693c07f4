const TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)([Zz]|[+-]\d{2}:?\d{2})?$/

/** Parses `created_at` into milliseconds since the epoch; without a zone, it is UTC. `undefined` when it is not a valid time. */
export function parseTime(text: string | undefined): number | undefined {
  const [, year = '', month = '', day = '', clock = '', zone = 'Z'] = TIME.exec(text ?? '') ?? []
  // `Date.parse` turns February 30 into March 1.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  // Services write a zero date for a missing one.
  if (year < '2000' || Number(day) > daysInMonth) return undefined
  const time = Date.parse(`${year}-${month}-${day}T${clock}${zone}`)
  return Number.isNaN(time) ? undefined : time
}

/** The latest time that is written: a service may name one that no calendar has. */
const LATEST = Date.UTC(9999, 11, 31)

/** Writes a time, in milliseconds since the epoch, to the second in UTC: `2026-01-31 09:05:00 UTC`. */
export function formatTime(time: number): string {
  return `${new Date(Math.min(time, LATEST)).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** Formats a duration in milliseconds, rounded down: `59 min`, `47 h 5 min`, `43 days`. */
export function formatDuration(milliseconds: number): string {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000)
  const hours = Math.floor(minutes / 60)
  if (hours >= 48) return `${Math.floor(hours / 24)} days`
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}

/** Reads an HTTP date (RFC 9110, 5.6.7). `Date.parse` alone takes other zones and forms, and days that do not exist. */
export function parseHttpDate(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const time = Date.parse(text)
  // What comes back the same was written in that one form, its weekday included.
  return !Number.isNaN(time) && new Date(time).toUTCString() === text ? time : undefined
}
