import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { expectMessage, findUnreportedKeys, messagesOf } from '../support/messages.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

/** What the runner keeps of one message; the rest stands nowhere. */
const LONGEST_MESSAGE = 4_096

const ASTRAL = /[\u{10000}-\u{10ffff}]/u

function addKeys(count: number, add: () => string): readonly string[] {
  return Array.from({ length: count }, add)
}

/** Expects that the message ends on a whole ID, and that it and plain lines name each ID. */
function expectAllNamed(run: RunResult, level: 'error' | 'warning', ids: readonly string[]): void {
  const [message = '', ...others] = messagesOf(run, level)
  expect(others).toEqual([])
  expect(message.length).toBeLessThanOrEqual(LONGEST_MESSAGE)
  const named = ids.filter((id) => message.includes(id))
  expect(message).toMatch(
    new RegExp(`\n?.*${named.at(-1)} … and ${ids.length - named.length} more in the log above$`),
  )
  expect(
    ids.filter((id) => !run.shown.some((line) => line === id || line.endsWith(`  ${id}`))),
  ).toEqual([])
}

describe('what the runner would cut', () => {
  test('an error with many IDs ends on a whole one; the log has all', async ({ main, addKey }) => {
    const ids = addKeys(120, () => addKey())
    expectAllNamed(await main({ if_exists: 'fail' }), 'error', ids)
  })

  test('many keys that fail for one reason are one warning, which gives it once', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    const ids = addKeys(20, () => addKey())
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', times: Infinity })
    const run = await main({ if_exists: 'replace' })
    const [warning = '', ...others] = messagesOf(run, 'warning')
    expect(others).toEqual([])
    expect(warning.split(/\n- 20 keys: .*returned 403/)).toHaveLength(2)
    expect(ids.filter((id) => !warning.includes(id))).toEqual([])
    expect(run.shown.join().split('returned 403')).toHaveLength(2)
    // Each failure also when it happens.
    expect(run.shown.filter((line) => /^Could not revoke previous key/.test(line))).toHaveLength(20)
  })

  test('an error with one long text is cut', async ({ main, sandbox }) => {
    const run = await main({ team_id: 'x'.repeat(5_000), label: '' })
    const [error = ''] = messagesOf(run, 'error')
    expect(error.length).toBeLessThanOrEqual(LONGEST_MESSAGE)
    expect(sandbox.requests).toEqual([])
  })

  test('a warning that begins with many IDs is cut', async ({ main, addKey, sandbox }) => {
    addKeys(120, () => addKey())
    sandbox.misbehave({ kind: 'status', status: 403, method: 'GET', skip: 2 })
    const [warning = ''] = messagesOf(await main({ if_exists: 'replace', retain: '1' }), 'warning')
    expect(warning).toMatch(/^Kept .* … and more in the log above$/)
    expect(warning.length).toBeLessThanOrEqual(LONGEST_MESSAGE)
  })

  test('more than ten warnings become plain lines', async ({ main, sandbox }) => {
    const names = Array.from({ length: 13 }, (_, index) => `${index}-preview-`)
    const secrets = { secret_name: 'KEY', github_token: sandbox.githubToken, dry_run: 'true' }
    const secret_targets = names.map((name) => `env=${name}`).join('\n')
    const run = await main({ ...secrets, secret_targets }, { event: {} })
    expect(run.lines.filter((line) => line.startsWith('::warning'))).toHaveLength(10)
    // Errors are counted by themselves.
    expect(messagesOf(run, 'error')).toHaveLength(1)
    for (const name of names) {
      const missing = `environment "${name}" looks as if a number is missing`
      expect(run.shown.filter((line) => line.includes(missing))).toHaveLength(1)
    }
  })

  test.each([
    ['whose label is unknown', /^Ignored Management Keys/, 'label'],
    ['whose age is unknown', /^Kept previous keys/, 'created_at'],
  ])('keys %s share one warning', async ({ main, addKey, sandbox }, [, warning, field]) => {
    const ids = addKeys(13, () => addKey())
    sandbox.misbehave({ kind: 'omit', fields: [field], method: 'GET', times: Infinity })
    const run = await main({ if_exists: 'replace', retain: '1' })
    const [text = '', ...others] = messagesOf(run, 'warning')
    expect([text, others]).toEqual([expect.stringMatching(warning), []])
    expect(ids.filter((id) => !text.includes(id))).toEqual([])
  })
})

describe('what can end GitHub’s worker', () => {
  test('a character beyond U+FFFF is written out in errors and warnings, and kept elsewhere', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    const label = 'preview 😀🚀'
    addKey(label)
    const refused = await main({ label, if_exists: 'fail' })
    const [error = ''] = messagesOf(refused, 'error')
    expect(error).toContain('preview \\u{1f600}\\u{1f680}')
    expect(refused.summary).toContain('😀')
    const created = await main({ label })
    expectMessage(created, 'notice', label)

    const body = JSON.stringify({ detail: `${'😀'.repeat(3_000)}` })
    sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE', body, times: Infinity })
    const replaced = await main({ label, if_exists: 'replace' })
    const found = [refused, created, replaced].flatMap((run) => messagesOf(run, 'error', 'warning'))
    expect(found).toHaveLength(2)
    expect(found.filter((text) => ASTRAL.test(text) || text.length > LONGEST_MESSAGE)).toEqual([])
  })
})

const LABELS = [
  'Zoë’s “preview” — 日本語 🗝️',
  `it's "quoted" \\ back\\slashed \${{ github.token }} $(id) \`id\``,
  '%0A::error::smuggled%0D%0A%25',
  '::error::smuggled',
  '  ::set-output name=key::smuggled',
  '::stop-commands::halt',
  '##[error]smuggled',
  'x ##[set-env name=PATH]smuggled ##[command]ls',
  '##[add-mask]e',
  'key<<ghadelimiter_x',
]

/** A run for a pull request, which has a number. */
const OPTIONS = { debug: true, event: { number: 7 } }

test.each(LABELS)(
  'a label is kept exactly as written, and is never a command for the runner: %s',
  async ({ main, succeed, post, clean, sandbox }, label) => {
    const created = await succeed({ label }, OPTIONS)
    const cleaned = await clean(created, { label, revoke: 'always' }, OPTIONS)
    expect(sandbox.requests[0]?.body).toMatchObject({ label })
    expect(created.outputs['label']).toBe(label)
    for (const run of [created, cleaned]) {
      expect(run.env).toEqual({})
      expect(run.masks.length).toBeLessThanOrEqual(4)
    }

    sandbox.misbehave({ kind: 'reset', when: 'work', method: 'POST' })
    const lost = await main({ label }, OPTIONS)
    const again = await main({ label, if_exists: 'fail' }, OPTIONS)
    const named = await post(lost, { label }, OPTIONS)
    expect([lost.exitCode, again.exitCode, named.exitCode]).toEqual([1, 1, 0])
    for (const { annotations } of [created, lost, again, named]) {
      expect(annotations).toHaveLength(1)
      expect(annotations[0]?.message).not.toContain('\n')
    }
    expect([created, cleaned, lost, again, named].flatMap(({ problems }) => problems)).toEqual([])
    expect(findUnreportedKeys(sandbox, [lost])).toEqual([])
    expect(sandbox.activeKeys()).toMatchObject([{ label, teamIds: sandbox.teamIds.slice(0, 1) }])
  },
)
