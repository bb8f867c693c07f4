import { describe, expect, test } from '@jest/globals'
import {
  ActionError,
  CancelledError,
  ConnectionError,
  HttpStatusError,
  StrayKeysError,
  UnreadableResponseError,
} from '../../src/core/errors.js'
import type { ManagementApi, MatchingKeys } from '../../src/junction/client.js'
import type { NewManagementKey } from '../../src/junction/responses.js'
import { type MintPorts, mintKey, revokeUndelivered } from '../../src/transaction/mint.js'
import type { TransactionRecord } from '../../src/transaction/record.js'
import { Transaction } from '../../src/transaction/transaction.js'
import {
  catchError,
  createFakeClock,
  createFakeJob,
  fakeFinding,
  fakeIntent,
  fakeKey,
  START,
  UPTIME,
} from '../support/fakes.js'

const KEY: NewManagementKey = { ...fakeKey('fake-key-id'), value: 'mg_fake_new_key' }
const REFUSED_CONNECTION = new ConnectionError('fake: no connection', 'unreachable')
const LOST_ANSWER = new ConnectionError('fake: answer lost', 'broken')
const TOO_MANY = new HttpStatusError('fake 429', 429, undefined)
const UNREADABLE = new UnreadableResponseError('fake: no key in it', 'unreadable-id')

interface Script {
  /** The results of the create requests, in order. */
  readonly creates: readonly (NewManagementKey | Error)[]
  /** The results of the searches, in order; then nothing. */
  readonly finds?: readonly (MatchingKeys | Error)[]
  /** Throws if a key must not be revoked. */
  readonly onRevoke?: (id: string) => void
  /** Throws if a state must not be saved. */
  readonly onSave?: (record: TransactionRecord) => void
  readonly onSleep?: (milliseconds: number) => void
  readonly random?: number
}

/** Scripted ports that record everything, in order. */
function createPorts(script: Script) {
  const journal: string[] = []
  const saved: TransactionRecord[] = []
  const counts = { creates: 0, finds: 0 }
  const api: ManagementApi = {
    createKey: async (request, attempt) => {
      journal.push(`create ${request.label} #${attempt}`)
      const outcome = script.creates[counts.creates]
      counts.creates += 1
      if (outcome === undefined) throw new Error('no create was left in the script')
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    findKeys: async (request) => {
      journal.push(`find ${request.label}`)
      const outcome = script.finds?.[counts.finds] ?? fakeFinding()
      counts.finds += 1
      if (outcome instanceof Error) throw outcome
      return outcome
    },
    revokeKey: async (id) => {
      journal.push(`revoke ${id}`)
      script.onRevoke?.(id)
      return 'revoked'
    },
    listKeys: () => {
      throw new Error('not to be called')
    },
    isAccepted: () => Promise.reject(new Error('not to be called')),
  }
  const jobJournal = createFakeJob().openJournal(1)
  const ports: MintPorts = {
    api,
    journal: jobJournal,
    clock: createFakeClock(script.random, (milliseconds) => {
      journal.push(`sleep ${milliseconds}`)
      script.onSleep?.(milliseconds)
    }),
    info: (message) => journal.push(`info ${message}`),
    mask: (secret) => journal.push(`mask ${secret}`),
  }
  const save = (record: TransactionRecord) => {
    const { phase, mayExist, keyId } = record
    journal.push(
      `save ${phase}${mayExist ? ' may-exist' : ''}${keyId === undefined ? '' : ` ${keyId}`}`,
    )
    script.onSave?.(record)
    saved.push(record)
  }
  /** The journal without the lines of the log. */
  const effects = () => journal.filter((line) => !line.startsWith('info '))
  const infos = () => journal.filter((line) => /^info (?!Received)/.test(line))
  return { ports, save, saved, effects, infos }
}

function play(script: Script, intent = fakeIntent()) {
  const created = createPorts(script)
  const transaction = new Transaction(intent, {
    save: created.save,
    journal: createFakeJob().openJournal(1),
  })
  const mint = async () => {
    transaction.begin({})
    return mintKey(transaction, created.ports)
  }
  return { ...created, transaction, mint }
}

describe('mintKey', () => {
  test('saves the intent, creates, masks, and only then saves the id', async () => {
    const { mint, effects, infos, saved, transaction } = play({ creates: [KEY] })
    expect(await mint()).toBe(KEY)
    expect(effects()).toEqual([
      'save intent',
      'create preview-42 #1',
      'mask mg_fake_new_key',
      'save created fake-key-id',
    ])
    expect(infos()).toEqual([])
    expect(transaction.record).toEqual({
      ...fakeIntent({ revision: 2 }),
      phase: 'created',
      keyId: 'fake-key-id',
    })
    expect(saved).toEqual([fakeIntent(), transaction.record])
  })

  test('never saves or logs the key itself', async () => {
    const { mint, saved, infos } = play({
      creates: [TOO_MANY, LOST_ANSWER, UNREADABLE, KEY],
      finds: [fakeFinding({ keys: [fakeKey('stray')] })],
    })
    await mint()
    expect(JSON.stringify([saved, infos()])).not.toContain(KEY.value)
  })

  test('creates nothing when the intent cannot be saved', async () => {
    const failure = new Error('fake: disk full')
    const { mint, effects } = play({
      creates: [KEY],
      onSave: () => {
        throw failure
      },
    })
    expect(await catchError(mint)).toBe(failure)
    expect(effects()).toEqual(['save intent'])
  })

  describe('when the create request certainly had no effect', () => {
    test.each<[string, Error]>([
      ['no connection', REFUSED_CONNECTION],
      ['429', TOO_MANY],
    ])('waits and tries again without a search: %s', async (_what, error) => {
      const { mint, effects, infos, transaction } = play({ creates: [error, error, KEY] })
      await mint()
      expect(effects()).toEqual([
        'save intent',
        'create preview-42 #1',
        'sleep 250',
        'create preview-42 #2',
        'sleep 500',
        'create preview-42 #3',
        'mask mg_fake_new_key',
        'save created fake-key-id',
      ])
      expect(infos()).toEqual([
        `info Attempt 1 of 5: ${error.message}. Trying again`,
        `info Attempt 2 of 5: ${error.message}. Trying again`,
      ])
      expect(transaction.record.mayExist).toBe(false)
    })

    test('waits as long as the service asks', async () => {
      const error = new HttpStatusError('fake 429', 429, 17_000)
      const { mint, effects } = play({ creates: [error, KEY] })
      await mint()
      expect(effects()).toContain('sleep 17000')
    })

    test('is done after five attempts', async () => {
      const { mint, effects, infos } = play({ creates: Array.from({ length: 6 }, () => TOO_MANY) })
      expect(await catchError(mint)).toBe(TOO_MANY)
      expect(effects().filter((line) => line.startsWith('create'))).toHaveLength(5)
      expect(effects().slice(-2)).toEqual(['create preview-42 #5', 'save done'])
      expect(infos().at(-1)).toBe('info Attempt 5 of 5: fake 429. Giving up')
    })

    test('is done at once when Retry-After is too long', async () => {
      const error = new HttpStatusError('fake 429', 429, 120_001)
      const { mint, effects } = play({ creates: [error, KEY] })
      expect(await catchError(mint)).toBe(error)
      expect(effects()).toEqual(['save intent', 'create preview-42 #1', 'save done'])
    })
  })

  describe('when the create request is rejected', () => {
    test.each<[string, Error]>([
      ['400', new HttpStatusError('fake', 400, undefined)],
      ['401', new HttpStatusError('fake', 401, undefined)],
      ['403', new HttpStatusError('fake', 403, 1_000)],
      ['404', new HttpStatusError('fake', 404, undefined)],
      ['422', new HttpStatusError('fake', 422, undefined)],
      ['a certificate that is not trusted', new ConnectionError('fake', 'untrusted')],
    ])('is done and throws the error: %s', async (_what, error) => {
      const { mint, effects, infos } = play({ creates: [error, KEY] })
      expect(await catchError(mint)).toBe(error)
      expect(effects()).toEqual(['save intent', 'create preview-42 #1', 'save done'])
      expect(infos()).toEqual([])
    })

    test.each([302, 303, 307, 408, 409])(
      'leaves the search to the post step if the request may have taken effect: %d',
      async (status) => {
        const error = new HttpStatusError('fake', status, undefined)
        const { mint, effects } = play({ creates: [error, KEY] })
        expect(await catchError(mint)).toBe(error)
        expect(effects()).toEqual(['save intent', 'create preview-42 #1'])
      },
    )
  })

  describe('when the response was lost', () => {
    const AMBIGUOUS: readonly (readonly [string, Error])[] = [
      ['a lost connection', LOST_ANSWER],
      ['500', new HttpStatusError('fake 500', 500, undefined)],
      ['502', new HttpStatusError('fake 502', 502, undefined)],
      ['503', new HttpStatusError('fake 503', 503, undefined)],
      ['an unreadable 2xx', new UnreadableResponseError('fake: unreadable')],
      ['an unexpected error', new TypeError('fake mistake')],
    ]

    test.each(AMBIGUOUS)(
      'looks for the key, after a pause, and tries again: %s',
      async (_, error) => {
        const { mint, effects, infos, transaction } = play({ creates: [error, KEY] })
        await mint()
        expect(effects()).toEqual([
          'save intent',
          'create preview-42 #1',
          'save intent may-exist',
          'sleep 250',
          'find preview-42',
          'create preview-42 #2',
          'mask mg_fake_new_key',
          'save created may-exist fake-key-id',
        ])
        expect(infos()).toEqual([
          `info Attempt 1 of 5: ${error.message}. Looking for a key it may have created`,
        ])
        expect(transaction.record).toMatchObject({
          mayExist: true,
          phase: 'created',
          keyId: 'fake-key-id',
        })
      },
    )

    test('honors Retry-After', async () => {
      const error = new HttpStatusError('fake 503', 503, 9_000)
      const { mint, effects } = play({ creates: [error, KEY] })
      await mint()
      expect(effects()).toContain('sleep 9000')
    })

    test('revokes what it finds of its own before it tries again', async () => {
      const { mint, effects } = play({
        creates: [LOST_ANSWER, KEY],
        finds: [fakeFinding({ keys: [fakeKey('stray')] })],
      })
      await mint()
      expect(effects().slice(4, 7)).toEqual([
        'find preview-42',
        'revoke stray',
        'create preview-42 #2',
      ])
    })

    test('stops when the keys it finds may not be its own', async () => {
      const { mint, effects } = play(
        { creates: [LOST_ANSWER, KEY], finds: [fakeFinding({ keys: [fakeKey('stray')] })] },
        fakeIntent({ ownsLabel: false }),
      )
      const error = await catchError(mint)
      expect(error).toBeInstanceOf(StrayKeysError)
      expect(error).toMatchObject({ cause: LOST_ANSWER })
      expect(String(error)).toContain('Management Key stray')
      expect(effects().at(-1)).toBe('find preview-42')
      expect(effects()).not.toContain('save done')
    })

    test('ignores the keys that existed before', async () => {
      const { mint, effects } = play(
        { creates: [LOST_ANSWER, KEY], finds: [fakeFinding({ keys: [fakeKey('known')] })] },
        fakeIntent({ knownIds: ['known'] }),
      )
      await mint()
      expect(effects()).not.toContain('revoke known')
    })

    test('stops when its own key cannot be revoked', async () => {
      const { mint, effects } = play({
        creates: [LOST_ANSWER, KEY],
        finds: [fakeFinding({ keys: [fakeKey('stray')] })],
        onRevoke: () => {
          throw new Error('fake: refused')
        },
      })
      const error = await catchError(mint)
      expect(error).toBeInstanceOf(StrayKeysError)
      expect(String(error)).toContain('stray could not be revoked: fake: refused')
      expect(effects().at(-1)).toBe('revoke stray')
    })

    test('stops when it cannot search, and reports both reasons and the label', async () => {
      const { mint, effects } = play({
        creates: [LOST_ANSWER, KEY],
        finds: [new Error('fake: 403')],
      })
      const error = await catchError(mint)
      expect(error).toBeInstanceOf(StrayKeysError)
      expect(String(error)).toMatch(/fake: answer lost\. .*fake: 403.*the label "preview-42"$/)
      expect(effects().at(-1)).toBe('find preview-42')
    })

    test('searches again after the last attempt, and stays unsure', async () => {
      const creates = Array.from({ length: 6 }, () => LOST_ANSWER)
      const { mint, effects, saved } = play({ creates })
      expect(await catchError(mint)).toBe(LOST_ANSWER)
      expect(effects().filter((line) => line.startsWith('create'))).toHaveLength(5)
      expect(effects().slice(-4)).toEqual([
        'create preview-42 #5',
        'save intent may-exist',
        'sleep 1000',
        'find preview-42',
      ])
      expect(saved.at(-1)).toMatchObject({ phase: 'intent', mayExist: true })
    })

    test('searches again when Retry-After is too long', async () => {
      const error = new HttpStatusError('fake 503', 503, 120_001)
      const { mint, effects } = play({ creates: [error, KEY] })
      expect(await catchError(mint)).toBe(error)
      expect(effects().slice(2)).toEqual(['save intent may-exist', 'sleep 1000', 'find preview-42'])
    })

    test('stays unsure when a later attempt is refused', async () => {
      const refusal = new HttpStatusError('fake', 403, undefined)
      const { mint, effects, saved } = play({ creates: [LOST_ANSWER, refusal] })
      expect(await catchError(mint)).toBe(refusal)
      expect(saved.at(-1)).toMatchObject({ phase: 'intent', mayExist: true })
      expect(effects().at(-1)).toBe('create preview-42 #2')
    })

    test('leaves the search to the post step when the pause is cancelled', async () => {
      const cancelled = new CancelledError('fake')
      const { mint, effects, saved } = play({
        creates: [LOST_ANSWER, KEY],
        onSleep: () => {
          throw cancelled
        },
      })
      expect(await catchError(mint)).toMatchObject({
        name: 'CancelledError',
        message: expect.stringContaining('"preview-42"'),
      })
      expect(effects().at(-1)).toBe('sleep 250')
      expect(saved.at(-1)).toMatchObject({ phase: 'intent', mayExist: true })
    })

    test('rethrows a cancellation during the search', async () => {
      const cancelled = new CancelledError('fake')
      const { mint } = play({ creates: [LOST_ANSWER, KEY], finds: [cancelled] })
      expect(await catchError(mint)).toBe(cancelled)
    })

    test('counts from when the transaction began, not from the attempt', async () => {
      const made = new Date(START + 100).toISOString()
      const { mint, effects } = play({
        creates: [TOO_MANY, LOST_ANSWER, KEY],
        finds: [
          fakeFinding({
            keys: [fakeKey('stray', { createdAt: made })],
            serverTime: START + 1_000,
            receivedUptime: UPTIME + 1_000,
          }),
        ],
      })
      await mint()
      expect(effects()).toContain('revoke stray')
    })
  })

  describe('when the id arrived but not the key', () => {
    test('records the id, revokes the key, and tries again', async () => {
      const { mint, effects, transaction } = play({ creates: [UNREADABLE, KEY] })
      await mint()
      expect(effects()).toEqual([
        'save intent',
        'create preview-42 #1',
        'save intent unreadable-id',
        'revoke unreadable-id',
        'save intent',
        'sleep 250',
        'create preview-42 #2',
        'mask mg_fake_new_key',
        'save created fake-key-id',
      ])
      expect(transaction.record.mayExist).toBe(false)
    })

    test('is done after five attempts', async () => {
      const { mint, effects } = play({ creates: Array.from({ length: 6 }, () => UNREADABLE) })
      expect(await catchError(mint)).toBe(UNREADABLE)
      expect(effects().filter((line) => line === 'revoke unreadable-id')).toHaveLength(5)
      expect(effects().slice(-2)).toEqual(['save intent', 'save done'])
    })

    test('names the key when it cannot be revoked, and leaves it to the post step', async () => {
      const { mint, effects, saved } = play({
        creates: [UNREADABLE, KEY],
        onRevoke: () => {
          throw new Error('fake: refused')
        },
      })
      const error = await catchError(mint)
      expect(error).toBeInstanceOf(StrayKeysError)
      expect(String(error)).toMatch(/Management Key unreadable-id was created.*fake: refused/)
      expect(effects().at(-1)).toBe('revoke unreadable-id')
      expect(saved.at(-1)).toMatchObject({ phase: 'intent', keyId: 'unreadable-id' })
    })
  })

  describe('when the id of a new key cannot be saved', () => {
    const failure = new Error('fake: disk full')
    const onSave = ({ phase }: TransactionRecord) => {
      if (phase === 'created') throw failure
    }

    test('revokes it', async () => {
      const { mint, effects } = play({ creates: [KEY], onSave })
      expect(await catchError(mint)).toBe(failure)
      expect(effects().slice(2)).toEqual([
        'mask mg_fake_new_key',
        'save created fake-key-id',
        'revoke fake-key-id',
      ])
    })

    test('names it when that fails too', async () => {
      const { mint } = play({
        creates: [KEY],
        onSave,
        onRevoke: () => {
          throw new ActionError('fake: refused')
        },
      })
      const error = await catchError(mint)
      expect(error).toBeInstanceOf(StrayKeysError)
      expect(String(error)).toMatch(/fake: disk full\. Management Key fake-key-id .*fake: refused/)
    })
  })

  test('handles all of them in one run', async () => {
    const { mint, effects } = play({
      creates: [TOO_MANY, LOST_ANSWER, UNREADABLE, REFUSED_CONNECTION, KEY],
      random: 1,
    })
    await mint()
    expect(effects()).toEqual([
      'save intent',
      'create preview-42 #1',
      'sleep 500',
      'create preview-42 #2',
      'save intent may-exist',
      'sleep 1000',
      'find preview-42',
      'create preview-42 #3',
      'save intent may-exist unreadable-id',
      'revoke unreadable-id',
      'save intent may-exist',
      'sleep 2000',
      'create preview-42 #4',
      'sleep 4000',
      'create preview-42 #5',
      'mask mg_fake_new_key',
      'save created may-exist fake-key-id',
    ])
  })
})

describe('revokeUndelivered', () => {
  test('revokes the key and reports it', async () => {
    const { ports, effects, infos } = createPorts({ creates: [] })
    await revokeUndelivered('fake-key-id', new Error('fake reason'), ports)
    expect(effects()).toEqual(['revoke fake-key-id'])
    expect(infos()).toEqual([expect.stringContaining('Revoked Management Key fake-key-id')])
  })

  test('names the key and both reasons when it stays active', async () => {
    const refusal = new Error('fake refusal')
    const { ports, infos } = createPorts({
      creates: [],
      onRevoke: () => {
        throw refusal
      },
    })
    const error = await catchError(() =>
      revokeUndelivered('fake-key-id', new Error('fake reason'), ports),
    )
    expect(error).toBeInstanceOf(StrayKeysError)
    expect(error).toMatchObject({ cause: refusal })
    expect(String(error)).toMatch(
      /fake reason\. Management Key fake-key-id .*: fake refusal\. Revoke/,
    )
    expect(infos()).toEqual([])
  })
})
