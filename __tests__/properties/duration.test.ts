import { expect, test } from '@jest/globals'
import { formatDuration } from '../../src/core/time.js'
import { parseAge } from '../../src/inputs/values.js'
import { fc } from '../support/fast-check.js'
import { catchProblems } from '../support/inputs.js'

const MINUTES = { m: 1, h: 60, d: 1_440 }
const unit = fc.constantFrom('m' as const, 'h' as const, 'd' as const)

test('reads every duration that can be written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 999_999 }), unit, (count, one) => {
      expect(parseAge(`${count}${one}`)).toBe(count * MINUTES[one] * 60_000)
    }),
  )
})

test('reads nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0179mhd -+.eE\n') }), (text) => {
      const isRead = catchProblems(() => parseAge(text)).length === 0
      expect(isRead).toBe(/^(?!0+[mhd])\d{1,6}[mhd]$/.test(text.trim()))
    }),
  )
})

test('shows a duration rounded down by less than its smallest unit', () => {
  fc.assert(
    fc.property(fc.nat(999_999_999_999), (milliseconds) => {
      const shown = [...formatDuration(milliseconds).matchAll(/(\d+) (days|h|min)/g)].reduce(
        (sum, [, count, name]) => sum + Number(count) * ({ days: 1_440, h: 60 }[name ?? ''] ?? 1),
        0,
      )
      const rest = milliseconds - shown * 60_000
      expect(rest).toBeGreaterThanOrEqual(0)
      expect(rest).toBeLessThan(shown >= 2_880 ? 86_400_000 : 60_000)
    }),
  )
})
