import { expect, test } from '@jest/globals'
import { isRecord, isStringList, parseJson } from '../../src/core/json.js'

test('parseJson reads JSON, and nothing else', () => {
  expect([' 7\n', 'null', '{"a":[1]}'].map(parseJson)).toEqual([7, null, { a: [1] }])
  for (const text of ['', '{', 'undefined', '<html>', "{'a':1}", '{} {}']) {
    expect(parseJson(text)).toBeUndefined()
  }
})

test('isRecord accepts objects alone', () => {
  expect([{}, { a: 1 }].every(isRecord)).toBe(true)
  expect([null, undefined, [], [{}], 'text', 7, true].some(isRecord)).toBe(false)
})

test('isStringList accepts arrays of strings alone', () => {
  expect([[], ['a', '']].every(isStringList)).toBe(true)
  expect([['a', 1], [null], {}, 'text', null, undefined].some(isStringList)).toBe(false)
})
