import { describe, expect, test } from '@jest/globals'
import { selectSuperseded } from '../../src/transaction/replace.js'
import { fakeKey } from '../support/fakes.js'

const OLD = fakeKey('old', { createdAt: '2026-01-01T00:00:00Z' })
const MIDDLE = fakeKey('middle', { createdAt: '2026-01-02T00:30:00+01:00' })
const NEW = fakeKey('new', { createdAt: '2026-01-02T00:00:00.000001Z' })
const UNDATED = fakeKey('undated', { createdAt: undefined })
const UNREADABLE = fakeKey('unreadable', { createdAt: 'yesterday' })

describe('selectSuperseded', () => {
  test('selects every key when none is retained, regardless of age', () => {
    const keys = [OLD, UNDATED, NEW, UNREADABLE]
    const { superseded, undated } = selectSuperseded(keys, 0)
    expect(new Set(superseded)).toEqual(new Set(keys))
    expect(superseded).toHaveLength(keys.length)
    expect(undated).toEqual([])
  })

  test.each([
    [1, [MIDDLE, OLD]],
    [2, [OLD]],
    [3, []],
    [4, []],
  ])('keeps the newest %d, regardless of the order', (retain, superseded) => {
    for (const keys of [
      [OLD, MIDDLE, NEW],
      [NEW, MIDDLE, OLD],
      [MIDDLE, NEW, OLD],
    ]) {
      expect(selectSuperseded(keys, retain)).toEqual({ superseded, undated: [] })
    }
  })

  test('neither counts nor selects keys of unknown age', () => {
    expect(selectSuperseded([UNDATED, OLD, UNREADABLE, NEW], 1)).toEqual({
      superseded: [OLD],
      undated: [UNDATED, UNREADABLE],
    })
  })

  test('keeps exactly that many when some are equally old', () => {
    const twins = ['a', 'b', 'c'].map((id) => fakeKey(id))
    const { superseded, undated } = selectSuperseded(twins, 2)
    expect([superseded.length, undated]).toEqual([1, []])
  })

  test('selects nothing without keys', () => {
    expect(selectSuperseded([], 0)).toEqual({ superseded: [], undated: [] })
    expect(selectSuperseded([], 3)).toEqual({ superseded: [], undated: [] })
  })

  test('does not change its argument', () => {
    const keys = [OLD, NEW]
    selectSuperseded(keys, 1)
    expect(keys).toEqual([OLD, NEW])
  })
})
