import { describe, expect, test } from '@jest/globals'
import {
  renderCell,
  renderCode,
  renderFacts,
  renderItems,
  renderLink,
  renderList,
  renderTable,
} from '../../src/commands/job-summary.js'

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

describe('tables', () => {
  test('have no row of empty headers, and omit empty values', () => {
    expect(
      renderFacts([
        ['Key ID', 'fake-id'],
        ['Replaced', ''],
        ['Teams', 'fake-a<br>fake-b'],
      ]),
    ).toBe('| Key ID | fake-id |\n|:---|:---|\n| **Teams** | fake-a<br>fake-b |')
  })

  test('have a header, rows and the columns that say something, or are not there', () => {
    const columns = { A: (row: number) => `${row}`, B: () => '2', C: () => '' }
    expect(renderTable([1], columns)).toBe('| A | B |\n|:---|:---|\n| 1 | 2 |')
    expect(renderTable([], columns)).toBe('')
  })
})

describe('renderLink', () => {
  test('keeps an address in one piece, and does without one', () => {
    expect(renderLink('fake', 'https://fake.example/a(b)')).toBe(
      '[fake](https://fake.example/a%28b%29)',
    )
    expect(renderLink('fake', '')).toBe('fake')
  })
})

describe('renderItems', () => {
  test('render a line for each item, and nothing without any', () => {
    expect(renderItems(['`a`', '`b`'])).toBe('- `a`\n- `b`')
    expect(renderItems([])).toBe('')
  })

  test('counts what does not fit into a summary', () => {
    const markdown = renderItems(Array.from({ length: 3000 }, () => 'é'.repeat(200)))
    expect(Buffer.byteLength(markdown)).toBeLessThan(300 * 1024)
    const shown = markdown.match(/^- é/gm)?.length ?? 0
    expect(shown).toBeGreaterThan(500)
    expect(markdown).toMatch(new RegExp(`\n\nAnd ${3000 - shown} more\\.$`))
  })
})
