import { describe, expect, test } from '@jest/globals'
import {
  judgeKeys,
  type PrunableKey,
  type PruneRules,
} from '../../src/commands/prune-candidates.js'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const DAY = 86_400_000
const UNREADABLE = undefined

/** A key this many days old; `undefined` for an unknown age. */
function createKey(id: string, days: number | undefined, pullRequest?: number) {
  const createdAt = days === undefined ? undefined : NOW - days * DAY
  return { id, label: id, teamIds: ['fake-team'], createdAt, pullRequest }
}

type Key = PrunableKey

const NO_RULES: PruneRules = {
  now: NOW,
  olderThanMs: undefined,
  supersededForMs: undefined,
  closedPullRequests: new Set(),
}

/** The candidates and their reasons, in order. */
function select(keys: readonly Key[], rules: Partial<PruneRules> = {}): readonly string[] {
  return judgeKeys(keys, { ...NO_RULES, ...rules }).flatMap(({ id, reasons }) =>
    reasons.length === 0 ? [] : [`${id}: ${reasons.join(' ')}`],
  )
}

const OLDER_THAN_A_WEEK = { olderThanMs: 7 * DAY }

describe('age', () => {
  test('a key is revoked when it is older than the limit, the oldest first', () => {
    const keys = [createKey('new', 1), createKey('old', 8), createKey('oldest', 800)]
    expect(select(keys, OLDER_THAN_A_WEEK)).toEqual(['oldest: old', 'old: old'])
  })

  test('at the limit it stays, a millisecond later it is revoked', () => {
    const keys = [createKey('at', 7), { ...createKey('over', 7), createdAt: NOW - 7 * DAY - 1 }]
    expect(select(keys, OLDER_THAN_A_WEEK)).toEqual(['over: old'])
  })

  test('an unknown age is never old', () => {
    const keys = [createKey('unreadable', UNREADABLE), createKey('future', -1000)]
    expect(select(keys, OLDER_THAN_A_WEEK)).toEqual([])
    expect(select([createKey('old', 8)], { ...OLDER_THAN_A_WEEK, now: undefined })).toEqual([])
  })

  test('without a limit nothing is old', () => {
    expect(select([createKey('old', 8000)])).toEqual([])
  })
})

describe('pull requests', () => {
  const closed = { closedPullRequests: new Set([1, 3]) }

  test('a key is revoked when its pull request is closed, regardless of its age', () => {
    const keys = [
      createKey('first', 0, 1),
      createKey('second', 900, 2),
      createKey('third', UNREADABLE, 3),
      createKey('none', 900),
      createKey('future', -5, 1),
    ]
    expect(select(keys, closed)).toEqual(['first: closed', 'third: closed', 'future: closed'])
  })

  test('with both rules, either is enough, and both are reported', () => {
    const keys = [createKey('closed', 1, 1), createKey('old', 9, 2), createKey('both', 8, 3)]
    expect(select(keys, { ...closed, ...OLDER_THAN_A_WEEK })).toEqual([
      'old: old',
      'both: old closed',
      'closed: closed',
    ])
  })
})

describe('newer keys', () => {
  const SUPERSEDED = { supersededForMs: DAY }

  /** A key of one label, so many days old. */
  function createSibling(id: string, days: number | undefined, others: Partial<PrunableKey> = {}) {
    return { ...createKey(id, days), label: 'production', ...others }
  }

  test('a key goes once a newer one has existed for so long, and the newest stays', () => {
    const keys = [createSibling('b', 20), createSibling('a', 2), createSibling('c', 30)]
    expect(select(keys, SUPERSEDED)).toEqual(['c: superseded', 'b: superseded'])
  })

  test('at the limit it stays, a millisecond later it goes', () => {
    const old = createSibling('old', 30)
    const young = createSibling('young', 1)
    expect(select([old, young], SUPERSEDED)).toEqual([])
    const over = { ...young, createdAt: NOW - DAY - 1 }
    expect(select([old, over], SUPERSEDED)).toEqual(['old: superseded'])
  })

  test('a newer key that is too young does not count, an older successor does', () => {
    const keys = [createSibling('old', 30), createSibling('next', 2), createSibling('new', 0)]
    expect(select(keys, SUPERSEDED)).toEqual(['old: superseded'])
  })

  test.each([
    ['another label', { label: 'staging' }],
    ['another team', { teamIds: ['other-team'] }],
    ['more teams', { teamIds: ['fake-team', 'other-team'] }],
    ['unknown teams', { teamIds: undefined }],
    ['no teams', { teamIds: [] }],
    ['an unreadable time', { createdAt: UNREADABLE }],
    ['a time in the future', { createdAt: NOW + 1 }],
    ['the same time', { createdAt: NOW - 30 * DAY }],
  ])('a key with %s supersedes none, and is superseded by none', (_, others) => {
    const keys = [createSibling('old', 30), createSibling('other', 2, others)]
    expect(select(keys, SUPERSEDED)).toEqual([])
    const older = { ...createSibling('other', 60), ...others }
    expect(select([createSibling('new', 30), older], SUPERSEDED)).toEqual([])
  })

  test('two keys whose teams are unknown have nothing to do with each other', () => {
    const teamIds = undefined
    const keys = [createSibling('a', 30, { teamIds }), createSibling('b', 2, { teamIds })]
    expect(select(keys, SUPERSEDED)).toEqual([])
  })

  test('the order of teams does not matter', () => {
    const keys = [
      createSibling('old', 30, { teamIds: ['a', 'b'] }),
      createSibling('new', 2, { teamIds: ['b', 'a', 'b'] }),
    ]
    expect(select(keys, SUPERSEDED)).toEqual(['old: superseded'])
  })

  test('the newest goes by another rule all the same, and each rule that holds is told', () => {
    const keys = [createSibling('old', 30), createSibling('new', 8)]
    expect(select(keys, { ...SUPERSEDED, ...OLDER_THAN_A_WEEK })).toEqual([
      'old: old superseded',
      'new: old',
    ])
  })

  test('without the service’s time none is superseded', () => {
    const keys = [createSibling('old', 30), createSibling('new', 2)]
    expect(select(keys, { ...SUPERSEDED, now: undefined })).toEqual([])
  })
})

test('each candidate has its age', () => {
  const rules = { ...NO_RULES, closedPullRequests: new Set([1]) }
  const keys = [createKey('a', 2, 1), createKey('b', UNREADABLE, 1), createKey('c', -2, 1)]
  const ages = judgeKeys(keys, rules).map(({ age }) => age)
  expect(ages).toEqual([2 * DAY, undefined, undefined])
})

describe('when a key that stays becomes stale', () => {
  test('is the first of its limits, by time alone', () => {
    const due = (rules: Partial<PruneRules>) =>
      judgeKeys(
        [createKey('a', 3), { ...createKey('b', 1), label: 'a' }, createKey('c', UNREADABLE)],
        { ...NO_RULES, ...rules },
      ).map((key) => (key.due === undefined ? undefined : (key.due - NOW) / DAY))
    expect(due({})).toEqual([undefined, undefined, undefined])
    expect(due(OLDER_THAN_A_WEEK)).toEqual([4, 6, undefined])
    expect(due({ ...OLDER_THAN_A_WEEK, supersededForMs: 2 * DAY })).toEqual([1, 6, undefined])
  })
})
