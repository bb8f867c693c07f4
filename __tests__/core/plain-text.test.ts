import { describe, expect, test } from '@jest/globals'
import { findControlCharacter, joinWords, toOneLine } from '../../src/core/plain-text.js'

describe('toOneLine', () => {
  test.each([
    ['plain text', 'plain text'],
    ['a\nb', 'a b'],
    ['a\r\n\r\nb', 'a b'],
    ['a\tb\u0000c\u001b[31md\u0085e\u007ff', 'a b c [31md e f'],
    ['a\u2028b\u2029c', 'a b c'],
    ['  a    b  ', 'a b'],
    ['\n::error::fake', '::error::fake'],
    ['Schlüssel 鍵 🔑', 'Schlüssel 鍵 🔑'],
    ['\n\n', ''],
  ])('turns %j into one line', (text, line) => {
    expect(toOneLine(text, 100)).toBe(line)
  })

  test.each([
    ['12345', '12345'],
    ['123456', '1234…'],
    ['  12345\n', '12345'],
    ['1'.repeat(1_000_000), '1111…'],
  ])('ends at the limit', (text, line) => {
    expect(toOneLine(text, 5)).toBe(line)
  })
})

describe('findControlCharacter', () => {
  test.each([
    ['a\nb', 'U+000A'],
    ['\u0000', 'U+0000'],
    ['a\u001b\n', 'U+001B'],
    ['\u007f', 'U+007F'],
    ['\u009f', 'U+009F'],
    ['a\u2028', 'U+2028'],
    ['a\u2029', 'U+2029'],
  ])('finds the first in %j', (text, code) => {
    expect(findControlCharacter(text)).toBe(code)
  })

  test.each(['', 'plain text', ' ', '\u00a0', '\u202e', '鍵 🔑', '%0A \\n'])(
    'finds none in %j',
    (text) => {
      expect(findControlCharacter(text)).toBeUndefined()
    },
  )
})

describe('joinWords', () => {
  test.each([
    [[], ''],
    [['a'], 'a'],
    [['a', 'b'], 'a or b'],
    [['a', 'b', 'c'], 'a, b or c'],
    [['a', 'b', 'c', 'd'], 'a, b, c or d'],
  ])('joins %j', (words, sentence) => {
    expect(joinWords(words, 'or')).toBe(sentence)
  })
})
