import { expect, test } from '@jest/globals'
import { formatDuration, parseDuration } from '../../src/inputs/duration.js'
import { fc } from '../support/fast-check.js'

const MINUTES = { m: 1, h: 60, d: 1_440 }
const unit = fc.constantFrom('m' as const, 'h' as const, 'd' as const)

test('reads every duration that can be written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), unit, (count, one) => {
      expect(parseDuration(`${count}${one}`)).toBe(count * MINUTES[one] * 60_000)
    }),
  )
})

test('reads nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0179mhd -+.eE\n') }), (text) => {
      expect(parseDuration(text) !== undefined).toBe(/^\d{1,6}[mhd]$/.test(text.trim()))
    }),
  )
})

test('shows a duration rounded down by less than its second unit', () => {
  fc.assert(
    fc.property(fc.nat(999_999_999_999), (milliseconds) => {
      const shown = [...formatDuration(milliseconds).matchAll(/(\d+) (d|h|min)/g)].reduce(
        (sum, [, count, name]) => sum + Number(count) * ({ d: 1_440, h: 60 }[name ?? ''] ?? 1),
        0,
      )
      const rest = milliseconds - shown * 60_000
      expect(rest).toBeGreaterThanOrEqual(0)
      expect(rest).toBeLessThan(shown >= 1_440 ? 3_600_000 : 60_000)
    }),
  )
})
