import { describe, expect, test } from '@jest/globals'
import { compileLabelPattern } from '../../src/inputs/label-pattern.js'

/** Whether a label matches, and the number at `{pr}` if there is one. */
function match(pattern: string, label: string): number | boolean {
  const found = compileLabelPattern(pattern)?.match(label)
  return found?.pullRequest ?? found !== undefined
}

describe('literal characters', () => {
  test.each([
    ...'\\^$.+()[]{}|/-#&~!,:=<>@%`\'"_ \t'.split(''),
    '.',
    '[a-z]+',
    '(a|b)',
    '\\d',
    '\\u0061',
    '$&',
    '{1,3}',
    '{',
    '}',
    '{pr',
    'pr}',
    '{ pr }',
    '{PR}',
    '$',
    'ünïcode',
    '🦀',
    '日本',
  ])('%j', (literal) => {
    expect(match(literal, literal)).toBe(true)
    expect(match(`a${literal}b`, `a${literal}b`)).toBe(true)
    expect(match(`a${literal}b`, 'ab')).toBe(false)
    expect(match(`a${literal}b`, 'aab')).toBe(false)
    expect(match(`a${literal}b`, `a${literal}${literal}b`)).toBe(false)
  })

  test('case matters, and similar characters do not match', () => {
    expect(match('preview', 'Preview')).toBe(false)
    expect(match('é', 'e\u0301')).toBe(false)
    expect(match('a.c', 'abc')).toBe(false)
  })
})

describe('both ends are anchored', () => {
  test.each([
    ['ci', 'ci-1'],
    ['ci', 'a-ci'],
    ['ci-?', 'ci-12'],
    ['ci', 'ci\n'],
    ['ci', '\nci'],
    ['ci', 'x\nci\ny'],
    ['preview-{pr}', 'preview-1\n'],
    ['preview-{pr}', 'a preview-1'],
    ['*-ci', 'a-ci-b'],
    ['ci-*', 'a-ci-b'],
  ])('%j does not fit %j', (pattern, label) => {
    expect(match(pattern, label)).toBe(false)
  })
})

describe('wildcards', () => {
  test.each([
    ['*', '', true],
    ['*', 'anything\nat all 🦀', true],
    ['**', 'a', true],
    ['ci-*', 'ci-', true],
    ['ci-*-end', 'ci-a-b-end', true],
    ['ci-*-end', 'ci-end', false],
    ['*ci*', 'ci', true],
    ['?', '', false],
    ['?', 'a', true],
    ['?', '🦀', true],
    ['?', '\n', true],
    ['?', 'ab', false],
    ['??', 'a', false],
    ['a?c', 'abc', true],
    ['?*', '', false],
    ['?*', 'abc', true],
  ])('%j against %j: %j', (pattern, label, fits) => {
    expect(match(pattern, label)).toBe(fits)
  })
})

describe('the pull request number', () => {
  test.each([
    ['{pr}', '7', 7],
    ['preview-{pr}', 'preview-42', 42],
    ['preview-{pr}-eu', 'preview-42-eu', 42],
    ['preview-{pr}', 'preview-123456789012345', 123_456_789_012_345],
    ['*-{pr}', 'my-app-42', 42],
    ['*{pr}', 'app42', 42],
    ['{pr}*', '42app', 42],
    ['*{pr}*', 'app42b', 42],
    ['?{pr}?', 'a42b', 42],
    ['{{pr}}', '{42}', 42],
    ['v1.{pr}', 'v1.42', 42],
  ])('%j finds in %j %d', (pattern, label, number) => {
    expect(match(pattern, label)).toBe(number)
  })

  test.each([
    ['preview-{pr}', 'preview-'],
    ['preview-{pr}', 'preview-0'],
    ['preview-{pr}', 'preview-042'],
    ['preview-{pr}', 'preview-00'],
    ['preview-{pr}', 'preview--1'],
    ['preview-{pr}', 'preview-+1'],
    ['preview-{pr}', 'preview-1.5'],
    ['preview-{pr}', 'preview-1e3'],
    ['preview-{pr}', 'preview- 1'],
    ['preview-{pr}', 'preview-0x1'],
    ['preview-{pr}', 'preview-{pr}'],
    ['preview-{pr}', 'preview-４２'],
    ['preview-{pr}', 'preview-٤٢'],
    ['preview-{pr}', 'preview-1234567890123456'],
    ['*{pr}', 'app042'],
    ['*{pr}*', 'app042'],
    ['?{pr}', '142'],
    ['{pr}?', '42'],
    ['{pr}?', '421'],
    ['*{pr}', '1234567890123456'],
  ])('%j finds none in %j', (pattern, label) => {
    expect(match(pattern, label)).toBe(false)
  })

  test('next to a wildcard, it is never part of a longer number', () => {
    expect(match('*{pr}', 'app-123')).toBe(123)
    expect(match('{pr}*', '123-app')).toBe(123)
    expect(match('a*{pr}*b', 'a-123-b')).toBe(123)
    expect(match('app?{pr}', 'app-123')).toBe(123)
    expect(match('app?{pr}', 'app123')).toBe(false)
  })

  test('a pattern reports whether it contains {pr}', () => {
    expect(compileLabelPattern('preview-{pr}')?.hasPullRequest).toBe(true)
    expect(compileLabelPattern('preview-*')?.hasPullRequest).toBe(false)
    expect(compileLabelPattern('preview-{PR}')?.hasPullRequest).toBe(false)
  })

  test('twice is not a valid pattern', () => {
    expect(compileLabelPattern('{pr}{pr}')).toBeUndefined()
    expect(compileLabelPattern('{pr}-*-{pr}')).toBeUndefined()
  })
})

test('an adversarial label is not slow', () => {
  const began = Date.now()
  expect(match('*-*-*-*-*x', '-'.repeat(255))).toBe(false)
  expect(Date.now() - began).toBeLessThan(5_000)
})
