import { describe, expect, test } from '@jest/globals'
import { formatDuration, parseDuration } from '../../src/inputs/duration.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('parseDuration', () => {
  test.each([
    ['90m', 90 * MINUTE],
    ['12h', 12 * HOUR],
    ['7d', 7 * DAY],
    [' 7d\n', 7 * DAY],
    ['007d', 7 * DAY],
    ['0d', 0],
    ['999999d', 999_999 * DAY],
  ])('%j is %d ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds)
  })

  test.each([
    '',
    '7',
    'd',
    '7D',
    '7 d',
    '-7d',
    '+7d',
    '1.5h',
    '1e3m',
    '0x7d',
    '1h30m',
    '7days',
    '7s',
    '7w',
    '7M',
    '７d',
    '1000000d',
    'P7D',
    '7d 1h',
    'constructor',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('formatDuration', () => {
  test.each([
    [0, '0 min'],
    [-1, '0 min'],
    [MINUTE - 1, '0 min'],
    [59 * MINUTE, '59 min'],
    [HOUR, '1 h 0 min'],
    [DAY - 1, '23 h 59 min'],
    [DAY, '1 d 0 h'],
    [8 * DAY + 3 * HOUR + 59 * MINUTE, '8 d 3 h'],
  ])('%d ms is %j', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })
})
