import { describe, expect, test } from '@jest/globals'
import {
  defuseCommands,
  findControlCharacter,
  joinWords,
  toOneLine,
} from '../../src/core/plain-text.js'

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

/** Whether a runner reads a line as a command (source: actions/runner, ActionCommand.cs). */
function isCommand(line: string): boolean {
  return line.trimStart().startsWith('::') || line.includes('##[')
}

describe('defuseCommands', () => {
  test.each([
    '::error::fake',
    '  ::error::fake',
    '\t\u00a0\u3000::error::fake',
    ':::error::fake',
    '::::',
    'first\n::add-mask::fake',
    'first\r\n::add-mask::fake',
    'first\r::add-mask::fake',
    '\n\n::stop-commands::fake',
    '##[error]fake',
    'before ##[error]fake',
    '###[[##[fake',
    '##[a]##[b]',
    '::a\n##[b]\n::c',
  ])('leaves no command in %j', (text) => {
    const lines = defuseCommands(text).split(/\r\n|[\r\n]/)
    expect(lines.filter(isCommand)).toEqual([])
    expect(text.split(/\r\n|[\r\n]/).filter(isCommand)).not.toEqual([])
  })

  test.each([
    '',
    'plain text',
    'http://fake.example::1',
    ': one colon',
    'a :: b',
    '%0A::error::fake',
    '# [not a command]',
    'two\nlines',
  ])('leaves %j as it is', (text) => {
    expect(defuseCommands(text)).toBe(text)
  })

  test('changes a command invisibly', () => {
    expect(defuseCommands(' ::error::fake ##[x]')).toBe(' \u200b::error::fake ## [x]')
  })
})
