import { describe, expect, test } from '@jest/globals'
import { decodeRecord, encodeRecord, type TransactionRecord } from '../../src/transaction/record.js'

const TRANSACTION: TransactionRecord = {
  phase: 'created',
  revision: 3,
  revoke: 'always',
  previousIds: ['c'],
  replacedIds: ['d'],
  apiUrl: 'https://api.example/management',
  orgId: '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b',
  request: { label: 'preview-42', teamIds: ['3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5c'] },
  ownsLabel: true,
  began: 1_764_000_000_000,
  knownIds: ['a'],
  mayExist: false,
  keyId: 'b',
  githubApiUrl: 'https://api.github.com',
  secrets: [
    {
      destination: { kind: 'repository', repository: 'o/r', app: 'dependabot' },
      name: 'A',
      existed: false,
      status: 'created',
    },
    {
      destination: { kind: 'environment', repository: 'o/r', environment: 'preview/42 "x"' },
      name: 'B',
      existed: true,
      status: 'writing',
    },
    {
      destination: {
        kind: 'organization',
        org: 'o',
        app: 'actions',
        visibility: 'selected',
        repositories: ['r', 's'],
      },
      name: 'C',
      existed: true,
      status: 'updated',
    },
    {
      destination: {
        kind: 'organization',
        org: 'o',
        app: 'agents',
        visibility: undefined,
        repositories: [],
      },
      name: 'D',
      existed: false,
      status: 'pending',
    },
  ],
}

/** The record as the post step would find it if one field of it, or of its first secret, were another. */
function spoil(changes: object, secretChanges: object = {}): string {
  const [first, ...others] = TRANSACTION.secrets
  return JSON.stringify({
    ...TRANSACTION,
    secrets: [{ ...first, ...secretChanges }, ...others],
    ...changes,
  })
}

describe('the record of a transaction with secrets', () => {
  test('reads back as it was written', () => {
    expect(decodeRecord(encodeRecord(TRANSACTION))).toEqual(TRANSACTION)
    expect(decodeRecord(spoil({}))).toEqual(TRANSACTION)
  })

  test.each([
    [{ secrets: undefined }, {}],
    [{ secrets: {} }, {}],
    [{ secrets: [null] }, {}],
    [{ githubApiUrl: 7 }, {}],
    [{}, { status: 'done' }],
    [{}, { existed: 'no' }],
    [{}, { name: 7 }],
    [{}, { destination: { kind: 'repository', repository: 'o/r', app: 'x' } }],
  ])('is none with %j and a secret with %j', (changes, secretChanges) => {
    expect(decodeRecord(spoil(changes, secretChanges))).toBeUndefined()
  })
})
