import { describe, expect, test } from '@jest/globals'
import { renderCell, renderCode, renderList, renderTable } from '../../src/core/markdown.js'

describe('renderCode', () => {
  test.each([
    ['plain text, 1-2 ü 鍵', '`plain text, 1-2 ü 鍵`'],
    ['<img src=x> & &lt; **b** [f](x)', '`<img src=x> & &lt; **b** [f](x)`'],
    ['www.fake.example a@fake.example xmpp:a@b.c', '`www.fake.example a@fake.example xmpp:a@b.c`'],
    ['a | b \\| c', '`a | b \\| c`'],
    ['a`b', '``a`b``'],
    ['`a``b`', '``` `a``b` ```'],
    ['`', '`` ` ``'],
    [' a ', '`  a  `'],
    ['a ', '` a  `'],
    ['  ', '`  `'],
    ['\\', '`\\`'],
    ['a\r\n\u001b\u0085b\u2028c', '`a b c`'],
    ['a\u202eb\u2066c\u200f', '`a b c `'.replace('`a', '` a').replace(' `', '  `')],
    ['', ''],
  ])('renders %j', (text, markdown) => {
    expect(renderCode(text)).toBe(markdown)
  })
})

describe('renderCell', () => {
  test.each([
    ['plain text', '`plain text`'],
    ['a|b||c', '`a\\|b\\|\\|c`'],
    ['`|`', '`` `\\|` ``'],
    ['a\\b\\', '`a\\b\\`'],
    ['a\\|b', '`a\\`<wbr>`\\|b`'],
    ['\\|\\|', '`\\`<wbr>`\\|\\`<wbr>`\\|`'],
    ['', ''],
  ])('renders %j', (text, markdown) => {
    expect(renderCell(text)).toBe(markdown)
  })

  test('lists texts below each other', () => {
    expect(renderList(['fake-a', 'fake|b'])).toBe('`fake-a`<br>`fake\\|b`')
  })
})

describe('renderTable', () => {
  test('omits empty values', () => {
    expect(
      renderTable([
        ['Key ID', 'fake-id'],
        ['Replaced', ''],
        ['Teams', 'fake-a<br>fake-b'],
      ]),
    ).toBe('| | |\n|---|---|\n| **Key ID** | fake-id |\n| **Teams** | fake-a<br>fake-b |')
  })
})
