import { describe, expect } from '@jest/globals'
import { daysBefore } from '../support/listed-keys.js'
import { expectFailure, expectMessage, messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { testAction } from '../support/scenario.js'

const test = testAction('prune')

describe('prune without a rule', () => {
  test('lists every key that matches, with age, newer key and pull request, and revokes none', async (scenario) => {
    const { succeed, addKey, sandbox } = scenario
    const old = addKey('preview-7', { createdAt: daysBefore(43.1) })
    const next = addKey('preview-7', { createdAt: daysBefore(9.1) })
    addKey('other', { createdAt: daysBefore(80) })
    const found = await succeed({ label_pattern: 'preview-{pr}' })
    expect(found.outputs).toEqual({ candidates: '[]', revoked_key_ids: '[]' })
    const link = `[#7](https://github.com/${sandbox.repository}/pull/7)`
    expect(found.summary).toMatch(
      /^### ✅ Found 2 active keys\n\n`preview-\{pr\}` matches 2 active keys; nothing/m,
    )
    expect(found.summary).toContain(
      `| \`${old}\` | \`preview-7\` | 43 days | \`${next}\` | ${link} |\n`,
    )
    expect(found.summary).toContain(`| \`${next}\` | \`preview-7\` | 9 days |  | ${link} |`)
    expect(found.summary).not.toContain('other')
    expect(found.shown).toContain(
      `Management Key ${old} "preview-7", age 43 days, newer key ${next}, pull request #7`,
    )
    expect(sandbox.requests.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('a pattern that matches no key', () => {
  test.each([{}, { older_than: '7d', dry_run: 'false' }])(
    'draws a warning: %j',
    async (scenario, rules) => {
      const { succeed, addKey } = scenario
      addKey('ci-1')
      const found = await succeed({ label_pattern: 'ci', ...rules })
      expectMessage(found, 'warning', 'matches label_pattern "ci"')
      expect(messagesOf(found, 'notice')).toEqual([])
      expect(found.summary).toMatch(/^### ⚠️ No active key matches$/m)
      expect(found.summary).toContain('`ci`')
    },
  )
})

describe('keys that stay', () => {
  test('say why, and when the next one becomes a candidate', async ({ main, addKey }) => {
    const first = new Date(Date.now() - 5 * 86_400_000)
    first.setUTCMilliseconds(0)
    const older = addKey('ci', { createdAt: first.toISOString() })
    const createdAt = daysBefore(1)
    const newer = addKey('ci', { createdAt })
    const rules = { older_than: '30d', superseded_for: '7d' }
    const { summary, ...run } = await main({ label_pattern: 'ci', ...rules })
    const due = daysBefore(-7, new Date(createdAt)).slice(0, 10)
    expect(summary).toMatch(/^### ✅ No key is stale$/m)
    expect(summary).toContain(`The next one becomes a candidate at ${due}`)
    expectMessage({ summary, ...run }, 'notice', `The next one becomes a candidate at ${due}`)
    const limit = 'not older than 30 days'
    expect(summary).toContain(
      `${older}\` | \`ci\` | 5 days | \`${newer}\` | ${limit}<br>newer key not older than 7 days | stays active |`,
    )
    expect(summary).toMatch(new RegExp(`${newer}.*${limit}<br>no newer key \\| stays active`))
  })
})

describe('GitHub', () => {
  const RULES = {
    label_pattern: 'preview-{pr}',
    closed_pull_requests: 'true',
    older_than: '30d',
    dry_run: 'false',
  }
  const OLD = { createdAt: daysBefore(40) }

  test('is asked only where a key depends on it', async ({ main, addKey, sandbox }) => {
    sandbox.github.addPullRequest(sandbox.repository, 3, { state: 'closed' })
    for (const label of ['preview-1', 'preview-2']) addKey(label, OLD)
    addKey('preview-3')
    const { summary } = await main(RULES)
    expect(sandbox.activeKeys()).toEqual([])
    // A key that is stale does not become so.
    expect(summary).not.toContain('becomes a candidate')
    expect(sandbox.requests.filter(({ path }) => path.includes('/pulls/'))).toHaveLength(1)
  })

  test('is asked even if no key needs it, so that a token that is not valid shows at once', async (scenario) => {
    const { main, succeed, addKey, sandbox } = scenario
    addKey('preview-1', OLD)
    const github_token = 'ghs_sandbox_no_such_token'
    expectFailure(await main({ ...RULES, github_token }), 'github_token is invalid')
    expectFailure(await main({ ...RULES, github_token, label_pattern: 'x{pr}' }), 'github_token')
    expect(listChanges(sandbox)).toEqual([])
    await succeed({ ...RULES, label_pattern: 'x{pr}' })
    // The answer for that number says nothing of a key.
    sandbox.github.addPullRequest(sandbox.repository, 1, { state: 'closed' })
    const { outputs } = await succeed({ ...RULES, dry_run: 'true' })
    expect(outputs['candidates']).toContain('"reasons":["old"]')
  })

  test('with its rate limit leaves the rest active and named; what is decided is revoked', async (scenario) => {
    const { main, addKey, sandbox, liveLabels } = scenario
    addKey('preview-1', OLD)
    const open = Array.from({ length: 40 }, (_, at) => addKey(`preview-${at + 100}`))
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3_000),
    }
    const message = 'API rate limit exceeded'
    const limit = { kind: 'status', status: 403, headers, body: { message } } as const
    sandbox.misbehave({ ...limit, path: '/pulls/', times: Infinity })
    const pruned = await main(RULES)
    expect(pruned.outcome).toBe('failure')
    expect(liveLabels()).toHaveLength(40)
    expect(JSON.parse(pruned.outputs['revoked_key_ids'] ?? '')).toHaveLength(1)
    const [error = ''] = messagesOf(pruned, 'error')
    expect(open.filter((id) => !error.includes(id))).toEqual([])
    expect(error.split(message)).toHaveLength(2)
    expect(error).toMatch(
      /^1 stale key revoked; 40 keys could not be judged:\n- 40 keys: pull request not looked up: GitHub/,
    )
    // A key whose pull request may be open is not one to revoke.
    expect(pruned.summary).not.toMatch(/may still be active|Dashboard/)
    expect(pruned.summary).toMatch(/^- 40 keys could not be judged: pull request not looked up: /m)
    expect(pruned.summary).toMatch(/^### ❌ 1 stale key revoked; 40 keys could not be judged$/m)
    expect(sandbox.requests.filter(({ path }) => path.includes('/pulls/')).length).toBeLessThan(11)
  })

  test('with its rate limit: only a key that could not be revoked is one to revoke by hand', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    const old = addKey('preview-1', OLD)
    const open = addKey('preview-2')
    const headers = { 'retry-after': '900' }
    const failure = { kind: 'status', times: Infinity } as const
    sandbox.misbehave({ ...failure, status: 429, headers, path: '/pulls/' })
    sandbox.misbehave({ ...failure, status: 403, method: 'DELETE' })
    const pruned = await main(RULES)
    expectFailure(pruned, '1 stale key may still be active; 1 key could not be judged:')
    expect(pruned.summary).toMatch(new RegExp(`${old}\` .* may still be active \\|$`, 'm'))
    expect(pruned.summary).toMatch(
      new RegExp(`${open}\` .*pull request unknown \\| could not be judged \\|$`, 'm'),
    )
    expect(pruned.summary).toContain('- 1 key may still be active: ')
    expect(pruned.summary).not.toContain('nothing was revoked')
    expect(pruned.summary).toContain('- 1 key could not be judged: pull request not looked up')
    expect(pruned.summary).toMatch(
      /\*\*Next\*\*\n\n- .* the keys that may still be active in the Junction Dashboard\.\n- Run again later/,
    )
  })
})

const MANY = 10_000
const PAGES = { pageSize: 500 }
const testPages = (title: string, play: Parameters<typeof test>[1]) => test(title, play, PAGES)
const REPORT = { label_pattern: 'ci-*', older_than: '7d' }

/** A heap large enough for the step, but not for the complete list. */
const SMALL_HEAP = ['--max-old-space-size=40']

/** GitHub rejects a larger job summary. */
const LARGEST_SUMMARY = 1024 * 1024

describe('ten thousand keys in pages of five hundred', () => {
  const createdAt = daysBefore(8)

  testPages('are searched in little memory', async ({ succeed, addKey, sandbox }) => {
    for (let number = 1; number <= MANY; number += 1) {
      const isMeant = number % 500 === 0
      addKey(isMeant ? `ci-${number}` : `other-${number}-${'x'.repeat(3000)}`, { createdAt })
    }
    const dry = await succeed(REPORT, { nodeArgs: SMALL_HEAP })
    expect(sandbox.requests).toHaveLength(MANY / PAGES.pageSize)
    expect(JSON.parse(dry.outputs['candidates'] ?? '')).toHaveLength(20)
  })

  testPages('may all be candidates, and GitHub still accepts the summary', async (scenario) => {
    const { succeed, addKey, sandbox } = scenario
    for (let number = 1; number <= MANY; number += 1) {
      addKey(`ci-${number}-${'_'.repeat(250)}`, { createdAt })
    }
    const dry = await succeed(REPORT)
    expect(JSON.parse(dry.outputs['candidates'] ?? '')).toHaveLength(MANY)
    expect(Buffer.byteLength(dry.summary)).toBeLessThan(LARGEST_SUMMARY)
    expect(dry.summary).toMatch(/And \d+ more/)
    expect(sandbox.activeKeys()).toHaveLength(MANY)
  })

  testPages('may all resist revocation, and GitHub still accepts the summary', async (scenario) => {
    const { main, addKey, sandbox } = scenario
    for (let number = 0; number < 2500; number += 1) addKey(`ci-${number}`, { createdAt })
    const body = { detail: 'not allowed at this time '.repeat(16) }
    sandbox.misbehave({ kind: 'status', status: 403, body, method: 'DELETE', times: 2500 })
    const pruned = await main({ ...REPORT, dry_run: 'false', max_revocations: '2500' })
    expect(pruned.outcome).toBe('failure')
    expect(Buffer.byteLength(pruned.summary)).toBeLessThan(LARGEST_SUMMARY)
    expect(pruned.summary).toMatch(/And \d+ more/)
  })
})
