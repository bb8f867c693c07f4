import { describe, expect, test } from '@jest/globals'
import { renderCell, renderFacts, renderReason } from '../../src/commands/job-summary.js'

test('a backslash before a pipe ends the code span of a cell', () => {
  expect(renderCell('a\\|b')).toBe('`a\\`<wbr>`\\|b`')
})

test('a table of facts omits empty values', () => {
  expect(
    renderFacts([
      ['Key ID', 'fake-id'],
      ['Replaced', ''],
      ['Teams', 'fake-a<br>fake-b'],
    ]),
  ).toBe('| Key ID | fake-id |\n|:---|:---|\n| **Teams** | fake-a<br>fake-b |')
})

describe('renderReason', () => {
  test('renders a message as prose, with names in code, and its list as a list', () => {
    expect(
      renderReason(
        'The service (really) returned 403 for "octo-org/x": set env_name.\n- a `b`, it’s c',
      ),
    ).toBe(
      'The service (really) returned 403 for "`octo-org/x`": set `env_name`.\n- a `` `b` ``, it’s c',
    )
  })

  test('leaves a date and a time as they are', () => {
    const text = 'It asks to wait until 2026-11-29 13:38:54 UTC, for 403 s'
    expect(renderReason(text)).toBe(text)
  })

  test.each([
    'if_exists: replace',
    'environments: write',
    'dependabot_secrets: write',
    `$\{{ github.run_id }}`,
    'repo=octo-org/example app=dependabot',
    'repo=octo-org/example env="my app"',
  ])('keeps what belongs together in one piece: %s', (text) => {
    expect(renderReason(`Set (${text}), or "${text}".`)).toBe(
      `Set (\`${text}\`), or "\`${text}\`".`,
    )
  })

  test.each([
    ...['@octocat', '#1', 'www.fake.example', 'a@fake.example', 'http://fake.example/x'],
    ...['<b>bold</b>', '*a*', '_b_', '~~c~~', '[d](e)', '&amp;', ':tada:', '\\', '+', 'a1b2c3d'],
  ])('keeps Markdown from reading %s', (text) => {
    const code = /(`+ ?).+?\1/g
    expect(renderReason(`It says ${text}`).replace(code, '')).toMatch(/^It says [:;)]?$/)
  })

  test('cuts a line that GitHub would not accept in a summary, and takes no time for a strange one', () => {
    expect(renderReason(`Keys: ${'fake-id, '.repeat(200_000)}`).length).toBeLessThan(20_000)
    expect(renderReason(`${'.'.repeat(9_000)}x`)).toContain('.x`')
  })
})
