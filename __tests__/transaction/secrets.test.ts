import { describe, expect, test } from '@jest/globals'
import { CancelledError, ConnectionError, HttpStatusError } from '../../src/core/errors.js'
import { type Message, writeOut } from '../../src/core/message.js'
import type { PreparedSecret, SecretMetadata } from '../../src/github/prepare-secrets.js'
import type { GitHubSecrets } from '../../src/github/secrets.js'
import { deliver, writeSecrets } from '../../src/transaction/deliver.js'
import type { Phase, SecretRecord } from '../../src/transaction/record.js'
import { releaseSecrets } from '../../src/transaction/recover.js'
import { takeBackSecrets } from '../../src/transaction/take-back.js'
import { Transaction } from '../../src/transaction/transaction.js'
import {
  catchMessage,
  createFakeClock,
  createFakeJob,
  fake,
  fakeApi,
  fakeIntent,
  fakeKey,
  notCalled,
} from '../support/fakes.js'

const OLD = '2026-01-01T00:00:00Z'

const fakeSecrets = (parts: Partial<GitHubSecrets>) => fake<GitHubSecrets>(parts)

const DESTINATION = { kind: 'repository', repository: 'fake/repo', app: 'actions' } as const

function fakePrepared(name: string, updatedAt?: string): PreparedSecret {
  const metadata =
    updatedAt === undefined
      ? undefined
      : { updatedAt, ageMs: 0, isFirst: true, visibility: undefined }
  const target = { destination: DESTINATION, name }
  return { target, metadata, key: undefined, access: undefined }
}

function fakeRecord(overrides: Partial<SecretRecord> = {}): SecretRecord {
  const base = { destination: DESTINATION, name: 'A', existed: false }
  return { ...base, status: 'writing', ...overrides }
}

function openTransaction(prepared: readonly PreparedSecret[]) {
  const saved: string[] = []
  const transaction = new Transaction(fakeIntent(), {
    save: ({ secrets }) => saved.push(secrets.map(({ status }) => status).join(' ')),
    journal: createFakeJob().openJournal(1),
  })
  transaction.begin({
    secrets: prepared.map(({ target: { name }, metadata }) =>
      fakeRecord({ name, existed: metadata !== undefined, status: 'pending' }),
    ),
  })
  transaction.advance('created', { keyId: 'fake-id' })
  saved.length = 0
  return { transaction, saved }
}

describe('writing', () => {
  const journal = createFakeJob().openJournal(1)
  const uncancelled = { cancellation: new AbortController().signal, journal }

  /** Writes secrets that are answered only when all that can be open are; returns which were open together. */
  async function watchWrites(prepared: readonly PreparedSecret[], refused?: string) {
    const open = new Map<string, (error?: Error) => void>()
    const batches: string[] = []
    const secrets = fakeSecrets({
      write: ({ target, metadata }) =>
        new Promise((resolve, reject) => {
          const done = metadata === undefined ? 'created' : 'updated'
          open.set(target.name, (error) => (error ? reject(error) : resolve(done)))
        }),
    })
    const { transaction } = openTransaction(prepared)
    const writing = writeSecrets(secrets, 'fake', prepared, transaction, uncancelled)
    const ended = writing.then(() => '', String)
    for (let idle = 0; idle < 3; idle += 1) {
      await new Promise(setImmediate)
      if (open.size === 0) continue
      idle = 0
      batches.push([...open.keys()].join(' '))
      const [[name, end] = ['', () => undefined]] = open
      open.delete(name)
      end(name === refused ? new HttpStatusError('fake 403', 403, undefined) : undefined)
    }
    return { batches, error: await ended, records: transaction.record.secrets }
  }

  test('has four open at the most, new secrets first, and the first overwritten by itself', async () => {
    const names = ['A', 'B', 'C', 'D', 'E']
    const existing = ['x', 'y', 'z'].map((name) => fakePrepared(name, OLD))
    const { batches, error } = await watchWrites([
      ...existing,
      ...names.map((n) => fakePrepared(n)),
    ])
    expect(error).toBe('')
    expect(batches).toEqual([...['A B C D', 'B C D E', 'C D E', 'D E', 'E'], ...['x', 'y z', 'z']])
  })

  test('begins no other after a failure, and waits for those that are open', async () => {
    const names = ['A', 'B', 'C', 'D', 'E', 'F']
    const { batches, error, records } = await watchWrites(
      names.map((name) => fakePrepared(name)),
      'A',
    )
    expect(batches).toEqual(['A B C D', 'B C D', 'C D', 'D'])
    expect(error).toMatch('A in repo=fake/repo could not be written: fake 403')
    expect(records.map(({ status }) => status)).toEqual([
      ...['pending', 'created', 'created', 'created', 'pending', 'pending'],
    ])
  })

  test('may have been done where the code has a mistake', async () => {
    const prepared = [fakePrepared('A')]
    const { transaction } = openTransaction(prepared)
    const secrets = fakeSecrets({ write: () => Promise.reject(new TypeError('fake')) })
    const write = () => writeSecrets(secrets, 'fake', prepared, transaction, uncancelled)
    expect(await catchMessage(write)).toContain('A in repo=fake/repo could not be written: fake')
    expect(transaction.record.secrets).toMatchObject([{ status: 'writing' }])
  })

  test('begins none once the step is cancelled', async () => {
    const cancellation = AbortSignal.abort()
    const prepared = [fakePrepared('A')]
    const { transaction, saved } = openTransaction(prepared)
    const write = () =>
      writeSecrets(fakeSecrets({}), 'fake', prepared, transaction, { cancellation, journal })
    expect(await catchMessage(write)).toBe('The step was canceled')
    expect(saved).toEqual([])
  })
})

describe('rolling back', () => {
  test.each([
    ['writing', ['pause', 'delete']],
    ['created', ['delete']],
  ] as const)('gives a write that is %s the time it may need', async (status, expected) => {
    const events: string[] = []
    const secrets = fakeSecrets({
      remove: async () => {
        events.push('delete')
        return 'gone'
      },
    })
    const clock = createFakeClock(0, () => events.push('pause'))
    await takeBackSecrets(secrets, [fakeRecord({ status })], { clock, warning: notCalled })
    expect(events).toEqual(expected)
  })

  test('goes on when the last call ends that time', async () => {
    const secrets = fakeSecrets({ remove: async () => 'deleted' })
    const clock = createFakeClock(0, () => {
      throw new CancelledError('fake')
    })
    const undone = await takeBackSecrets(secrets, [fakeRecord()], { clock, warning: notCalled })
    expect(undone).toEqual({ deleted: [fakeRecord()], holding: [] })
  })

  test('deletes what was created, and warns of what it cannot', async () => {
    const created = ['A', 'B', 'C', 'E'].map((name) => fakeRecord({ name, status: 'created' }))
    const records = [...created, fakeRecord({ name: 'D', status: 'pending' })]
    const secrets = fakeSecrets({
      remove: async ({ name }) => {
        if (name === 'B') throw new HttpStatusError('fake 403', 403, undefined)
        if (name === 'E') throw new ConnectionError('fake reset', 'broken')
        return name === 'C' ? 'gone' : 'deleted'
      },
    })
    const warnings: string[] = []
    const warning = (message: Message) => void warnings.push(writeOut(message))
    const { deleted, holding } = await takeBackSecrets(secrets, records, {
      clock: createFakeClock(),
      warning,
    })
    expect([...deleted, ...holding].map(({ name, status }) => [name, status])).toEqual([
      ['A', 'created'],
      ['B', 'created'],
      // Without a response, it may be deleted.
      ['E', 'writing'],
    ])
    expect(warnings).toEqual([
      '2 secrets could not be deleted:\n- B in repo=fake/repo: fake 403\n- E in repo=fake/repo: fake reset',
    ])
  })
})

describe('a post step that is to revoke the key', () => {
  const NOW = '2026-01-01T12:00:00Z'
  const HOUR_MS = 3_600_000
  const none = { isOverwritten: () => false, quietMs: 0 }

  /** Where a secret ends up whose write ended so, given GitHub's marks. */
  async function release(
    secret: Partial<SecretRecord>,
    found: Partial<SecretMetadata> | Error,
    journal: Parameters<typeof releaseSecrets>[2] = none,
    phase: Phase = 'created',
  ) {
    const metadata = { updatedAt: NOW, ageMs: 1_000, isFirst: true, visibility: undefined }
    const secrets = fakeSecrets({
      remove: async () => 'deleted',
      readMetadata: async () => {
        if (found instanceof Error) throw found
        return { ...metadata, ...found }
      },
    })
    const record = fakeIntent({ phase, secrets: [fakeRecord(secret)] })
    const ports = { clock: createFakeClock(), warning: () => undefined }
    const lists = Object.entries(await releaseSecrets(record, secrets, journal, ports))
    return lists.flatMap(([name, list]) => (list.length > 0 ? [name] : []))
  }

  const killed = { ...none, quietMs: HOUR_MS }
  const briefly = { ...none, quietMs: HOUR_MS / 2 }
  const later = { isOverwritten: () => true, quietMs: 0 }
  const unread = new Error('fake 403')
  const done = { status: 'created', updatedAt: NOW } as const
  const before = { ...done, updatedAt: OLD }
  const updated = { existed: true, status: 'updated' } as const

  test.each<[string, string, ...Parameters<typeof release>]>([
    ['deleted', 'under way, and its own', {}, {}],
    ['deleted', 'under way, of unknown age', {}, { ageMs: undefined }, killed],
    ['deleted', 'done, with its own mark', done, { isFirst: false }],
    ['deleted', 'as old as the silence of main', {}, { ageMs: HOUR_MS }, killed],
    ['deleted', 'within the time that a write may take', {}, {}, briefly],
    ['foreign', 'long after main was killed', {}, {}, killed],
    ['foreign', 'long after main was killed, over an old one', { existed: true }, {}, killed],
    ['foreign', 'with another mark', before, {}],
    ['foreign', 'with another mark, delivered', before, {}, none, 'delivered'],
    ['foreign', 'written by a later step', { status: 'created' }, {}, later],
    [
      'foreign',
      'written by a later step, delivered',
      { status: 'created' },
      {},
      later,
      'delivered',
    ],
    ['holding', 'written twice', {}, { isFirst: false }],
    ['holding', 'written twice, delivered', {}, { isFirst: false }, none, 'delivered'],
    ['holding', 'without a mark', done, { updatedAt: undefined }],
    ['holding', 'without a mark, delivered', done, { updatedAt: undefined }, none, 'delivered'],
    ['holding', 'not to be read', done, unread],
    ['holding', 'not to be read, delivered', done, unread, none, 'delivered'],
    ['overwritten', 'an old one, delivered', updated, { isFirst: false }, none, 'delivered'],
  ])('ends up as %s: a secret %s', async (list, _what, ...given) => {
    expect(await release(...given)).toEqual([list])
  })
})

type DeliveryPorts = Parameters<typeof deliver>[3]

/** What a delivery needs, as far as a test does not say. */
function fakeDelivery(parts: Partial<DeliveryPorts>): DeliveryPorts {
  return {
    api: fakeApi({}),
    journal: createFakeJob().openJournal(1),
    clock: createFakeClock(),
    verifyClock: undefined,
    superseded: [],
    secrets: undefined,
    info: () => undefined,
    warning: () => undefined,
    cancellation: new AbortController().signal,
    lastCall: new AbortController().signal,
    publish: notCalled,
    ...parts,
  }
}

const NEW_KEY = { ...fakeKey('fake-id'), value: 'mg_fake' }

describe('a delivery', () => {
  /** What it does when the job ends at one of its effects: the step is cancelled, or a post step notes something. */
  async function deliverUntil(
    effect: string,
    end: 'cancelled' | 'post',
    prepared: readonly PreparedSecret[],
  ) {
    const { transaction } = openTransaction(prepared)
    const effects: string[] = []
    const cancellation = new AbortController()
    const note = (done: string) => {
      effects.push(done)
      if (done === effect && end === 'cancelled') cancellation.abort()
    }
    const refuseAfterPost = () => {
      if (effects.includes(effect) && end === 'post') throw new CancelledError('fake end')
    }
    note('create')
    await deliver(
      NEW_KEY,
      prepared,
      transaction,
      fakeDelivery({
        api: fakeApi({
          isAccepted: async () => note('verify') === undefined,
          revokeKey: async () => {
            note('revoke')
            return { status: 'revoked' }
          },
        }),
        secrets: fakeSecrets({
          write: async ({ target }) => note(`write ${target.name}`) ?? 'created',
          remove: async ({ name }) => note(`delete ${name}`) ?? 'deleted',
        }),
        journal: { refuseAfterPost },
        verifyClock: createFakeClock(),
        cancellation: cancellation.signal,
        publish: () => note('publish'),
      }),
    )
    return effects.slice(1).join(', ')
  }

  const created = fakePrepared('A')
  const both = [fakePrepared('B', OLD), created]

  test.each([
    ['create', 'cancelled', [], 'revoke'],
    ['create', 'post', [], 'revoke'],
    ['verify', 'cancelled', [], 'verify, revoke'],
    ['verify', 'post', both, 'verify, revoke'],
    ['write A', 'cancelled', both, 'verify, write A, delete A, revoke'],
    ['write A', 'post', both, 'verify, write A, delete A, revoke'],
    ['write A', 'post', [created], 'verify, write A, delete A, revoke'],
  ] as const)('goes on or back after %s: %s', async (effect, end, prepared, effects) => {
    expect(await deliverUntil(effect, end, prepared)).toBe(effects)
  })
})

describe('a delivery that fails, with a secret that cannot be deleted', () => {
  const lost = new ConnectionError('fake reset', 'broken')

  function failToDeliver(prepared: PreparedSecret, lastCall: AbortSignal) {
    const { transaction } = openTransaction([prepared])
    const secrets = fakeSecrets({
      write: () => Promise.reject(lost),
      remove: () => Promise.reject(lost),
    })
    const ports = fakeDelivery({ secrets, lastCall })
    const delivering = deliver(NEW_KEY, [prepared], transaction, ports)
    return { delivering, transaction }
  }

  test.each([
    ['keeps the key', fakePrepared('A'), new AbortController().signal, 'kept'],
    ['keeps that of an overwritten one', fakePrepared('A', OLD), AbortSignal.abort(), 'kept'],
    [
      'leaves a new one to the post step after the last call',
      fakePrepared('A'),
      AbortSignal.abort(),
      'created',
    ],
  ])('%s', async (_what, prepared, lastCall, phase) => {
    const { delivering, transaction } = failToDeliver(prepared, lastCall)
    expect(await delivering).toMatchObject({ reason: { cause: lost }, holding: [{ name: 'A' }] })
    expect(transaction.record.phase).toBe(phase)
  })
})
