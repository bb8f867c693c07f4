import { describe, expect, test } from '@jest/globals'
import { ActionError, StrayKeysError } from '../../src/core/errors.js'
import type { ManagementKey } from '../../src/junction/answers.js'
import type { ManagementApi, MatchingKeys } from '../../src/junction/management-api.js'
import {
  listKnownIds,
  ownsLabel,
  settleStrayKeys,
  sortStrayKeys,
} from '../../src/junction/stray-keys.js'
import {
  catchError,
  catchMessage,
  fakeFinding,
  fakeIntent,
  fakeKey,
  START,
} from './support/fakes.js'

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

describe('listKnownIds', () => {
  const HOUR = 3_600_000

  test('names the keys that a later look could take for new, and no others', () => {
    const existing = fakeFinding({
      keys: [
        fakeKey('fresh', { createdAt: isoAt(START - HOUR + 1) }),
        fakeKey('old', { createdAt: isoAt(START - HOUR) }),
        fakeKey('undated', { createdAt: undefined }),
      ],
      doubtful: [
        fakeKey('doubtful', { createdAt: isoAt(START), teamIds: undefined }),
        fakeKey('old doubtful', { createdAt: isoAt(START - HOUR), teamIds: undefined }),
      ],
    })
    expect(listKnownIds(existing)).toEqual(['fresh', 'undated', 'doubtful'])
  })

  test('names all when the service does not tell its time', () => {
    const keys = [fakeKey('old', { createdAt: isoAt(START - 9 * HOUR) })]
    expect(listKnownIds(fakeFinding({ keys, serverTime: undefined }))).toEqual(['old'])
  })

  test('names a thousand at most, as a runner passes them in one variable', () => {
    const keys = Array.from({ length: 1_001 }, (_, index) => fakeKey(`fake-${index}`))
    expect(listKnownIds(fakeFinding({ keys }))).toHaveLength(1_000)
  })
})

describe('sortStrayKeys', () => {
  const OWNED = fakeIntent({ owned: true })
  const FOREIGN = fakeIntent({ owned: false })

  describe('when the service’s clock differs from this machine’s', () => {
    /** The service is an hour ahead; the list is answered 10 s after the transaction began. */
    const HOUR = 3_600_000
    const finding = (createdAt: number) =>
      fakeFinding({
        keys: [fakeKey('fake-id', { createdAt: isoAt(createdAt) })],
        serverTime: START + HOUR + 10_000,
        receivedAt: START + 10_000,
      })

    test.each([
      ['before it began', START + HOUR - 251, []],
      ['a moment before, by a clock that lags', START + HOUR - 250, ['fake-id']],
      ['when it began', START + HOUR, ['fake-id']],
      ['since it began', START + HOUR + 9_000, ['fake-id']],
      ['by this machine’s clock alone since it began', START + 5_000, []],
      ['after the list, by a clock that drifts', START + HOUR + 60_000, ['fake-id']],
    ])('judges by the service’s: a key made %s', (_what, createdAt, ids) => {
      expect(idsOf(sortStrayKeys(finding(createdAt), OWNED).own)).toEqual(ids)
    })
  })

  describe('when times are cut to seconds', () => {
    /** Began 0.7 s after a whole second, and the list is answered 1.3 s later. */
    const transaction = { ...OWNED, began: START + 700 }

    test.each([
      ['2026-01-02T03:04:00Z', ['fake-id']],
      ['2026-01-02T03:04:00', ['fake-id']],
      ['2026-01-02T03:04:00+00:00', ['fake-id']],
      ['2026-01-02T03:03:59Z', []],
      ['2026-01-02T03:04:00.450Z', ['fake-id']],
      ['2026-01-02T03:04:00.449999Z', []],
    ])('takes what is left out as young as it can be: %s', (createdAt, ids) => {
      const found = fakeFinding({
        keys: [fakeKey('fake-id', { createdAt })],
        serverTime: START + 2_000,
        receivedAt: START + 2_000,
      })
      expect(idsOf(sortStrayKeys(found, transaction).own)).toEqual(ids)
    })
  })

  test('takes no key for one of the future when this machine’s clock jumped back', () => {
    const found = fakeFinding({
      keys: [fakeKey('fake-id', { createdAt: isoAt(START) })],
      serverTime: START,
      receivedAt: START - 60_000,
    })
    expect(idsOf(sortStrayKeys(found, OWNED).own)).toEqual(['fake-id'])
  })

  test('passes over the keys that were there before and the one that was handed on', () => {
    const found = fakeFinding({
      keys: [fakeKey('known'), fakeKey('mine'), fakeKey('stray')],
      doubtful: [fakeKey('known'), fakeKey('mine'), fakeKey('doubtful')],
    })
    const transaction = { ...OWNED, knownIds: ['known'], keyId: 'mine' }
    const { own, unclear } = sortStrayKeys(found, transaction)
    expect([idsOf(own), idsOf(unclear)]).toEqual([['stray'], ['doubtful']])
  })

  test.each([
    ['an illegible created_at', fakeKey('fake-id', { createdAt: 'yesterday' }), START],
    ['no created_at', fakeKey('fake-id', { createdAt: undefined }), START],
    ['no time in the answer', fakeKey('fake-id'), undefined],
  ])('is not sure of a key with %s, even when the label is its own', (_what, key, serverTime) => {
    for (const transaction of [OWNED, FOREIGN]) {
      const sorted = sortStrayKeys(fakeFinding({ keys: [key], serverTime }), transaction)
      expect(sorted).toEqual({ own: [], unclear: [key] })
    }
  })

  test('is not sure of a key that does not say its teams, unless it is older', () => {
    const recent = fakeKey('recent', { teamIds: undefined })
    const undated = fakeKey('undated', { teamIds: undefined, createdAt: undefined })
    const old = fakeKey('old', { teamIds: undefined, createdAt: isoAt(START - 251) })
    const found = fakeFinding({ doubtful: [recent, undated, old] })
    for (const transaction of [OWNED, FOREIGN]) {
      expect(sortStrayKeys(found, transaction)).toEqual({ own: [], unclear: [recent, undated] })
    }
  })

  test('is not sure of any key when the label is not its own', () => {
    const old = fakeKey('old', { createdAt: isoAt(START - 251) })
    const found = fakeFinding({ keys: [old, fakeKey('recent')] })
    expect(sortStrayKeys(found, FOREIGN)).toEqual({ own: [], unclear: [fakeKey('recent')] })
    expect(sortStrayKeys(found, OWNED)).toEqual({ own: [fakeKey('recent')], unclear: [] })
  })
})

describe('settleStrayKeys', () => {
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
    }
    return { api, revoked }
  }

  test('is silent when nothing is found', async () => {
    const { api, revoked } = createFakeApi(fakeFinding())
    const lines: string[] = []
    await settleStrayKeys(api, fakeIntent(), (line) => lines.push(line))
    expect([revoked, lines]).toEqual([[], []])
  })

  test('revokes all that are its own and says so', async () => {
    const { api, revoked } = createFakeApi(fakeFinding({ keys: [fakeKey('a'), fakeKey('b')] }))
    const lines: string[] = []
    await settleStrayKeys(api, fakeIntent(), (line) => lines.push(line))
    expect(revoked).toEqual(['a', 'b'])
    expect(lines).toEqual([
      expect.stringMatching(/^Revoked Management Key a,/),
      expect.stringMatching(/^Revoked Management Key b,/),
    ])
  })

  test('names those it could not revoke, and revokes the others all the same', async () => {
    const keys = ['a', 'b', 'c'].map((id) => fakeKey(id))
    const { api, revoked } = createFakeApi(fakeFinding({ keys }), ['a', 'c'])
    const error = await catchError(() => settleStrayKeys(api, fakeIntent(), () => undefined))
    expect(error).toBeInstanceOf(StrayKeysError)
    expect(String(error)).toMatch(
      /a could not be revoked: fake refusal of a; c could not be revoked: fake refusal of c\. Revoke/,
    )
    expect(revoked).toEqual(['b'])
  })

  test('names those that may be somebody else’s and how to avoid the question', async () => {
    const { api, revoked } = createFakeApi(fakeFinding({ keys: [fakeKey('a'), fakeKey('b')] }))
    const settle = () => settleStrayKeys(api, fakeIntent({ owned: false }), () => undefined)
    expect(await catchError(settle)).toBeInstanceOf(StrayKeysError)
    expect(await catchMessage(settle)).toMatch(
      /Management Keys a, b were made with the label "preview-42".*\$\{\{ github\.run_id \}\}.*if_exists: replace$/,
    )
    expect(revoked).toEqual([])
  })

  test('revokes its own before it names the unclear', async () => {
    const found = fakeFinding({
      keys: [fakeKey('undated', { createdAt: undefined }), fakeKey('own')],
    })
    const { api, revoked } = createFakeApi(found)
    const message = await catchMessage(() => settleStrayKeys(api, fakeIntent(), () => undefined))
    expect(message).toContain('Management Key undated was made')
    expect(revoked).toEqual(['own'])
  })
})
