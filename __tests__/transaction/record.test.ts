import { expect, test } from '@jest/globals'
import { decodeRecord } from '../../src/transaction/record.js'
import { fakeIntent } from '../support/fakes.js'

const SECRET = {
  destination: { kind: 'repository', repository: 'o/r', app: 'dependabot' },
  name: 'A',
  existed: false,
  status: 'created',
} as const

const RECORD = fakeIntent({
  phase: 'created',
  keyId: 'fake-key-id',
  knownIds: ['fake-known-id'],
  secrets: [SECRET],
})

const NO_IDS = [undefined, null, 'fake-id', [1], ['fake-id', null], { 0: 'fake-id' }, ['']]

test.each<[string, (value: unknown) => object, readonly unknown[]]>([
  ['revision', (revision) => ({ revision }), [undefined, null, '1']],
  ['revoke', (revoke) => ({ revoke }), [undefined, null, 'sometimes']],
  ['replacedIds', (replacedIds) => ({ replacedIds }), NO_IDS],
  ['previousIds', (previousIds) => ({ previousIds }), NO_IDS],
  ['knownIds', (knownIds) => ({ knownIds }), NO_IDS],
  ['phase', (phase) => ({ phase }), [undefined, 'finished', 'Intent', 1, null]],
  ['apiUrl', (apiUrl) => ({ apiUrl }), [undefined, null, 7, ['https://fake.example']]],
  ['githubApiUrl', (githubApiUrl) => ({ githubApiUrl }), [undefined, 7]],
  ['orgId', (orgId) => ({ orgId }), [undefined, null, 7]],
  ['request', (request) => ({ request }), [undefined, null, 'preview-42', ['preview-42']]],
  ['label', (label) => ({ request: { ...RECORD.request, label } }), [undefined, null, 7]],
  ['teamIds', (teamIds) => ({ request: { label: 'a', teamIds } }), [undefined, null, 'a', [7]]],
  ['ownsLabel', (ownsLabel) => ({ ownsLabel }), [undefined, null, 'true', 1]],
  ['began', (began) => ({ began }), [undefined, null, '1700000000123']],
  ['mayExist', (mayExist) => ({ mayExist }), [undefined, null, 'false', 0]],
  ['keyId', (keyId) => ({ keyId }), [null, 7, ['fake-key-id'], '', '.', '..', 'a b', 'a\nb']],
  ['secrets', (secrets) => ({ secrets }), [undefined, {}, [null]]],
  ['status', (status) => ({ secrets: [{ ...SECRET, status }] }), [undefined, 'done']],
  ['existed', (existed) => ({ secrets: [{ ...SECRET, existed }] }), [undefined, 'no']],
  ['name', (name) => ({ secrets: [{ ...SECRET, name }] }), [undefined, 7]],
  [
    'destination',
    (destination) => ({ secrets: [{ ...SECRET, destination }] }),
    [undefined, { ...SECRET.destination, app: 'x' }],
  ],
])('refuses every wrong %s', (_name, spoil, values) => {
  for (const value of values) {
    const text = JSON.stringify({ ...RECORD, ...spoil(value) })
    expect([value, decodeRecord(text)]).toEqual([value, undefined])
  }
})

test('refuses an ID longer than any', () => {
  const long = 'x'.repeat(200)
  const read = (changes: object) => decodeRecord(JSON.stringify({ ...RECORD, ...changes }))
  expect(read({ keyId: long })?.keyId).toBe(long)
  expect([read({ keyId: `${long}x` }), read({ knownIds: [`${long}x`] })]).toEqual([
    undefined,
    undefined,
  ])
})
