import { describe, expect, test } from '@jest/globals'
import { layOutTable, WIDTH, wrapLine } from '../../try/layout.js'
import { readSummary } from '../../try/summary-text.js'

const ID = '11111111-2222-3333-4444-555555555555'

describe('a job summary on the screen', () => {
  test('is text and tables without their Markdown', () => {
    const summary = [
      '### ✅ Created key `a*b`',
      '',
      '| Secret | Where |',
      '| --- | --- |',
      '| `A\\|B` | [environment `x`](https://github.example/o/r) of **`o/r`**<br>`two` |',
      '',
      '**Next**',
      '',
      '- Use it',
      '',
      '<details><summary>How to revoke it</summary>',
      '',
      '```sh',
      'curl',
      '```',
      '',
      '</details>',
      '',
    ].join('\n')
    expect(readSummary(summary)).toEqual([
      { lines: ['✅ Created key a*b', ''] },
      {
        table: [
          ['Secret', 'Where'],
          ['A|B', 'environment x of o/r\ntwo'],
        ],
      },
      { lines: ['', 'Next', '', '- Use it', '', '▶ How to revoke it (folded)'] },
    ])
  })
})

describe('the layout', () => {
  test('breaks long lines between words, and indents what follows', () => {
    const [first = '', second = ''] = wrapLine(`  ${'word '.repeat(30)}end`)
    expect(first.length).toBeLessThanOrEqual(WIDTH)
    expect(first).toMatch(/^ {2}word .*word$/)
    expect(second).toMatch(/^ {4}word .*end$/)
    expect(wrapLine('x'.repeat(250)).map(({ length }) => length <= WIDTH)).not.toContain(false)
    expect(wrapLine('x'.repeat(WIDTH))).toHaveLength(1)
  })

  test('narrows a table where words can be broken, and keeps IDs whole', () => {
    const lines = layOutTable([
      ['Key ID', 'Reason', 'Result'],
      [ID, 'older than the limit '.repeat(6).trim(), '❌ may still be active'],
    ])
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(WIDTH)
    expect(lines.join('\n')).toContain(ID)
    expect(lines.join(' ').match(/older/g)).toHaveLength(6)
  })
})
