import { describe, expect, test } from '@jest/globals'
import { ActionError, StrayKeysError } from '../../src/core/errors.js'
import type { ManagementApi, MatchingKeys } from '../../src/junction/client.js'
import type { ManagementKey } from '../../src/junction/responses.js'
import { encodeRecord, type TransactionRecord } from '../../src/transaction/record.js'
import { findStrayKeys, ownsLabel, revokeStrayKeys } from '../../src/transaction/stray-keys.js'
import {
  catchError,
  catchMessage,
  fakeFinding,
  fakeIntent,
  fakeJournal,
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

  /** The outcome for each key: revoked, named, or nothing. */
  const judge = (...given: Parameters<typeof findStrayKeys>) => {
    const { own, ambiguous } = findStrayKeys(...given)
    return { own: idsOf(own), ambiguous: idsOf(ambiguous) }
  }
  const OWN = { own: ['fake-id'], ambiguous: [] }
  const NAMED = { own: [], ambiguous: ['fake-id'] }
  const PASSED_OVER = { own: [], ambiguous: [] }

  describe('when the service’s clock differs from this machine’s', () => {
    /** The service is an hour ahead; the list is read 10 s after the transaction began. */
    const HOUR = 3_600_000
    const finding = (createdAt: number) =>
      fakeFinding({
        keys: [fakeKey('fake-id', { createdAt: isoAt(createdAt) })],
        serverTime: START + HOUR + 10_000,
        receivedAt: START + 10_000,
        receivedUptime: UPTIME + 10_000,
      })

    test.each([
      ['long before it began', START + HOUR - 300_001, PASSED_OVER],
      ['a few minutes before, by clocks that may be wrong', START + HOUR - 300_000, NAMED],
      ['a moment before, by clocks that may be wrong', START + HOUR - 251, NAMED],
      ['a moment before, by a clock that lags', START + HOUR - 250, OWN],
      ['when it began', START + HOUR, OWN],
      ['since it began', START + HOUR + 9_000, OWN],
      ['by this machine’s clock alone since it began', START + 5_000, NAMED],
      ['long before it began by either clock', START - 300_001, PASSED_OVER],
      ['between the two', START + 310_001, PASSED_OVER],
      ['after the list, by a clock that drifts', START + HOUR + 60_000, OWN],
    ])('uses the service’s clock: a key created %s', (_what, createdAt, judged) => {
      expect(judge(finding(createdAt), OWNED)).toEqual(judged)
    })
  })

  describe('when times are truncated to seconds', () => {
    /** Began 0.7 s after a whole second, and the list is read 1.3 s later. */
    const transaction = { ...OWNED, began: UPTIME + 700 }

    test.each([
      ['2026-01-02T03:04:00Z', OWN],
      ['2026-01-02T03:04:00', OWN],
      ['2026-01-02T03:04:00+00:00', OWN],
      ['2026-01-02T03:03:59Z', NAMED],
      ['2026-01-02T03:04:00.450Z', OWN],
      ['2026-01-02T03:04:00.449999Z', NAMED],
    ])('assumes the youngest possible time: %s', (createdAt, judged) => {
      const found = fakeFinding({
        keys: [fakeKey('fake-id', { createdAt })],
        serverTime: START + 2_000,
        receivedAt: START + 2_000,
        receivedUptime: UPTIME + 2_000,
      })
      expect(judge(found, transaction)).toEqual(judged)
    })
  })

  test('does not use this machine’s clock, which may have jumped back', () => {
    const found = fakeFinding({
      keys: [fakeKey('fake-id', { createdAt: isoAt(START) })],
      serverTime: START + 3_600_000,
      receivedAt: START - 60_000,
      receivedUptime: UPTIME + 3_600_000,
    })
    expect(judge(found, OWNED)).toEqual(OWN)
  })

  test('names every key when the machine was restarted in between', () => {
    const found = fakeFinding({
      keys: [fakeKey('fake-id', { createdAt: isoAt(START - 3_600_000) })],
      receivedUptime: UPTIME - 1,
    })
    expect(judge(found, OWNED)).toEqual(NAMED)
  })

  test('ignores the keys that existed before and the delivered one', () => {
    const found = fakeFinding({
      // UUIDs are case-insensitive: a response may write them in capitals.
      keys: [fakeKey('known'), fakeKey('KNOWN'), fakeKey('Mine'), fakeKey('stray')],
      possible: [fakeKey('known'), fakeKey('mine'), fakeKey('possible')],
    })
    const transaction = { ...OWNED, knownIds: ['known'], keyId: 'mine' }
    const { own, ambiguous } = findStrayKeys(found, transaction)
    expect([idsOf(own), idsOf(ambiguous)]).toEqual([['stray'], ['possible']])
  })

  test.each([
    ['an unreadable created_at', fakeKey('fake-id', { createdAt: 'yesterday' }), START],
    ['no created_at', fakeKey('fake-id', { createdAt: undefined }), START],
    ['no time in the response', fakeKey('fake-id'), undefined],
  ])('is not sure of a key with %s, even when the label is its own', (_what, key, serverTime) => {
    for (const transaction of [OWNED, FOREIGN]) {
      const sorted = findStrayKeys(fakeFinding({ keys: [key], serverTime }), transaction)
      expect(sorted).toEqual({ own: [], ambiguous: [key] })
    }
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

  test('is not sure of any key when the label is not its own', () => {
    const old = fakeKey('old', { createdAt: isoAt(START - 300_001) })
    const found = fakeFinding({ keys: [old, fakeKey('recent')] })
    expect(findStrayKeys(found, FOREIGN)).toEqual({ own: [], ambiguous: [fakeKey('recent')] })
    expect(findStrayKeys(found, OWNED)).toEqual({ own: [fakeKey('recent')], ambiguous: [] })
  })
})

describe('revokeStrayKeys', () => {
  const { journal } = fakeJournal()

  /** An API that finds these keys and refuses to revoke the ones named. */
  function createFakeApi(found: MatchingKeys, stubborn: readonly string[] = []) {
    const revoked: string[] = []
    const api: ManagementApi = {
      createKey: () => Promise.reject(new Error('not to be called')),
      findKeys: async () => found,
      revokeKey: async (id) => {
        if (stubborn.includes(id)) throw new ActionError(`fake refusal of ${id}`)
        revoked.push(id)
        return 'revoked'
      },
      listKeys: () => {
        throw new Error('not to be called')
      },
      isAccepted: () => Promise.reject(new Error('not to be called')),
    }
    return { api, revoked }
  }

  test('is silent when nothing is found', async () => {
    const { api, revoked } = createFakeApi(fakeFinding())
    const lines: string[] = []
    await revokeStrayKeys(fakeIntent(), {
      api,
      journal,
      info: (line) => lines.push(line),
    })
    expect([revoked, lines]).toEqual([[], []])
  })

  test('revokes its own keys and reports them', async () => {
    const { api, revoked } = createFakeApi(fakeFinding({ keys: [fakeKey('a'), fakeKey('b')] }))
    const lines: string[] = []
    await revokeStrayKeys(fakeIntent(), {
      api,
      journal,
      info: (line) => lines.push(line),
    })
    expect(revoked).toEqual(['a', 'b'])
    expect(lines).toEqual([
      expect.stringMatching(/^Revoked Management Key a,/),
      expect.stringMatching(/^Revoked Management Key b,/),
    ])
  })

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

  test('names those that may not be its own, and how to avoid the ambiguity', async () => {
    const { api, revoked } = createFakeApi(fakeFinding({ keys: [fakeKey('a'), fakeKey('b')] }))
    const look = () =>
      revokeStrayKeys(fakeIntent({ ownsLabel: false }), { api, journal, info: () => undefined })
    expect(await catchError(look)).toBeInstanceOf(StrayKeysError)
    expect(await catchMessage(look)).toMatch(
      /Management Keys a, b \(label "preview-42", same teams\) were created.*\$\{\{ github\.run_id \}\}.*if_exists: replace$/,
    )
    expect(revoked).toEqual([])
  })

  test('revokes its own before it names the ambiguous', async () => {
    const found = fakeFinding({
      keys: [fakeKey('undated', { createdAt: undefined }), fakeKey('own')],
    })
    const { api, revoked } = createFakeApi(found)
    const message = await catchMessage(() =>
      revokeStrayKeys(fakeIntent(), { api, journal, info: () => undefined }),
    )
    expect(message).toMatch(/Management Key undated .* was created/)
    expect(revoked).toEqual(['own'])
  })

  describe('while another step of the job looks for its own', () => {
    const BEGAN = UPTIME + 10_000
    const older = (createdAt = isoAt(START + 5_000)) =>
      fakeFinding({
        keys: [fakeKey('theirs', { createdAt })],
        receivedAt: START + 12_000,
        receivedUptime: UPTIME + 12_000,
        serverTime: START + 12_000,
      })
    const look = (changes: Partial<TransactionRecord>, found = older(), beforePost = true) => {
      const other = fakeIntent({ mayExist: true, ...changes })
      const note = JSON.stringify({
        action: 'other',
        pid: 2,
        writtenAt: BEGAN,
        record: encodeRecord(other),
      })
      const { api, revoked } = createFakeApi(found)
      const ports = { api, journal: fakeJournal([note]).journal, info: () => undefined, beforePost }
      return { revoked, done: revokeStrayKeys(fakeIntent({ began: BEGAN }), ports) }
    }

    test('leaves to it a key that is older than its own request', async () => {
      const { revoked, done } = look({})
      expect([await done, revoked]).toEqual([0, []])
    })

    test.each<[string, Partial<TransactionRecord>, MatchingKeys, boolean]>([
      ['the other step’s post step may be over', {}, older(), false],
      ['the other step has lost no response', { mayExist: false }, older(), true],
      ['the other step does not own the label', { ownsLabel: false }, older(), true],
      ['the other step knew it', { knownIds: ['theirs'] }, older(), true],
      ['it is too old for both', { began: BEGAN }, older(), true],
      ['its age is unknown', {}, older(''), true],
    ])('names it if %s', async (_why, changes, found, beforePost) => {
      const { revoked, done } = look(changes, found, beforePost)
      await expect(done).rejects.toThrow('theirs')
      expect(revoked).toEqual([])
    })
  })
})
