import { describe, expect } from '@jest/globals'
import { expectNoLeaks } from '../support/leaks.js'
import { answerList, daysBefore, listedKey } from '../support/listed-keys.js'
import { expectFailure, expectMessage, messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { testAction } from '../support/scenario.js'

const test = testAction('prune')

const PRUNE = { label_pattern: 'ci-*', older_than: '7d', dry_run: 'false' }
const OLD = { createdAt: daysBefore(8) }
const CLOSED = { closed_pull_requests: 'true', label_pattern: 'ci-{pr}' }

/** The time this many minutes before another. */
function minutesBefore(minutes: number, moment: Date = new Date()): Date {
  return new Date(moment.getTime() - minutes * 60_000)
}

/** A service whose clock is so many minutes ahead of this machine's. */
const isAhead = (minutes: number) => ({ now: () => minutesBefore(-minutes) })

describe('which keys are revoked', () => {
  test(
    'old keys whose whole label matches, on every page',
    async ({ succeed, addKey, liveLabels }) => {
      const stay = ['a-ci-1', 'ci', 'CI-1', 'xci-', 'ci']
      for (const label of [...stay, 'ci-1', 'ci-', 'ci-a-b']) addKey(label, OLD)
      addKey('ci-new', { createdAt: daysBefore(6) })
      await succeed(PRUNE)
      expect(liveLabels()).toEqual([...stay, 'ci-new'].sort())
    },
    { pageSize: 2 },
  )

  test('only those bound to all the given teams', async ({ main, addKey, sandbox, liveLabels }) => {
    const [first = '', second = ''] = sandbox.teamIds
    addKey('ci-1', { ...OLD, teamIds: [first] })
    addKey('ci-2', { ...OLD, teamIds: [second] })
    addKey('ci-both', { ...OLD, teamIds: [second, first] })
    await main({ ...PRUNE, team_id: `${first}\n${second}` })
    expect(liveLabels()).toEqual(['ci-1', 'ci-2'])
    await main({ ...PRUNE, team_id: second })
    expect(liveLabels()).toEqual(['ci-1'])
  })

  test('only team_admin keys', async ({ main, addKey, sandbox }) => {
    const admin = addKey('ci-admin', { ...OLD, role: 'org_admin', teamIds: [] })
    const team = addKey('ci-team', OLD)
    const label = 'ci-1'
    answerList(sandbox, [
      listedKey(admin, { label, role: 'org_admin' }),
      listedKey(admin, { label, role: 'owner' }),
      listedKey(admin, { label, role: 'TEAM_ADMIN' }),
      listedKey(admin, { label, role: null }),
      listedKey(admin, { label, role: undefined }),
      listedKey(admin, { label: null }),
      listedKey(sandbox.orgKeyId, { label, role: 'org_admin' }),
      listedKey(team, { label }),
    ])
    const pruned = await main(PRUNE)
    expect(pruned.outputs['revoked_key_ids']).toBe(JSON.stringify([team]))
    expect(listChanges(sandbox)).toEqual([`DELETE ${team} 200`])
  })

  test('none with an unreadable or future date', async ({ main, addKey, sandbox, liveLabels }) => {
    const odd = ['', 'yesterday', '2020', '2020-02-30T00:00:00Z', daysBefore(-1)]
    odd.forEach((createdAt, index) => {
      addKey(`ci-${index}`, { createdAt })
    })
    const old = addKey('ci-old', OLD)
    const listed = sandbox
      .activeKeys()
      .map(({ id, label, createdAt }) => listedKey(id, { label, created_at: createdAt }))
    const more = [undefined, null, 1_577_836_800, {}]
    const [first] = listed
    const unreadable = more.map((created_at) => ({ ...first, created_at }))
    answerList(sandbox, [...listed, ...unreadable])
    const pruned = await main(PRUNE)
    expect(pruned.outputs['revoked_key_ids']).toBe(JSON.stringify([old]))
    expect(liveLabels()).toHaveLength(odd.length)
    expect(pruned.summary).toContain('| unknown | age unknown | stays active |')
  })

  test('times with offset, fraction or no zone are read', async ({ main, addKey, liveLabels }) => {
    const old = ['2020-01-01T00:00:00.123456Z', '2020-01-01T00:00:00+05:30', '2020-01-01 00:00:00']
    old.forEach((createdAt) => {
      addKey('ci-old', { createdAt })
    })
    // As local time in Auckland, half a day earlier, it would be old.
    addKey('ci-new', { createdAt: daysBefore(6.9).replace('Z', '') })
    await main(PRUNE, { env: { TZ: 'Pacific/Auckland' } })
    expect(liveLabels()).toEqual(['ci-new'])
  })
})

describe('keys that a newer one supersedes', () => {
  const OVERLAP = { label_pattern: 'production', superseded_for: '24h', dry_run: 'false' }

  test('go once that one has existed for so long', async ({ main, addKey, sandbox }) => {
    const [first = '', second = ''] = sandbox.teamIds
    const add = (days: number, teamIds = [first]) =>
      addKey('production', { createdAt: daysBefore(days), teamIds })
    const old = add(60)
    const previous = add(30)
    const current = add(2)
    const alone = add(90, [first, second])
    const unknown = addKey('production', { createdAt: 'unknown', teamIds: [first] })
    const pruned = await main(OVERLAP)
    expect(pruned.outputs['revoked_key_ids']).toBe(JSON.stringify([old, previous]))
    expect(JSON.parse(pruned.outputs['candidates'] ?? '')).toMatchObject([
      { id: old, reasons: ['superseded'] },
      { id: previous, reasons: ['superseded'] },
    ])
    expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([current, alone, unknown])
  })

  test(
    'stay when the time cannot be trusted',
    async ({ main, addKey, sandbox }) => {
      addKey('production', { createdAt: daysBefore(60) })
      addKey('production', { createdAt: daysBefore(2) })
      sandbox.misbehave({ kind: 'no-date' })
      expectFailure(await main(OVERLAP), 'no valid Date header')
      expectFailure(await main(OVERLAP), 'they differ by')
      expect(sandbox.activeKeys()).toHaveLength(2)
    },
    isAhead(6.5),
  )
})

describe('whose clock', () => {
  // By this machine's clock the keys would be four minutes older, or younger.
  test.each([-4, 4])(
    'the service’s own, %d minutes ahead of this machine’s',
    async ({ succeed, addKey, liveLabels }, ahead) => {
      const now = minutesBefore(-ahead)
      addKey('ci-old', { createdAt: minutesBefore(62.5, now).toISOString() })
      addKey('ci-new', { createdAt: minutesBefore(58, now).toISOString() })
      addKey('ci-future', { createdAt: minutesBefore(-3, now).toISOString() })
      const pruned = await succeed({ ...PRUNE, older_than: '1h' })
      expect(liveLabels()).toEqual(['ci-future', 'ci-new'])
      expect(pruned.summary).toMatch(/1 h [2-9] min/)
    },
    isAhead,
  )

  test.each([
    ['a dry run', '6 min', 6.5, { dry_run: 'true' }],
    ['a run', '6 min', -6.5, {}],
    ['a run', '40 days', 57_601, {}],
    ['a run with closed_pull_requests', '1 h 0 min', -60.5, CLOSED],
  ])(
    'neither in %s when the two differ by %s: %d',
    async ({ main, addKey, sandbox, liveLabels }, [, apart, ahead, inputs]) => {
      addKey('ci-1', { createdAt: daysBefore(80, minutesBefore(-ahead)) })
      const pruned = await main({ ...PRUNE, ...inputs })
      expectFailure(pruned, `they differ by ${apart}`)
      expectFailure(pruned, "Nothing was revoked. Correct this machine's clock")
      const times =
        messagesOf(pruned, 'error')
          .join()
          .match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? []
      const [theirs = 0, ours = 0] = times.map((time) => Date.parse(time))
      expect((theirs - ours) / 60_000).toBeCloseTo(ahead, 0)
      expect(pruned.outputs).toEqual({ candidates: '[]', revoked_key_ids: '[]' })
      expect(listChanges(sandbox)).toEqual([])
      expect(liveLabels()).toEqual(['ci-1'])
    },
    ([, , ahead]) => isAhead(ahead),
  )

  test(
    'either when age does not count',
    async ({ succeed, addKey }) => {
      addKey('ci-1')
      const { older_than: _, ...others } = PRUNE
      await succeed({ ...others, ...CLOSED })
    },
    isAhead(-60),
  )

  test('none without a Date header', async ({ main, addKey, sandbox, liveLabels }) => {
    addKey('ci-old', OLD)
    sandbox.misbehave({ kind: 'no-date', method: 'GET' })
    expectFailure(await main(PRUNE), 'no valid Date header')
    expect(liveLabels()).toEqual(['ci-old'])
  })
})

describe('how many are revoked', () => {
  test('max_revocations: one more stops the run at once', async ({ main, addKey, sandbox }) => {
    const ids = ['ci-1', 'ci-2', 'ci-3'].map((label) => addKey(label, OLD))
    const stopped = await main({ ...PRUNE, max_revocations: '2' })
    expectFailure(
      stopped,
      '3 stale keys would be revoked; max_revocations is 2. Nothing was revoked',
    )
    expect(listChanges(sandbox)).toEqual([])
    expect(stopped.outputs['revoked_key_ids']).toBe('[]')
    expect(JSON.parse(stopped.outputs['candidates'] ?? '')).toHaveLength(3)
    for (const id of ids) {
      expect(stopped.stdout).toContain(`Would revoke Management Key ${id}`)
      expect(stopped.summary).toContain(id)
    }
    expect(stopped.summary).toMatch(
      /^### ❌ 3 stale keys would be revoked; `max_revocations` is 2$/m,
    )
    expect(stopped.summary).not.toContain('dry_run')
    const dry = await main({ ...PRUNE, max_revocations: '2', dry_run: 'true' })
    const advice = /3 stale .* max_revocations is 2; without dry_run, the run would fail/
    expectMessage(dry, 'warning', advice)
    expect(stopped.summary).toMatch(/\*\*Next\*\*\n\n(- .*\n)*- Raise `max_revocations`/)
    const pruned = await main({ ...PRUNE, max_revocations: '3' })
    expect(pruned.stdout).not.toContain('Would revoke')
    expect(sandbox.activeKeys()).toEqual([])
  })
})

describe('a failure during revocation', () => {
  test('leaves the others done, and fails the step with the key’s name', async (scenario) => {
    const { main, addKey, sandbox, liveLabels } = scenario
    const ids = [10, 9, 8].map((days) => addKey(`ci-${days}`, { createdAt: daysBefore(days) }))
    const [first, broken = '', last] = ids
    sandbox.misbehave({ kind: 'status', status: 500, path: broken, times: Infinity })
    const pruned = await main(PRUNE)
    expect(pruned.outcome).toBe('failure')
    const error = messagesOf(pruned, 'error').join('\n')
    expect(error).toContain(
      `1 stale key may still be active:\n- ${broken}: The Management API returned 500`,
    )
    expect(error).not.toContain(`${first}`)
    expect(pruned.outputs['revoked_key_ids']).toBe(JSON.stringify([first, last]))
    expect(liveLabels()).toEqual(['ci-9'])
    expect(listChanges(sandbox).filter((line) => line.includes(broken))).toHaveLength(5)
    expect(pruned.summary).toMatch(new RegExp(`${broken}\` .*may still be active \\|$`, 'm'))
    expect(pruned.summary).toMatch(/^- 1 key may still be active: .*500/m)
  })

  test('a key that is revoked meanwhile is a success', async ({ succeed, addKey, sandbox }) => {
    const [gone, active] = [addKey('ci-1', OLD), addKey('ci-2', OLD)]
    sandbox.misbehave({
      kind: 'status',
      status: 404,
      after: 'work',
      method: 'DELETE',
      path: gone,
    })
    const pruned = await succeed(PRUNE)
    expect(JSON.parse(pruned.outputs['revoked_key_ids'] ?? '').sort()).toEqual(
      [gone, active].sort(),
    )
    expect(pruned.shown).toContain(`Found no active Management Key ${gone} "ci-1"`)
    expect(pruned.summary).toMatch(new RegExp(`${gone}\` .*already gone`))
  })

  test(
    'an incomplete list stops the run before the first revocation',
    async ({ main, addKey, sandbox }) => {
      for (const label of ['ci-1', 'ci-2', 'ci-3']) addKey(label, OLD)
      const list = /management_key$/
      sandbox.misbehave({ kind: 'status', status: 403, path: list, skip: 1 })
      const pruned = await main(PRUNE)
      expect(pruned.outcome).toBe('failure')
      expect(listChanges(sandbox)).toEqual([])
    },
    { pageSize: 2 },
  )
})

describe('what is reported', () => {
  test('by a dry run, which is the default: each candidate, the oldest first', async (scenario) => {
    const { succeed, addKey, sandbox } = scenario
    for (const number of [7, 8, 9]) {
      sandbox.github.addPullRequest(sandbox.repository, number, { state: 'closed' })
    }
    const [newer, undated, older] = [daysBefore(8.52), 'yesterday', daysBefore(30.27)].map(
      (createdAt, index) => addKey(`ci-${index + 7}`, { createdAt }),
    )
    addKey('ci-10')
    const dry = await succeed({ older_than: '7d', ...CLOSED })
    expect(dry.shown.filter((line) => line.startsWith('Would revoke'))).toEqual([
      `Would revoke Management Key ${older} "ci-9", age 30 days, pull request #9: older than the limit`,
      `Would revoke Management Key ${newer} "ci-7", age 8 days, pull request #7: older than the limit`,
      `Would revoke Management Key ${undated} "ci-8", age unknown, pull request #8: pull request closed`,
    ])
    const age_seconds = expect.any(Number)
    expect(dry.outputs['revoked_key_ids']).toBe('[]')
    const candidates: readonly { age_seconds: number }[] = JSON.parse(
      dry.outputs['candidates'] ?? '',
    )
    expect(candidates.map((one) => Math.floor(one.age_seconds / 86_400))).toEqual([30, 8, 0])
    expect(candidates).toEqual([
      { id: older, label: 'ci-9', age_seconds, reasons: ['old'] },
      { id: newer, label: 'ci-7', age_seconds, reasons: ['old'] },
      { id: undated, label: 'ci-8', age_seconds: null, reasons: ['closed'] },
    ])
    expect(dry.summary).toContain('nothing was revoked')
    expect(dry.summary).toContain('would be revoked')
    expect(listChanges(sandbox)).toEqual([])
  })

  test('by a run: a table, the oldest first, or nothing stale', async ({ succeed, addKey }) => {
    const newer = addKey('ci-1', { createdAt: daysBefore(8.52) })
    const older = addKey('ci-2', { createdAt: daysBefore(30.27) })
    const { summary } = await succeed(PRUNE)
    expect(summary.split('\n').filter((line) => line.startsWith('| '))).toEqual([
      '| Key ID | Label | Age | Reason | Result |',
      `| \`${older}\` | \`ci-2\` | 30 days | older than the limit | revoked |`,
      `| \`${newer}\` | \`ci-1\` | 8 days | older than the limit | revoked |`,
    ])
    addKey('ci-3')
    const none = await succeed(PRUNE)
    expect(none.outputs).toEqual({ candidates: '[]', revoked_key_ids: '[]' })
    expect(none.summary).toContain('No key is stale')
  })

  test('a label injects nothing, and stays in its line of the log and the summary', async (scenario) => {
    const { succeed, addKey } = scenario
    const label =
      'ci-\u001b[2K\n::warning::pwned\r\n##[error]x|<b>\u202e\u0000\n\n# Title\u2028- ci'
    const id = addKey(label, OLD)
    const { annotations, outputs, lines, shown, summary } = await succeed(PRUNE)
    expect(annotations.filter(({ level }) => level !== 'notice')).toEqual([])
    expect(JSON.parse(outputs['candidates'] ?? '')).toMatchObject([{ label }])
    const line = 'ci- [2K ::warning::pwned ##[error]x|<b> # Title - ci'
    const logged = line.replace('##[', '## [')
    expect(shown).toContain(`Revoked Management Key ${id} "${logged}"`)
    expect(lines.join('')).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
    expect(summary.trim().split('\n')).toHaveLength(7)
    expect(summary).toContain(` | \`${line.replace('|', '\\|')}\` | `)
  })

  test('secrets are masked first, and nothing leaks', async ({ main, addKey, sandbox }) => {
    const id = addKey('ci-1', OLD)
    const body = `No ${sandbox.orgKey}, no ${sandbox.workflowToken}, no mg_sandbox_another_key`
    sandbox.misbehave({ kind: 'status', status: 400, method: 'DELETE', path: id, body })
    const pruned = await main(PRUNE, { debug: true })
    expect(pruned.outcome).toBe('failure')
    expect(pruned.masks).toEqual([sandbox.orgKey, sandbox.workflowToken])
    expect(pruned.lines.slice(0, 2).every((line) => line.startsWith('::add-mask::'))).toBe(true)
    expectNoLeaks(sandbox, [pruned], ['mg_sandbox_another_key'])
  })
})
