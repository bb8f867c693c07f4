import { describe, expect, test } from '@jest/globals'
import { defuseCommands } from '../../src/runner/log-line.js'

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
