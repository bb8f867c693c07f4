const UNITS: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Parses a duration such as `90m`, `12h` or `7d` into milliseconds; `undefined` when it is not one. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text.trim()) ?? []
  const factor = UNITS[unit]
  return factor === undefined ? undefined : Number(digits) * factor
}

/** Formats a duration in milliseconds: its two largest units, rounded down. */
export function formatDuration(milliseconds: number): string {
  const minutes = Math.floor(Math.max(0, milliseconds) / 60_000)
  const days = Math.floor(minutes / 1440)
  const hours = Math.floor(minutes / 60) % 24
  if (days > 0) return `${days} d ${hours} h`
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`
}
