import { describe, expect, test } from '@jest/globals'
import { formatDuration, formatTime, parseTime } from '../../src/core/time.js'

describe('parseTime', () => {
  const AT = Date.parse('2026-01-02T03:04:05.678Z')

  test.each([
    ['2026-01-02T03:04:05.678Z', AT],
    ['2026-01-02T03:04:05.678901Z', AT],
    ['2026-01-02T03:04:05.678z', AT],
    ['2026-01-02T05:04:05.678+02:00', AT],
    ['2026-01-02T05:04:05.678+0200', AT],
    ['2026-01-01T22:04:05.678-05:00', AT],
    ['2026-01-02 03:04:05.678+00:00', AT],
    ['2026-01-02T03:04:05.678', AT],
    ['2026-01-02 03:04:05.678901', AT],
    ['2026-01-02T03:04:05', AT - 678],
    ['2026-01-02T03:04Z', AT - 5_678],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2000-01-01T00:00:00Z', Date.UTC(2000, 0, 1)],
  ])('reads %s, as UTC without a zone', (text, time) => {
    expect(parseTime(text)).toBe(time)
  })

  test.each([
    ...[undefined, '', 'yesterday', '2026-01-02', '1767323045', 'Fri, 02 Jan 2026 03:04:05 GMT'],
    ...['2026-13-02T03:04:05Z', '2026-01-02T99:04:05Z', ' 2026-01-02T03:04:05Z'],
    ...['2026-02-29T03:04:05Z', '2026-04-31T03:04:05Z', '2026-01-00T03:04:05Z'],
    ...['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '1999-12-31T23:59:59Z'],
  ])('does not read %j', (text) => {
    expect(parseTime(text)).toBeUndefined()
  })
})

test('formatTime writes a time to the second, in UTC', () => {
  expect(formatTime(Date.parse('2026-01-02T03:04:05.678+02:00'))).toBe('2026-01-02 01:04:05 UTC')
})

describe('formatDuration', () => {
  const MINUTE = 60_000
  const HOUR = 60 * MINUTE
  const DAY = 24 * HOUR

  test.each([
    [0, '0 min'],
    [-1, '0 min'],
    [MINUTE - 1, '0 min'],
    [59 * MINUTE, '59 min'],
    [HOUR, '1 h 0 min'],
    [2 * DAY - 1, '47 h 59 min'],
    [2 * DAY, '2 days'],
    [44 * DAY - 1, '43 days'],
  ])('%d ms is %j', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})
