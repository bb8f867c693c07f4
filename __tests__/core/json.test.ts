import { describe, expect, test } from '@jest/globals'
import { isRecord, isStringList, parseJson } from '../../src/core/json.js'

describe('parseJson', () => {
  test.each([
    ['{"a":[1]}', { a: [1] }],
    ['null', null],
    ['"text"', 'text'],
    [' 7\n', 7],
  ])('parses %s', (text, value) => {
    expect(parseJson(text)).toEqual(value)
  })

  test.each(['', '{', '{"a":1', 'undefined', '<html>', "{'a':1}", '{} {}'])(
    'gives nothing for %j',
    (text) => {
      expect(parseJson(text)).toBeUndefined()
    },
  )
})

describe('isRecord', () => {
  test.each([{}, { a: 1 }])('accepts %j', (value) => {
    expect(isRecord(value)).toBe(true)
  })

  test.each([null, undefined, [], [{}], 'text', 7, true])('rejects %j', (value) => {
    expect(isRecord(value)).toBe(false)
  })
})

describe('isStringList', () => {
  test.each([[[]], [['a']], [['a', '']]])('accepts %j', (value) => {
    expect(isStringList(value)).toBe(true)
  })

  test.each([[['a', 1]], [[null]], [{}], ['text'], [null], [undefined]])('rejects %j', (value) => {
    expect(isStringList(value)).toBe(false)
  })
})
