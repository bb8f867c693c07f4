const TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-]\d{2}:?\d{2})?$/i

/**
 * Reads a time as the Management API writes `created_at`, in milliseconds since the epoch; one without
 * a zone is UTC. `undefined` when it is no time of the calendar.
 */
export function parseTime(text: string | undefined): number | undefined {
  const [, year = '', month = '', day = '', clock = '', zone = 'Z'] = TIME.exec(text ?? '') ?? []
  // `Date.parse` takes the 30th of February for the 1st of March.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  // A zero date is what a service writes for want of a true one.
  if (year < '2000' || Number(day) > daysInMonth) return undefined
  const time = Date.parse(`${year}-${month}-${day}T${clock}${zone}`)
  return Number.isNaN(time) ? undefined : time
}

/** Writes a time, in milliseconds since the epoch, to the second in UTC: `2026-01-31 09:05:00 UTC`. */
export function formatTime(time: number): string {
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}
