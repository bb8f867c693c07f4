import { describe, expect, test } from '@jest/globals'
import { renderReason } from '../../src/commands/job-summary.js'

describe('renderReason', () => {
  test('quotes a message line by line', () => {
    expect(renderReason('Two problems:\n- a `b`\n- c')).toBe(
      '> `Two problems:`\n>\n> `` a `b` ``\n>\n> `c`',
    )
  })

  test('cuts a line that GitHub would not accept in a summary', () => {
    const reason = renderReason(`Keys: ${'fake-id, '.repeat(200_000)}`)
    expect(reason.length).toBeLessThan(20_000)
    expect(reason).toMatch(/^> `Keys: fake-id, .*…`$/)
  })
})
