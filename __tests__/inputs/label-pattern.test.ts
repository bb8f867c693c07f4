import { runInNewContext } from 'node:vm'
import { expect, test } from '@jest/globals'
import { parseLabelPattern } from '../../src/inputs/label-pattern.js'

/** Whether a label matches, and the number at `{pr}` if there is one. */
function match(pattern: string, label: string): number | boolean {
  const found = parseLabelPattern(pattern).match(label)
  return found?.pullRequest ?? found !== undefined
}

test.each([
  ...`\\^$.+()[]{}|/-#&~!,:=<>@%'"_`,
  ...['[a-z]+', '(a|b)', '\\d', '\\u0061', '$&', '{1,3}', '{pr', '{PR}', 'ünïcode', '🦀'],
])('%j means itself', (literal) => {
  expect(match(literal, literal)).toBe(true)
  expect(match(`a${literal}b`, `a${literal}b`)).toBe(true)
  for (const label of ['ab', 'aab', `a${literal}${literal}b`, `xa${literal}b`, `a${literal}b\n`]) {
    expect(match(`a${literal}b`, label)).toBe(false)
  }
})

test.each([
  ['preview', 'Preview', false],
  ['é', 'e\u0301', false],
  ['*', 'anything\nat all 🦀', true],
  ['*', '', true],
  ['?', '🦀', true],
  ['?', '', false],
])('%j against %j: %j', (pattern, label, fits) => {
  expect(match(pattern, label)).toBe(fits)
})

test.each([
  ['preview-{pr}', 'preview-123456789012345', 123_456_789_012_345],
  ['*{pr}', 'app-123', 123],
  ['{pr}0*0', '100', 1],
  ['app?{pr}', 'app-123', 123],
])('%j finds in %j %d', (pattern, label, number) => {
  expect(match(pattern, label)).toBe(number)
})

test.each([
  ...['', '0', '042', '-1', '1.5', '1e3', ' 1', '0x1', '{pr}'],
  ...['４２', '٤٢', '1234567890123456'],
])('preview-{pr} does not match preview-%s', (text) => {
  expect(match('preview-{pr}', `preview-${text}`)).toBe(false)
})

test('a pattern reports whether it contains {pr}, which it may once', () => {
  const found = ['preview-{pr}', 'preview-*', 'preview-{PR}'].map(parseLabelPattern)
  expect(found.map(({ hasPullRequest }) => hasPullRequest)).toEqual([true, false, false])
  for (const text of ['{pr}{pr}', '{pr}-*-{pr}']) {
    expect(() => parseLabelPattern(text)).toThrow('has {pr} more than once; use it once')
  }
})

test('an adversarial label is not slow', () => {
  const hostile = () => match('*-*-*-*-*-*-*x', '-'.repeat(255))
  // Ends only what hangs, which Jest could not.
  expect(runInNewContext('hostile()', { hostile }, { timeout: 60_000 })).toBe(false)
})
