import { describe, expect, test } from '@jest/globals'
import { escapeMarkdown, renderFacts } from '../../src/core/markdown.js'

/** What HTML shows for numeric character references. */
function showEntities(markdown: string): string {
  return markdown.replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
}

describe('escapeMarkdown', () => {
  test.each([
    ['<img src=x>', '&#60;img src=x&#62;'],
    ['a | b', 'a &#124; b'],
    ['`code`', '&#96;code&#96;'],
    ['**bold** __too__', '&#42;&#42;bold&#42;&#42; &#95;&#95;too&#95;&#95;'],
    ['![a](x)', '&#33;&#91;a&#93;(x)'],
    ['https://evil.example', 'https&#58;//evil.example'],
    ['@fake #1', '&#64;fake &#35;1'],
    ['~~gone~~', '&#126;&#126;gone&#126;&#126;'],
    ['&lt;', '&#38;lt;'],
    ['a\\|b', 'a&#92;&#124;b'],
    ['plain text, 1-2 ü 鍵', 'plain text, 1-2 ü 鍵'],
  ])('escapes %j', (text, markdown) => {
    expect(escapeMarkdown(text)).toBe(markdown)
    expect(showEntities(markdown)).toBe(text)
  })
})

describe('renderFacts', () => {
  test('makes a table without the empty values', () => {
    expect(
      renderFacts([
        ['Key id', 'fake-id'],
        ['Replaced', ''],
        ['Teams', 'fake-a<br>fake-b'],
      ]),
    ).toBe('| | |\n|---|---|\n| **Key id** | fake-id |\n| **Teams** | fake-a<br>fake-b |')
  })
})
