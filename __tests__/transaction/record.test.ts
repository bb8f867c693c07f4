import { describe, expect, test } from '@jest/globals'
import { decodeRecord, encodeRecord, type TransactionRecord } from '../../src/transaction/record.js'

const INTENT: TransactionRecord = {
  phase: 'intent',
  revision: 1,
  revoke: 'on_failure',
  apiUrl: 'https://fake.example/management',
  orgId: 'fake-org',
  request: { label: 'preview-42', teamIds: ['fake-team-a', 'fake-team-b'] },
  ownsLabel: true,
  began: 1_700_000_000_123,
  knownIds: ['fake-known-id'],
  mayExist: false,
  keyId: undefined,
  githubApiUrl: '',
  previousIds: ['fake-previous-id'],
  replacedIds: ['fake-replaced-id'],
  secrets: [],
}

const CREATED: TransactionRecord = { ...INTENT, phase: 'created', keyId: 'fake-key-id' }

describe('a transaction', () => {
  test.each<[string, TransactionRecord]>([
    ['intent', INTENT],
    ['created', CREATED],
    ['delivered', { ...CREATED, phase: 'delivered' }],
    ['done', { ...INTENT, phase: 'done' }],
    ['mayExist and not ownsLabel', { ...INTENT, mayExist: true, ownsLabel: false }],
    ['a hostile label', { ...INTENT, request: { label: ' "\\::%0A 鍵🔑', teamIds: ['fake'] } }],
    ['no known ids', { ...INTENT, knownIds: [] }],
  ])('survives the way through the state: %s', (_what, transaction) => {
    const text = encodeRecord(transaction)
    expect(decodeRecord(text)).toEqual(transaction)
  })

  test('is one line, as a state value should be', () => {
    const text = encodeRecord({ ...INTENT, request: { label: 'a\nb', teamIds: [] } })
    expect(text).not.toMatch(/[\r\n]/)
  })

  describe('when the text is not a record', () => {
    test.each(['', 'null', '[]', '7', '"intent"', '{}', '{"request":{}}', '{"phase":"intent"'])(
      'refuses %j',
      (text) => {
        expect(decodeRecord(text)).toBeUndefined()
      },
    )

    test.each<[string, readonly unknown[]]>([
      ['revision', [undefined, null, '1']],
      ['revoke', [undefined, null, 'sometimes']],
      ['replacedIds', [undefined, null, 'fake-id', [1]]],
      ['previousIds', [undefined, null, 'fake-id', [1]]],
      ['phase', [undefined, 'finished', 'Intent', 1, null]],
      ['apiUrl', [undefined, null, 7, ['https://fake.example']]],
      ['orgId', [undefined, null, 7]],
      ['request', [undefined, null, 'preview-42', ['preview-42']]],
      ['ownsLabel', [undefined, null, 'true', 1]],
      ['began', [undefined, null, '1700000000123']],
      ['knownIds', [undefined, null, 'fake-id', [1], ['fake-id', null], { 0: 'fake-id' }]],
      ['mayExist', [undefined, null, 'false', 0]],
      ['keyId', [null, 7, ['fake-key-id'], '', '.', '..', 'a b', 'a\nb']],
    ])('refuses every wrong %s', (field, values) => {
      for (const value of values) {
        const text = JSON.stringify({ ...CREATED, [field]: value })
        expect([value, decodeRecord(text)]).toEqual([value, undefined])
      }
    })

    test.each<[string, readonly unknown[]]>([
      ['label', [undefined, null, 7]],
      ['teamIds', [undefined, null, 'fake-team-a', [7]]],
    ])('refuses every wrong %s of the request', (field, values) => {
      for (const value of values) {
        const request = { ...CREATED.request, [field]: value }
        const text = JSON.stringify({ ...CREATED, request })
        expect([value, decodeRecord(text)]).toEqual([value, undefined])
      }
    })
  })

  test('refuses an ID longer than any', () => {
    const long = 'x'.repeat(200)
    expect(decodeRecord(encodeRecord({ ...CREATED, keyId: long }))?.keyId).toBe(long)
    for (const changes of [
      { keyId: `${long}x` },
      { knownIds: [`${long}x`] },
      { previousIds: [''] },
    ])
      expect(decodeRecord(encodeRecord({ ...CREATED, ...changes }))).toBeUndefined()
  })
})
