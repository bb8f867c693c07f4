import { describe, expect, test } from '@jest/globals'
import {
  decodeRecord,
  encodeRecord,
  refuseTooManySecrets,
  type SecretRecord,
  type TransactionRecord,
} from '../../src/transaction/record.js'

const INTENT: TransactionRecord = {
  phase: 'intent',
  apiUrl: 'https://fake.example/management',
  orgId: 'fake-org',
  request: { label: 'preview-42', teamIds: ['fake-team-a', 'fake-team-b'] },
  ownsLabel: true,
  began: 1_700_000_000_123,
  knownIds: ['fake-known-id'],
  mayExist: false,
  keyId: undefined,
  githubApiUrl: '',
  secrets: [],
}

/** Of one variable, with its name and the byte that ends it. */
const LINUX_LIMIT = 128 * 1024

function planSecrets(count: number): readonly SecretRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    destination: { kind: 'repository', repository: 'acme/widgets', app: 'actions' },
    ...{
      name: `FAKE_KEY_OF_A_SERVICE_${index}`,
      existed: true,
      updatedAt: `2026-01-02T03:04:05.${'0'.repeat(14)}+00:00`,
    },
    status: 'pending',
  }))
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
    expect(decodeRecord(text)).toStrictEqual(transaction)
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

  test('limits the size of IDs, and rejects a record with more', () => {
    const long = 'x'.repeat(200)
    for (const knownIds of [
      Array.from({ length: 20_000 }, (_, index) => `id-${index}`),
      Array.from({ length: 900 }, () => long),
    ]) {
      const text = encodeRecord({ ...CREATED, ownsLabel: true, knownIds })
      const kept = decodeRecord(text)?.knownIds ?? []
      expect(decodeRecord(text)?.ownsLabel).toBe(false)
      expect(text.length).toBeLessThan(24 * 1024)
      expect(kept.length).toBeLessThan(knownIds.length)
      expect(kept).toEqual(knownIds.slice(0, kept.length))
      expect(decodeRecord(JSON.stringify({ ...CREATED, knownIds }))).toBeUndefined()
    }
    expect(decodeRecord(encodeRecord({ ...CREATED, keyId: long }))?.keyId).toBe(long)
    expect(decodeRecord(encodeRecord({ ...CREATED, keyId: `${long}x` }))).toBeUndefined()
    expect(decodeRecord(encodeRecord({ ...CREATED, knownIds: [`${long}x`] }))).toBeUndefined()
  })

  test('leaves out the IDs that its secrets leave no room for', () => {
    const knownIds = Array.from({ length: 2_000 }, () => crypto.randomUUID())
    const record = { ...CREATED, knownIds, secrets: planSecrets(560) }
    expect(() => refuseTooManySecrets(record, record.secrets)).not.toThrow()
    const text = encodeRecord(record)
    expect(Buffer.byteLength(`STATE_transaction=${text}`)).toBeLessThan(LINUX_LIMIT)
    const kept = decodeRecord(text)
    expect(kept?.secrets).toEqual(record.secrets)
    expect(kept?.knownIds.length).toBeLessThan(500)
    expect(kept?.ownsLabel).toBe(false)
  })

  test('is refused, before any request, when its secrets alone are too many to save', () => {
    const refuse = (count: number, label = CREATED.request.label) => {
      const request = { ...CREATED.request, label }
      refuseTooManySecrets({ ...CREATED, request }, planSecrets(count))
    }
    expect(() => refuse(500)).not.toThrow()
    expect(() => refuse(1_000)).toThrow(
      /^secret_targets lists 1000 targets, more than the post step/,
    )
    // Bytes count, not characters.
    expect(() => refuse(500, '鍵'.repeat(20_000))).toThrow('secret_targets lists 500 targets')
  })

  test('drops unknown fields', () => {
    const request = { ...CREATED.request, value: 'mg_fake0000' }
    const text = JSON.stringify({ ...CREATED, request, key: 'mg_fake0000' })
    expect(decodeRecord(text)).toStrictEqual(CREATED)
  })
})
