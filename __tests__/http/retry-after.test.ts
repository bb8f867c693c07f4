import { describe, expect, test } from '@jest/globals'
import { parseRetryAfter } from '../../src/http/retry-after.js'

const START = Date.parse('2026-01-02T03:04:00Z')

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['7', 7_000],
    [' 120 ', 120_000],
    ['Fri, 02 Jan 2026 03:04:09 GMT', 9_000],
    ['Friday, 02-Jan-26 03:04:09 GMT', 9_000],
    ['Fri, 02 Jan 2026 03:03:00 GMT', 0],
    ['', undefined],
    ['soon', undefined],
  ])('reads %j', (text, milliseconds) => {
    expect(parseRetryAfter(text, undefined, START)).toBe(milliseconds)
  })

  test('returns nothing without the header', () => {
    expect(parseRetryAfter(undefined, undefined, START)).toBeUndefined()
  })

  test('reads a date on the service’s clock, not on this machine’s', () => {
    const headers = {
      'retry-after': 'Fri, 02 Jan 2026 05:00:03 GMT',
      date: 'Fri, 02 Jan 2026 05:00:00 GMT',
    }
    expect(parseRetryAfter(headers['retry-after'], headers.date, START)).toBe(3_000)
  })

  test('reads it on this machine’s clock when the service’s is unreadable', () => {
    const headers = { 'retry-after': 'Fri, 02 Jan 2026 03:04:09 GMT', date: 'yesterday' }
    expect(parseRetryAfter(headers['retry-after'], headers.date, START)).toBe(9_000)
  })
})
