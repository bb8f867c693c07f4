import { describe, expect, test } from '@jest/globals'
import { judgeKeys, type PrunableKey } from '../../src/commands/prune-candidates.js'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const DAY = 86_400_000

function createKey(id: string, days: number) {
  return { id, label: id, teamIds: ['fake-team'], age: days * DAY, pullRequest: undefined }
}

/** The candidates and their reasons, in order. */
function select(
  keys: readonly PrunableKey[],
  rules: { readonly olderThanMs?: number; readonly supersededForMs?: number },
): readonly string[] {
  const all = { olderThanMs: undefined, supersededForMs: undefined, ...rules }
  return judgeKeys(keys, NOW, all).flatMap(({ id, reasons }) =>
    reasons.length === 0 ? [] : [`${id}: ${reasons.join(' ')}`],
  )
}

const OLDER_THAN_A_WEEK = { olderThanMs: 7 * DAY }

test('at the limit a key stays, a millisecond later it is revoked', () => {
  const keys = [createKey('at', 7), { ...createKey('over', 7), age: 7 * DAY + 1 }]
  expect(select(keys, OLDER_THAN_A_WEEK)).toEqual(['over: old'])
})

describe('newer keys', () => {
  const SUPERSEDED = { supersededForMs: DAY }

  /** A key of one label, so many days old. */
  function createSibling(id: string, days: number, others: Partial<PrunableKey> = {}) {
    return { ...createKey(id, days), label: 'production', ...others }
  }

  test('at the limit it stays, a millisecond later it goes', () => {
    const old = createSibling('old', 30)
    const young = createSibling('young', 1)
    expect(select([old, young], SUPERSEDED)).toEqual([])
    const over = { ...young, age: DAY + 1 }
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
    ['an unknown age', { age: undefined }],
    ['the same age', { age: 30 * DAY }],
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
})
