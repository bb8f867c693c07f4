import { describe, expect, test } from '@jest/globals'
import { ConnectionError, HttpStatusError } from '../../src/core/errors.js'
import type { PreparedSecret } from '../../src/github/prepare-secrets.js'
import type { SecretMetadata } from '../../src/github/secret-store.js'
import type { GitHubSecrets } from '../../src/github/secrets.js'
import { deliver } from '../../src/transaction/deliver.js'
import type { SecretRecord } from '../../src/transaction/record.js'
import { deleteCreated, takeBackSecrets } from '../../src/transaction/take-back.js'
import { Transaction } from '../../src/transaction/transaction.js'
import { writeSecrets } from '../../src/transaction/write-secrets.js'
import {
  catchMessage,
  createFakeClock,
  fakeIntent,
  fakeJournal,
  fakeKey,
  START,
} from '../support/fakes.js'

const HOUR = 3_600_000
const OLD = new Date(START - HOUR).toISOString()

function notCalled(): never {
  throw new Error('not to be called')
}

/** Secrets of which a test says what they do. */
function fakeSecrets(parts: Partial<GitHubSecrets>): GitHubSecrets {
  const none = {
    prepare: notCalled,
    write: notCalled,
    readMetadata: notCalled,
    remove: notCalled,
    findPresent: notCalled,
    removeAll: notCalled,
    hasEnvironment: notCalled,
    removeEnvironment: notCalled,
  }
  return { ...none, ...parts }
}

const DESTINATION = { kind: 'repository', repository: 'fake/repo', app: 'actions' } as const

function fakePrepared(name: string, updatedAt?: string): PreparedSecret {
  const store = {
    readSealingKey: notCalled,
    readMetadata: notCalled,
    listSelected: notCalled,
    write: notCalled,
    remove: notCalled,
  }
  const metadata = updatedAt === undefined ? undefined : { updatedAt, visibility: undefined }
  const target = { destination: DESTINATION, name }
  return { target, store, metadata, key: undefined, access: undefined }
}

function fakeRecord(overrides: Partial<SecretRecord> = {}): SecretRecord {
  const base = { destination: DESTINATION, name: 'A', existed: false, updatedAt: undefined }
  return { ...base, status: 'writing', ...overrides }
}

describe('writing', () => {
  test('saves the state of every secret before and after each write', async () => {
    const saved: string[] = []
    const secrets = fakeSecrets({
      write: async ({ metadata }, value) => {
        saved.push(`write ${value}`)
        return metadata === undefined ? 'created' : 'updated'
      },
    })
    await writeSecrets(secrets, 'fake value', [fakePrepared('A'), fakePrepared('B', OLD)], (all) =>
      saved.push(all.map(({ status }) => status).join(' ')),
    )
    expect(saved).toEqual([
      ...['pending pending', 'writing pending', 'write fake value'],
      ...['created pending', 'created writing', 'write fake value', 'created updated'],
    ])
  })

  const afterALoss = new HttpStatusError('fake', 403, undefined)
  afterALoss.mayHaveTakenEffect = true
  test.each<[string, unknown, SecretRecord['status']]>([
    ['a refusal', new HttpStatusError('fake', 403, undefined), 'pending'],
    ['no connection', new ConnectionError('fake', 'unreachable'), 'pending'],
    ['a rejection after a lost response', afterALoss, 'writing'],
    ['a lost response', new ConnectionError('fake', 'broken'), 'writing'],
    ['a mistake in the code', new TypeError('fake'), 'writing'],
  ])('stops at %s', async (_what, error, status) => {
    let records: readonly SecretRecord[] = []
    const secrets = fakeSecrets({ write: () => Promise.reject(error) })
    const write = () =>
      writeSecrets(secrets, 'fake value', [fakePrepared('A'), fakePrepared('B')], (all) => {
        records = all
      })
    expect(await catchMessage(write)).toBe('A in repo=fake/repo could not be written: fake')
    expect(records.map((record) => record.status)).toEqual([status, 'pending'])
  })
})

describe('rolling back', () => {
  /** Rolls back one secret in this state; returns the outcome. */
  async function takeBack(record: SecretRecord, metadata: SecretMetadata | undefined) {
    const secrets = fakeSecrets({
      readMetadata: async () => metadata,
      remove: async () => 'deleted',
    })
    const ports = { clock: createFakeClock(), warning: notCalled }
    const { deleted, holding } = await takeBackSecrets(secrets, [record], ports)
    return [...deleted.map(() => 'deleted'), ...holding.map(({ status }) => `holding: ${status}`)]
  }
  const dated = (updatedAt: string | undefined) => ({ updatedAt, visibility: undefined })
  const RECENT = new Date(START - 1_000).toISOString()

  test.each<[string, SecretRecord, SecretMetadata | undefined, readonly string[]]>([
    ['a new secret', fakeRecord({ status: 'created' }), dated(RECENT), ['deleted']],
    ['a new secret that may still come', fakeRecord(), undefined, ['deleted']],
    [
      'an overwritten one',
      fakeRecord({ existed: true, updatedAt: OLD, status: 'updated' }),
      undefined,
      ['holding: updated'],
    ],
    [
      'one with a later date',
      fakeRecord({ existed: true, updatedAt: OLD }),
      dated(RECENT),
      ['holding: updated'],
    ],
    ['one with its old date', fakeRecord({ existed: true, updatedAt: OLD }), dated(OLD), []],
    [
      'one with a date that may be of this write',
      fakeRecord({ existed: true, updatedAt: RECENT }),
      dated(RECENT),
      ['holding: writing'],
    ],
    [
      'one without a date',
      fakeRecord({ existed: true, updatedAt: OLD }),
      dated(undefined),
      ['holding: writing'],
    ],
    ['one that is gone', fakeRecord({ existed: true, updatedAt: OLD }), undefined, []],
    ['one that was not written', fakeRecord({ status: 'pending' }), undefined, []],
  ])('%s', async (_what, record, metadata, outcome) => {
    expect(await takeBack(record, metadata)).toEqual(outcome)
  })

  test.each([
    ['writing', ['pause', 'look', 'delete']],
    ['created', ['delete']],
  ] as const)('gives a write that is %s the time it may need', async (status, expected) => {
    const events: string[] = []
    const secrets = fakeSecrets({
      readMetadata: async () => void events.push('look'),
      remove: async () => {
        events.push('delete')
        return 'gone'
      },
    })
    const clock = createFakeClock(0, () => events.push('pause'))
    await takeBackSecrets(secrets, [fakeRecord({ status })], { clock, warning: notCalled })
    expect(events).toEqual(expected)
  })

  test('deletes what was created, and warns of what it cannot', async () => {
    const records = [
      fakeRecord({ name: 'A', status: 'created' }),
      fakeRecord({ name: 'B', status: 'created' }),
      fakeRecord({ name: 'C', status: 'created' }),
      fakeRecord({ name: 'D', existed: true, status: 'updated' }),
    ]
    const secrets = fakeSecrets({
      remove: async ({ name }) => {
        if (name === 'B') throw new HttpStatusError('fake 403', 403, undefined)
        return name === 'C' ? 'gone' : 'deleted'
      },
    })
    const warnings: string[] = []
    const ports = {
      clock: createFakeClock(),
      warning: (message: string) => void warnings.push(message),
    }
    const { deleted, holding } = await deleteCreated(secrets, records, ports)
    expect([deleted, holding].map((list) => list.map(({ name }) => name))).toEqual([['A'], ['B']])
    expect(warnings).toEqual(['B in repo=fake/repo could not be deleted or checked: fake 403'])
  })
})

describe('a delivery that fails, with a secret that cannot be checked', () => {
  const lost = new ConnectionError('fake reset', 'broken')

  /** `check` runs when the secret is to be checked. */
  function failToDeliver(lastCall: AbortController, check: () => void) {
    const transaction = new Transaction(fakeIntent(), {
      save: () => undefined,
      journal: fakeJournal().journal,
      timeoutMs: 30_000,
    })
    transaction.advance('created', { keyId: 'fake-id' })
    const secrets = fakeSecrets({
      write: () => Promise.reject(lost),
      remove: () => Promise.reject(lost),
      readMetadata: async () => {
        check()
        throw lost
      },
    })
    const key = { ...fakeKey('fake-id'), value: 'mg_fake' }
    const delivering = deliver(key, [fakePrepared('A', OLD)], transaction, {
      api: {
        createKey: notCalled,
        findKeys: notCalled,
        listKeys: notCalled,
        revokeKey: notCalled,
        isAccepted: notCalled,
      },
      clock: createFakeClock(),
      verify: undefined,
      secrets,
      info: () => undefined,
      warning: () => undefined,
      cancellation: new AbortController().signal,
      lastCall: lastCall.signal,
      publish: notCalled,
    })
    return { delivering, transaction }
  }

  test('keeps the key', async () => {
    const { delivering, transaction } = failToDeliver(new AbortController(), () => undefined)
    expect(await delivering).toMatchObject({ kind: 'kept' })
    expect(transaction.record.phase).toBe('kept')
  })

  test('leaves that to the post step when the last call cuts it short', async () => {
    const lastCall = new AbortController()
    const { delivering, transaction } = failToDeliver(lastCall, () => lastCall.abort())
    await expect(delivering).rejects.toThrow('fake reset')
    expect(transaction.record.phase).toBe('created')
  })
})
