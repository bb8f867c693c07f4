import { describe, expect, test } from '@jest/globals'
import { ActionError, StrayKeysError } from '../../src/core/errors.js'
import type { MatchingKeys, Revocation } from '../../src/junction/client.js'
import type { ManagementKey } from '../../src/junction/responses.js'
import type { Phase } from '../../src/transaction/record.js'
import { recoverStrayKeys } from '../../src/transaction/recover.js'
import { revokeAll } from '../../src/transaction/revoke-all.js'
import { findStrayKeys, ownsLabel, revokeStrayKeys } from '../../src/transaction/stray-keys.js'
import {
  catchError,
  catchMessage,
  createFakeClock,
  createFakeJob,
  fakeApi,
  fakeFinding,
  fakeIntent,
  fakeKey,
  START,
  UPTIME,
} from '../support/fakes.js'

const RUN_ID = '7263548190'

function isoAt(time: number): string {
  return new Date(time).toISOString()
}

function idsOf(keys: readonly ManagementKey[]): readonly string[] {
  return keys.map(({ id }) => id)
}

describe('ownsLabel', () => {
  test.each([
    [RUN_ID, true],
    [`preview-${RUN_ID}`, true],
    [`${RUN_ID}-1`, true],
    [`run${RUN_ID}x`, true],
    [`1${RUN_ID}, ${RUN_ID}`, true],
    [`1${RUN_ID}`, false],
    [`${RUN_ID}0`, false],
    [`v1.${RUN_ID.slice(1)}`, false],
    ['preview-42', false],
  ])('a label %j is the run’s own: %s', (label, owned) => {
    expect(ownsLabel(label, RUN_ID, false)).toBe(owned)
  })

  test.each(['', ' ', '.', '.*', '\\d+', 'preview'])('no label belongs to the run %j', (runId) => {
    expect(ownsLabel('preview-42', runId, false)).toBe(false)
    expect(ownsLabel('', runId, false)).toBe(false)
  })

  test('every label is its own when it replaces', () => {
    expect(ownsLabel('preview-42', '', true)).toBe(true)
  })
})

describe('findStrayKeys', () => {
  const OWNED = fakeIntent({ ownsLabel: true })
  const FOREIGN = fakeIntent({ ownsLabel: false })

  test('takes every new key with its own label for its own, whatever the clocks say', () => {
    const times = [START, START - 86_400_000, START + 86_400_000].map(isoAt)
    const keys = [...times, 'yesterday', undefined].map((createdAt, index) =>
      fakeKey(`fake-${index}`, { createdAt }),
    )
    for (const serverTime of [START, START + 3_600_000, undefined]) {
      const found = fakeFinding({ keys, serverTime })
      expect(findStrayKeys(found, OWNED)).toEqual({ own: keys, ambiguous: [] })
    }
  })

  describe('leaves out what is older by both clocks, and names what is not its own', () => {
    /** The service is an hour ahead; the list is read 10 s after the transaction began. */
    const HOUR = 3_600_000
    test.each([
      ['long before by both', START - 300_001, UPTIME + 10_000, []],
      ['by clocks that may be wrong', START - 300_000, UPTIME + 10_000, ['fake-id']],
      ['long before by the service’s clock alone', START + 300_000, UPTIME + 10_000, ['fake-id']],
      ['since', START + HOUR, UPTIME + 10_000, ['fake-id']],
      ['before this machine was restarted', START - HOUR, UPTIME - 1, ['fake-id']],
    ])('%s', (_what, createdAt, receivedUptime, named) => {
      const found = fakeFinding({
        keys: [fakeKey('fake-id', { createdAt: isoAt(createdAt) })],
        serverTime: START + HOUR + 10_000,
        receivedAt: START + 10_000,
        receivedUptime,
      })
      const { own, ambiguous } = findStrayKeys(found, FOREIGN)
      expect([idsOf(own), idsOf(ambiguous)]).toEqual([[], named])
    })
  })

  test('ignores the keys that existed before and the delivered one', () => {
    const found = fakeFinding({
      // UUIDs are case-insensitive: a response may write them in capitals.
      keys: [fakeKey('known'), fakeKey('KNOWN'), fakeKey('Mine'), fakeKey('stray')],
      possible: [fakeKey('known'), fakeKey('mine'), fakeKey('possible')],
    })
    const transaction = { ...OWNED, knownIds: ['KNOWN'], keyId: 'MINE' }
    const { own, ambiguous } = findStrayKeys(found, transaction)
    expect([idsOf(own), idsOf(ambiguous)]).toEqual([['stray'], ['possible']])
  })

  test('is not sure of a key without teams, unless it is older', () => {
    const recent = fakeKey('recent', { teamIds: undefined })
    const undated = fakeKey('undated', { teamIds: undefined, createdAt: undefined })
    const near = fakeKey('near', { teamIds: undefined, createdAt: isoAt(START - 300_000) })
    const old = fakeKey('old', { teamIds: undefined, createdAt: isoAt(START - 300_001) })
    const found = fakeFinding({ possible: [recent, undated, near, old] })
    for (const transaction of [OWNED, FOREIGN]) {
      expect(findStrayKeys(found, transaction)).toEqual({
        own: [],
        ambiguous: [recent, undated, near],
      })
    }
  })
})

describe('revokeStrayKeys', () => {
  const journal = createFakeJob().openJournal(1)

  /** An API that finds these keys and refuses to revoke the ones named. */
  function createFakeApi(found: MatchingKeys, stubborn: readonly string[] = []) {
    const revoked: string[] = []
    const api = fakeApi({
      findKeys: async () => found,
      revokeKey: async (id) => {
        if (stubborn.includes(id)) throw new ActionError(`fake refusal of ${id}`)
        revoked.push(id)
        return { status: 'revoked' }
      },
    })
    return { api, revoked }
  }

  test('names those it could not revoke, and revokes the others', async () => {
    const keys = ['a', 'b', 'c'].map((id) => fakeKey(id))
    const { api, revoked } = createFakeApi(fakeFinding({ keys }), ['a', 'c'])
    const error = await catchError(() =>
      revokeStrayKeys(fakeIntent(), { api, journal, info: () => undefined }),
    )
    expect(error).toBeInstanceOf(StrayKeysError)
    expect(String(error)).toMatch(
      /a could not be revoked: fake refusal of a; c could not be revoked: fake refusal of c\. Revoke/,
    )
    expect(revoked).toEqual(['b'])
  })

  test('revokes its own before it names the ambiguous', async () => {
    const found = fakeFinding({
      keys: [fakeKey('own')],
      possible: [fakeKey('undated', { label: undefined })],
    })
    const { api, revoked } = createFakeApi(found)
    const message = await catchMessage(() =>
      revokeStrayKeys(fakeIntent(), { api, journal, info: () => undefined }),
    )
    expect(message).toMatch(/Management Key undated .* was created/)
    expect(revoked).toEqual(['own'])
  })
})

describe('recoverStrayKeys', () => {
  const clock = createFakeClock()
  const FOUND = fakeFinding({ keys: [fakeKey('a')] })
  const BOTH = fakeFinding({ keys: [fakeKey('a'), fakeKey('b')] })
  const named = (text: string, ids: readonly string[]) => ({
    reason: expect.stringContaining(`${text} (label`),
    ids,
  })
  const NAMED = named('a', ['a'])
  const UNCLEAR = {
    reason: expect.stringMatching(/could not determine whether it did: fake second/),
    ids: [],
  }

  /** What is reported after looks that find this, one after the other. */
  function recover(
    looks: readonly (MatchingKeys | Error)[],
    ownsLabel: boolean,
    failsToRevoke = 0,
    phase: Phase = 'intent',
  ) {
    let count = 0
    let revocations = 0
    const api = fakeApi({
      findKeys: async () => {
        const look = looks[count++] ?? fakeFinding()
        if (look instanceof Error) throw look
        return look
      },
      revokeKey: async () => {
        if (revocations++ < failsToRevoke) throw new Error('fake 500')
        return { status: 'revoked' }
      },
    })
    const journal = createFakeJob().openJournal(1)
    const ports = { api, clock, journal, info: () => undefined }
    return recoverStrayKeys(fakeIntent({ ownsLabel, phase }), ports)
  }

  test('expects no other key where the last request had a response', async () => {
    expect(await recover([], true, 0, 'created')).toEqual({ problems: [], mayAppear: false })
  })

  test('names no key that a later look has revoked', async () => {
    expect(await recover([FOUND, FOUND], true, 1)).toEqual({ problems: [], mayAppear: false })
    const { problems } = await recover([FOUND], true, 1)
    expect(problems).toEqual([{ reason: expect.stringContaining('fake 500'), ids: ['a'] }])
  })

  test.each([
    ['fails, then revokes the key', [new Error('fake'), FOUND], true, [], false],
    ['fails, then finds a key', [new Error('fake'), FOUND], false, [NAMED], false],
    ['fails, then finds none', [new Error('fake')], false, [], true],
    ['fails twice', [new Error('fake'), new Error('fake second')], false, [UNCLEAR], false],
    ['finds a key, then fails', [FOUND, new Error('fake second')], false, [NAMED, UNCLEAR], false],
    ['finds a key, then also another', [FOUND, BOTH], false, [named('a, b', ['a', 'b'])], false],
    [
      'finds two keys, then one of them',
      [BOTH, FOUND],
      false,
      [NAMED, named('a, b', ['b'])],
      false,
    ],
    ['finds a key, which then is not listed', [FOUND], false, [NAMED], false],
  ])(
    '%s: reports what the later look knows, and every key that was named',
    async (_what, looks, owns, problems, mayAppear) => {
      expect(await recover(looks, owns)).toEqual({ problems, mayAppear })
    },
  )
})

const IDS = Array.from({ length: 9 }, (_, index) => `key-${index}`)

const settle = () => new Promise((resolve) => setImmediate(resolve))

/** Revocations that are open until `end` is called with the ID and, for one that fails, a reason. */
function start() {
  const canceler = new AbortController()
  const open = new Map<string, (reason?: string) => void>()
  const begun: string[] = []
  const log: string[] = []
  const api = {
    revokeKey: (id: string) => {
      begun.push(id)
      return new Promise<Revocation>((resolve, reject) => {
        open.set(id, (reason) =>
          reason === undefined ? resolve({ status: 'revoked' }) : reject(new Error(reason)),
        )
      })
    },
  }
  const result = revokeAll(
    IDS.map((id) => ({ id })),
    { api, info: (line) => log.push(line), name: ({ id }) => id, cancellation: canceler.signal },
  )
  const end = async (id: string, reason?: string) => {
    open.get(id)?.(reason)
    await settle()
  }
  return { begun, log, end, result, cancel: () => canceler.abort() }
}

describe('revoking many keys', () => {
  test('takes six at the same time, and keeps the order of the list in the log and the outcomes', async () => {
    const { begun, log, end, result } = start()
    expect(begun).toEqual(IDS.slice(0, 6))
    await end('key-1')
    expect([begun.length, log]).toEqual([7, []])
    await end('key-0', 'fake reason')
    const first = ['Could not revoke key-0', 'Revoked key-1']
    expect([begun.length, log]).toEqual([8, first])
    for (const id of [...IDS.slice(0, 8).toReversed(), 'key-8']) await end(id)
    expect(log).toEqual([...first, ...IDS.slice(2).map((id) => `Revoked ${id}`)])
    expect((await result).map(({ id, status }) => `${id} ${status}`)).toEqual([
      'key-0 may still be active',
      ...IDS.slice(1).map((id) => `${id} revoked`),
    ])
  })

  test('begins no other after a cancellation, and finishes those under way', async () => {
    const { begun, end, result, cancel } = start()
    cancel()
    for (const id of IDS.slice(0, 6)) await end(id)
    expect(begun).toEqual(IDS.slice(0, 6))
    expect((await result).map(({ status }) => status)).toEqual([
      ...Array(6).fill('revoked'),
      ...Array(3).fill('may still be active'),
    ])
  })
})
