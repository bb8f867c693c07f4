import { describe, expect, test } from '@jest/globals'
import { showForeign } from '../../src/core/foreign-text.js'

describe('showForeign', () => {
  test('renders one line that shows no token, known or not', () => {
    const scrub = (text: string) => text.replaceAll('a fake secret', '***')
    const text = 'No\n\u001b[31m\u202ea fake secret,\r\nnot Zq7RtB2xWm9LkP4s!'
    expect(showForeign(text, 100, scrub)).toBe('No [31m ***, not ***!')
  })

  test.each(Array.from({ length: 20 }, (_, index) => 380 + index))(
    'leaves no part of a token where the text is cut (%d)',
    (offset) => {
      const text = `${'x '.repeat(offset / 2)}Zq7RtB2xWm9LkP4s`
      expect(showForeign(text, 400)).not.toMatch(/[A-Z]/)
    },
  )

  test.each([0, 1, 8, 15])('nor at the end of what is read of a very long text (%d)', (more) => {
    const token = `${'Zq7RtB2xWm9LkP4s'.repeat(1_024).slice(more)}`
    expect(showForeign(`No ${token} ${token}`, 400)).toMatch(/^No (?:\*\*\* )?…$/)
    expect(showForeign('Zq7RtB2xWm9LkP4s'.repeat(600_000), 400)).toBe('…')
  })
})
