/**
 * Reads an HTTP date, such as `Fri, 02 Jan 2026 03:04:09 GMT`, as milliseconds since the epoch. `undefined`
 * for anything else: `Date.parse` alone takes other zones, other forms and days that do not exist
 * (source: RFC 9110, 5.6.7, the one form that a server may send).
 */
export function parseHttpDate(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined
  const time = Date.parse(text)
  // What comes back the same was written in that one form, its weekday included.
  return !Number.isNaN(time) && new Date(time).toUTCString() === text ? time : undefined
}
