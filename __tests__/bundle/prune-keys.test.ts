import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { answerList, daysBefore, listedKey } from '../support/listed-keys.js'
import { expectFailure, expectMessage, messagesOf } from '../support/messages.js'
import { listChanges } from '../support/requests.js'
import { withAction } from '../support/scenario.js'

const PRUNE = { label_pattern: 'ci-*', older_than: '7d', dry_run: 'false' }
const OLD = { createdAt: daysBefore(8) }
const CLOSED = { closed_pull_requests: 'true', label_pattern: 'ci-{pr}' }

/** The time this many minutes before another. */
function minutesBefore(minutes: number, moment: Date = new Date()): Date {
  return new Date(moment.getTime() - minutes * 60_000)
}

describe('which keys are revoked', () => {
  test('old keys whose whole label matches, on every page', () =>
    withAction(
      'prune',
      async ({ main, addKey, liveLabels }) => {
        const stay = ['a-ci-1', 'ci', 'CI-1', 'xci-', 'ci']
        for (const label of [...stay, 'ci-1', 'ci-', 'ci-a-b']) addKey(label, OLD)
        addKey('ci-new', { createdAt: daysBefore(6) })
        const pruned = await main(PRUNE)
        expect(pruned.outcome).toBe('success')
        expect(liveLabels()).toEqual([...stay, 'ci-new'].sort())
      },
      { pageSize: 2 },
    ))

  test('only those bound to all the given teams', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const [first = '', second = ''] = sandbox.teamIds
      addKey('ci-1', { ...OLD, teamIds: [first] })
      addKey('ci-2', { ...OLD, teamIds: [second] })
      addKey('ci-both', { ...OLD, teamIds: [second, first] })
      await main({ ...PRUNE, team_id: `${first}\n${second}` })
      expect(liveLabels()).toEqual(['ci-1', 'ci-2'])
      await main({ ...PRUNE, team_id: second })
      expect(liveLabels()).toEqual(['ci-1'])
    }))

  test('only team_admin keys', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
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
    }))

  test('none whose created_at is unreadable or in the future', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const odd = [
        ...['', 'yesterday', '0', '1577836800', '2020', '2020-01-01', '01/02/2020', 'null'],
        ...['2020-13-01T00:00:00Z', '2020-01-01T25:00:00Z', '2020-01-01T00:00:00 or so'],
        ...['2020-02-30T00:00:00Z', '0000-00-00T00:00:00Z', daysBefore(-1), '9999-01-01T00:00:00Z'],
      ]
      odd.forEach((createdAt, index) => {
        addKey(`ci-${index}`, { createdAt })
      })
      const old = addKey('ci-old', OLD)
      const listed = sandbox
        .activeKeys()
        .map(({ id, label, createdAt }) => listedKey(id, { label, created_at: createdAt }))
      const more = [undefined, null, 1_577_836_800, 1_577_836_800_000, {}, ['2020-01-01T00:00:00Z']]
      const [first] = listed
      const unreadable = more.map((created_at) => ({ ...first, created_at }))
      answerList(sandbox, [...listed, ...unreadable])
      const pruned = await main(PRUNE)
      expect(pruned.outputs['revoked_key_ids']).toBe(JSON.stringify([old]))
      expect(liveLabels()).toHaveLength(odd.length)
    }))

  test('times with offsets, fractions or no zone at all are read', () =>
    withAction('prune', async ({ main, addKey, liveLabels }) => {
      const old = [
        '2020-01-01T00:00:00.123456Z',
        '2020-01-01T00:00:00+05:30',
        '2020-01-01 00:00:00',
      ]
      old.forEach((createdAt) => {
        addKey('ci-old', { createdAt })
      })
      await main(PRUNE, { env: { TZ: 'Pacific/Auckland' } })
      expect(liveLabels()).toEqual([])
    }))
})

describe('keys that a newer one supersedes', () => {
  const OVERLAP = { label_pattern: 'production', superseded_for: '24h', dry_run: 'false' }

  test('go once that one has existed for so long', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
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
    }))

  test('stay as long as the newer one is younger', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      addKey('production', { createdAt: daysBefore(60) })
      addKey('production', { createdAt: daysBefore(0.9) })
      expect((await main(OVERLAP)).outputs['candidates']).toBe('[]')
      expect(sandbox.activeKeys()).toHaveLength(2)
    }))

  test('stay when the time cannot be trusted', () =>
    withAction(
      'prune',
      async ({ main, addKey, sandbox }) => {
        addKey('production', { createdAt: daysBefore(60) })
        addKey('production', { createdAt: daysBefore(2) })
        sandbox.misbehave({ kind: 'no-date' })
        const undated = await main(OVERLAP)
        expectFailure(undated, 'no valid Date header')
        const skewed = await main(OVERLAP)
        expectFailure(skewed, 'they differ by')
        expect(sandbox.activeKeys()).toHaveLength(2)
      },
      { now: () => minutesBefore(-6) },
    ))
})

describe('whose clock', () => {
  // By this machine's clock the keys would be four minutes older, or younger.
  test.each([-4, 4])('the service’s own, %d minutes from this machine’s', (skew) => {
    const now = minutesBefore(-skew)
    return withAction(
      'prune',
      async ({ main, addKey, liveLabels }) => {
        addKey('ci-old', { createdAt: minutesBefore(62.5, now).toISOString() })
        addKey('ci-new', { createdAt: minutesBefore(58, now).toISOString() })
        addKey('ci-future', { createdAt: minutesBefore(-2, now).toISOString() })
        const pruned = await main({ ...PRUNE, older_than: '1h' })
        expect(pruned.outcome).toBe('success')
        expect(liveLabels()).toEqual(['ci-future', 'ci-new'])
        expect(pruned.summary).toContain('1 h 2 min')
      },
      { now: () => now },
    )
  })

  test.each([
    ['a dry run', '6 min', 6, { dry_run: 'true' }],
    ['a run', '6 min', -6, {}],
    ['a run', '40 days', 57_600, {}],
    ['a run with closed_pull_requests', '1 h 0 min', -60, CLOSED],
  ])('neither in %s when the two differ by %s: %d', (_, apart, skew, inputs) => {
    const now = minutesBefore(-skew - Math.sign(skew) / 10)
    return withAction(
      'prune',
      async ({ main, addKey, sandbox, liveLabels }) => {
        addKey('ci-1', { createdAt: daysBefore(80, now) })
        const pruned = await main({ ...PRUNE, ...inputs })
        expect(pruned.outcome).toBe('failure')
        const error = messagesOf(pruned, 'error').join('\n')
        expect(error).toContain(now.toISOString().slice(0, 19))
        expect(error).toContain(new Date().toISOString().slice(0, 14))
        expect(error).toContain(`they differ by ${apart}`)
        expect(error).toContain("Nothing was revoked. Correct this machine's clock")
        expect(pruned.outputs).toEqual({ candidates: '[]', revoked_key_ids: '[]' })
        expect(listChanges(sandbox)).toEqual([])
        expect(liveLabels()).toEqual(['ci-1'])
      },
      { now: () => now },
    )
  })

  test('either when age does not count', () =>
    withAction(
      'prune',
      async ({ main, addKey }) => {
        addKey('ci-1')
        const { older_than: _, ...others } = PRUNE
        expect((await main({ ...others, ...CLOSED })).outcome).toBe('success')
      },
      { now: () => minutesBefore(60) },
    ))

  test('nothing is revoked without a Date header', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      addKey('ci-old', OLD)
      sandbox.misbehave({ kind: 'no-date', method: 'GET' })
      const pruned = await main(PRUNE)
      expectFailure(pruned, 'no valid Date header')
      expect(liveLabels()).toEqual(['ci-old'])
    }))
})

describe('how many are revoked', () => {
  test('max_revocations: up to that many are revoked', () =>
    withAction('prune', async ({ main, addKey, liveLabels }) => {
      for (const label of ['ci-1', 'ci-2', 'ci-3']) addKey(label, OLD)
      expect((await main({ ...PRUNE, max_revocations: '3' })).outcome).toBe('success')
      expect(liveLabels()).toEqual([])
    }))

  test('max_revocations: one more stops the run before the first', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      for (const label of ['ci-1', 'ci-2', 'ci-3']) addKey(label, OLD)
      const stopped = await main({ ...PRUNE, max_revocations: '2' })
      expectFailure(stopped, /3 candidates.*max_revocations \(2\)/)
      expect(listChanges(sandbox)).toEqual([])
      expect(stopped.outputs['revoked_key_ids']).toBe('[]')
      expect(JSON.parse(stopped.outputs['candidates'] ?? '')).toHaveLength(3)
      expect(stopped.summary).toContain('ci-3')
    }))

  test('max_revocations is 20 unless set, and a dry run warns of it', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      for (let number = 1; number <= 21; number += 1) addKey(`ci-${number}`, OLD)
      const dry = await main({ ...PRUNE, dry_run: 'true' })
      expect(dry.outcome).toBe('success')
      expectMessage(dry, 'warning', /21 candidates.*max_revocations \(20\)/)
      expect((await main(PRUNE)).outcome).toBe('failure')
      expect((await main({ ...PRUNE, max_revocations: '21' })).outcome).toBe('success')
      expect(sandbox.activeKeys()).toEqual([])
    }))
})

describe('a dry run', () => {
  test('is the default', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      const id = addKey('ci-1', OLD)
      const dry = await main({ label_pattern: 'ci-*', older_than: '7d' })
      expect(dry.outcome).toBe('success')
      expect(dry.outputs['revoked_key_ids']).toBe('[]')
      expect(JSON.parse(dry.outputs['candidates'] ?? '')).toEqual([
        { id, label: 'ci-1', age_seconds: expect.any(Number), reasons: ['old'] },
      ])
      expect(dry.summary).toContain('nothing was revoked')
      expect(dry.summary).toContain('would be revoked')
      expect(listChanges(sandbox)).toEqual([])
    }))
})

describe('what is only reported', () => {
  const label = 'ci-\n::warning::pwned\u2028x'
  const OLDER = { createdAt: daysBefore(30.27) }

  test('has a line for each candidate in the log of a dry run, the oldest first', () =>
    withAction('prune', async ({ main, addKey }) => {
      const newer = addKey('ci-7', { createdAt: daysBefore(8.52) })
      const older = addKey(label, OLDER)
      addKey('ci-8')
      const dry = await main({ ...PRUNE, dry_run: 'true' })
      expect(dry.shown.filter((line) => line.startsWith('Would revoke'))).toEqual([
        `Would revoke Management Key ${older} "ci- ::warning::pwned x", age 30 days: older than the limit`,
        `Would revoke Management Key ${newer} "ci-7", age 8 days: older than the limit`,
      ])
    }))

  test('with all of its reasons, and an age that is unknown', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      for (const number of [7, 8]) {
        sandbox.github.addPullRequest(sandbox.repository, number, { state: 'closed' })
      }
      const both = addKey('ci-7', OLDER)
      const undated = addKey('ci-8', { createdAt: 'yesterday' })
      const dry = await main({ ...PRUNE, ...CLOSED, dry_run: 'true' })
      expect(dry.shown.filter((line) => line.startsWith('Would revoke'))).toEqual([
        `Would revoke Management Key ${both} "ci-7", age 30 days: older than the limit`,
        `Would revoke Management Key ${undated} "ci-8", age unknown: pull request closed`,
      ])
    }))

  test('also when max_revocations stops the run, but not otherwise', () =>
    withAction('prune', async ({ main, addKey }) => {
      const id = addKey('ci-7', OLDER)
      const stopped = await main({ ...PRUNE, max_revocations: '0' })
      expect(stopped.stdout).toContain(`Would revoke Management Key ${id}`)
      expect((await main(PRUNE)).stdout).not.toContain('Would revoke')
    }))
})

describe('a failure during revocation', () => {
  test('leaves the others done, and fails the step with the key’s name', () =>
    withAction('prune', async ({ main, addKey, sandbox, liveLabels }) => {
      const ids = [10, 9, 8].map((days) => addKey(`ci-${days}`, { createdAt: daysBefore(days) }))
      const [first, broken = '', last] = ids
      sandbox.misbehave({ kind: 'status', status: 500, path: broken, times: Infinity })
      const pruned = await main(PRUNE)
      expect(pruned.outcome).toBe('failure')
      const error = messagesOf(pruned, 'error').join('\n')
      expect(error).toContain(`may still be active:\n- ${broken}: The Management API returned 500`)
      expect(error).not.toContain(`${first}`)
      expect(pruned.outputs['revoked_key_ids']).toBe(JSON.stringify([first, last]))
      expect(liveLabels()).toEqual(['ci-9'])
      expect(listChanges(sandbox).filter((line) => line.includes(broken))).toHaveLength(5)
      expect(pruned.summary).toMatch(new RegExp(`${broken}\` .*may still be active.*500`))
    }))

  test('a key that was revoked in the meantime is a success', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      const [gone, active] = [addKey('ci-1', OLD), addKey('ci-2', OLD)]
      sandbox.misbehave({
        kind: 'status',
        status: 404,
        after: 'work',
        method: 'DELETE',
        path: gone,
      })
      const pruned = await main(PRUNE)
      expect(pruned.outcome).toBe('success')
      expect(JSON.parse(pruned.outputs['revoked_key_ids'] ?? '').sort()).toEqual(
        [gone, active].sort(),
      )
      expect(pruned.shown).toContain(`Already gone: Management Key ${gone} "ci-1"`)
      expect(pruned.summary).toMatch(new RegExp(`${gone}\` .*already gone`))
    }))

  test('an incomplete list stops the run before the first revocation', () =>
    withAction(
      'prune',
      async ({ main, addKey, sandbox }) => {
        for (const label of ['ci-1', 'ci-2', 'ci-3']) addKey(label, OLD)
        const list = /management_key$/
        sandbox.misbehave({ kind: 'status', status: 403, path: list, skip: 1 })
        const pruned = await main(PRUNE)
        expect(pruned.outcome).toBe('failure')
        expect(listChanges(sandbox)).toEqual([])
      },
      { pageSize: 2 },
    ))

  test('so does a pagination loop', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      const page = [listedKey(addKey('ci-1'), { label: 'ci-1' })]
      answerList(sandbox, page, 'again', Infinity)
      const pruned = await main(PRUNE)
      expectFailure(pruned, 'the same next_cursor twice')
      expect(sandbox.requests).toHaveLength(2)
    }))
})

describe('what is reported', () => {
  test('a table of the candidates, the oldest first', () =>
    withAction('prune', async ({ main, addKey }) => {
      const newer = addKey('ci-1', { createdAt: daysBefore(8.52) })
      const older = addKey('ci-2', { createdAt: daysBefore(30.27) })
      const { summary } = await main(PRUNE)
      const rows = summary.split('\n').filter((line) => line.startsWith('| '))
      expect(rows).toEqual([
        '| Key ID | Label | Age | Reason | Result |',
        `| \`${older}\` | \`ci-2\` | 30 days | older than the limit | revoked |`,
        `| \`${newer}\` | \`ci-1\` | 8 days | older than the limit | revoked |`,
      ])
    }))

  test('or that there is none', () =>
    withAction('prune', async ({ main, addKey }) => {
      addKey('ci-1')
      const { outputs, outcome, summary } = await main(PRUNE)
      expect(outcome).toBe('success')
      expect(outputs).toEqual({ candidates: '[]', revoked_key_ids: '[]' })
      expect(summary).toContain('No key is stale')
    }))

  test('a label injects nothing into the log or the summary', () =>
    withAction('prune', async ({ main, addKey }) => {
      const label = 'ci-\n::warning::pwned\r\n##[error]x|<b>\n\n# Title\n- ci'
      addKey(label, OLD)
      const pruned = await main(PRUNE)
      expect(pruned.outcome).toBe('success')
      expect(messagesOf(pruned, 'warning')).toEqual([])
      expect(messagesOf(pruned, 'error')).toEqual([])
      expect(JSON.parse(pruned.outputs['candidates'] ?? '')).toMatchObject([{ label }])
      expect(pruned.summary.trim().split('\n')).toHaveLength(7)
      const [row = ''] = pruned.summary.split('\n').filter((line) => line.includes('pwned'))
      expect(row).toContain(' | `ci- ::warning::pwned ##[error]x\\|<b> # Title - ci` | ')
    }))

  test('a label stays in its line of the log, and moves neither cursor nor text', () =>
    withAction('prune', async ({ main, addKey }) => {
      const id = addKey('ci-\u001b[2K\r\u202eb\u0000\nc\u2028Revoked Management Key d', OLD)
      const { shown, lines } = await main(PRUNE)
      const revoked = shown.filter((line) => line.includes('Revoked'))
      expect(revoked).toEqual([
        `Revoked Management Key ${id} "ci- [2K b c Revoked Management Key d"`,
      ])
      expect(lines.join('')).not.toMatch(/[\p{Cc}\u2028\u202e]/u)
    }))

  test('secrets are masked first, and nothing leaks', () =>
    withAction('prune', async ({ main, addKey, sandbox }) => {
      const id = addKey('ci-1', OLD)
      const body = `No ${sandbox.orgKey}, no ${sandbox.workflowToken}, no mg_sandbox_another_key`
      sandbox.misbehave({ kind: 'status', status: 400, method: 'DELETE', path: id, body })
      const pruned = await main(PRUNE, { debug: true })
      expect(pruned.outcome).toBe('failure')
      expect(pruned.masks).toEqual([sandbox.orgKey, sandbox.workflowToken])
      expect(pruned.lines.slice(0, 2).every((line) => line.startsWith('::add-mask::'))).toBe(true)
      const keys = sandbox.keys().map(({ key }) => key)
      const secrets = [sandbox.orgKey, sandbox.workflowToken, ...keys, 'mg_sandbox_another_key']
      expect(findLeaks(pruned, secrets)).toEqual([])
    }))

  test('what is wrong with the inputs, at once and before any request', () =>
    withAction('prune', async ({ main, sandbox }) => {
      const refused = await main({
        label_pattern: '',
        max_revocations: '-1',
        dry_run: '?',
        'older-than': '7d',
      })
      expect(refused.outcome).toBe('failure')
      const error = messagesOf(refused, 'error').join('\n')
      expect(error).toContain('- older-than is not an input of this action; enter older_than ')
      for (const name of ['label_pattern', 'max_revocations', 'dry_run']) {
        expect(error).toContain(`- ${name} `)
      }
      expect(sandbox.requests).toEqual([])
    }))
})
