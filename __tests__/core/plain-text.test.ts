import { expect, test } from '@jest/globals'
import { ActionError, explainError } from '../../src/core/errors.js'
import {
  defuseCommands,
  findControlCharacter,
  isSimilar,
  joinWords,
  toOneLine,
} from '../../src/core/plain-text.js'

test.each([
  ['a\r\n\r\nb', 'a b'],
  ['a\tb\u0000c\u001b[31md\u0085e\u007ff', 'a b c [31md e f'],
  ['a\u2028b\u2029c', 'a b c'],
  ['\n  ::error::  fake ', '::error:: fake'],
  ['Schlüssel 鍵 🔑', 'Schlüssel 鍵 🔑'],
])('toOneLine turns %j into one line', (text, line) => {
  expect(toOneLine(text, 100)).toBe(line)
})

test('toOneLine ends at the limit', () => {
  const cut = ['  12345\n', '123456', '1'.repeat(1_000_000)].map((text) => toOneLine(text, 5))
  expect(cut).toEqual(['12345', '1234…', '1111…'])
})

test.each([
  ['a\nb', 'U+000A'],
  ['\u0000', 'U+0000'],
  ['a\u001b\n', 'U+001B'],
  ['\u007f', 'U+007F'],
  ['\u009f', 'U+009F'],
  ['a\u2028', 'U+2028'],
  ['a\u2029', 'U+2029'],
  ['', undefined],
  ['\u00a0 \u202e 鍵 🔑 %0A \\n', undefined],
])('the first control character of %j is %s', (text, code) => {
  expect(findControlCharacter(text)).toBe(code)
})

test('joinWords makes a sentence', () => {
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => joinWords(words, 'or'))).toEqual([
    '',
    'a',
    'a or b',
    'a, b or c',
  ])
})

test.each([
  ['preview', 'preview', true],
  ['preview', 'pervew', true],
  ['preview', 'xpreviewx', true],
  ['preview', 'prewiev', true],
  ['preview', 'pview42', false],
  ['', 'ab', true],
  ['', 'abc', false],
])('isSimilar, %j and %j: %j', (one, other, expected) => {
  expect([isSimilar(one, other), isSimilar(other, one)]).toEqual([expected, expected])
})

/** Whether a runner reads a line as a command (source: actions/runner, ActionCommand.cs). */
function isCommand(line: string): boolean {
  return line.trimStart().startsWith('::') || line.includes('##[')
}

test.each([
  ...['  ::error::fake', '\t\u00a0\u3000::error::fake', ':::error::fake', '::::'],
  ...['first\n::add-mask::fake', 'first\r\n::add-mask::fake', 'first\r::add-mask::fake'],
  ...['before ##[error]fake', '###[[##[fake', '##[a]##[b]', '::a\n##[b]\n::c'],
])('defuseCommands leaves no command in %j', (text) => {
  const lines = (printed: string) => printed.split(/\r\n|[\r\n]/)
  expect(lines(defuseCommands(text)).filter(isCommand)).toEqual([])
  expect(lines(text).filter(isCommand)).not.toEqual([])
})

test.each(['', 'http://fake.example::1', ': a :: b', '%0A::error::fake', '# [no\ncommand]'])(
  'defuseCommands leaves %j as it is',
  (text) => {
    expect(defuseCommands(text)).toBe(text)
  },
)

test('defuseCommands changes a command invisibly', () => {
  expect(defuseCommands(' ::error::fake ##[x]')).toBe(' \u200b::error::fake ## [x]')
})

const INNER = new Error('inner')

test.each<[unknown, string]>([
  [new Error('fake reason'), 'fake reason'],
  [new TypeError(''), 'TypeError'],
  ['fake reason', 'fake reason'],
  [undefined, 'undefined'],
  [new Error('outer', { cause: 'inner' }), 'outer (inner)'],
  [new Error('outer', { cause: new Error('middle', { cause: INNER }) }), 'outer (middle (inner))'],
  [new Error('outer: inner', { cause: INNER }), 'outer: inner'],
  [new Error('outer', { cause: new Error('') }), 'outer (Error)'],
  [new ActionError('outer', { cause: INNER }), 'outer'],
])('%j is explained as %j', (thrown, text) => {
  expect(explainError(thrown)).toBe(text)
})
