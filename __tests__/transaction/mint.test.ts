import { describe, expect, test } from '@jest/globals'
import {
  CancelledError,
  ConnectionError,
  HttpStatusError,
  UnreadableResponseError,
} from '../../src/core/errors.js'
import type { MatchingKeys } from '../../src/junction/client.js'
import type { NewManagementKey } from '../../src/junction/responses.js'
import { type MintPorts, mintKey } from '../../src/transaction/mint.js'
import type { TransactionRecord } from '../../src/transaction/record.js'
import { Transaction } from '../../src/transaction/transaction.js'
import {
  catchError,
  catchMessage,
  createFakeClock,
  createFakeJob,
  fakeApi,
  fakeFinding,
  fakeIntent,
  fakeKey,
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
  readonly journal?: MintPorts['journal']
}

/** Scripted ports that record everything, in order. */
function createPorts(script: Script) {
  const journal: string[] = []
  const saved: TransactionRecord[] = []
  const counts = { creates: 0, finds: 0 }
  const api = fakeApi({
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
      return { status: 'revoked' }
    },
  })
  const ports: MintPorts = {
    api,
    journal: script.journal ?? createFakeJob().openJournal(1),
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
  test.each([
    [TOO_MANY, 'fake end. It leaves no key behind', ['sleep 250', 'save done']],
    [LOST_ANSWER, 'fake end', ['save intent may-exist', 'sleep 250', 'find preview-42']],
  ])('sends no other create request once a post step has begun: %s', async (...row) => {
    const [error, message, rest] = row
    let hasBegun = false
    const refuseAfterPost = () => {
      if (hasBegun) throw new CancelledError('fake end')
    }
    const { mint, effects } = play({
      creates: [error, KEY],
      onSleep: () => {
        hasBegun = true
      },
      journal: { listKeys: () => [], refuseAfterPost },
    })
    expect(await catchMessage(mint)).toBe(message)
    expect(effects()).toEqual(['save intent', 'create preview-42 #1', ...rest])
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

  describe('when the create request is rejected', () => {
    test.each([302, 303, 307, 408, 409])(
      'leaves the search to the post step if the request may have taken effect: %d',
      async (status) => {
        const error = new HttpStatusError('fake', status, undefined)
        const { mint, effects } = play({ creates: [error, KEY] })
        expect(await catchError(mint)).toMatchObject({
          cause: error,
          message: expect.stringContaining('label "preview-42"'),
        })
        expect(effects()).toEqual(['save intent', 'create preview-42 #1', 'save intent may-exist'])
      },
    )
  })

  describe('when the response was lost', () => {
    test('searches again when Retry-After is too long', async () => {
      const error = new HttpStatusError('fake 503', 503, 120_001)
      const { mint, effects } = play({ creates: [error, KEY] })
      expect(await catchError(mint)).toBe(error)
      expect(effects().slice(2)).toEqual(['save intent may-exist', 'sleep 1000', 'find preview-42'])
    })

    test.each([
      ['first', [LOST_ANSWER], false],
      ['second', [LOST_ANSWER, LOST_ANSWER], true],
    ])('is sure of the one whose key it has revoked, the %s', async (_which, lost, mayExist) => {
      const found = fakeFinding({ keys: [fakeKey('stray-id')] })
      const finds = [...lost.slice(1).map(() => fakeFinding()), found]
      const { mint, saved } = play({ creates: [...lost, KEY], finds })
      await mint()
      expect(saved.at(-1)).toMatchObject({ phase: 'created', mayExist })
    })

    test('stays unsure when a later attempt is refused', async () => {
      const refusal = new HttpStatusError('fake', 403, undefined)
      const { mint, effects, saved } = play({ creates: [LOST_ANSWER, refusal] })
      expect(await catchError(mint)).toBe(refusal)
      expect(saved.at(-1)).toMatchObject({ phase: 'intent', mayExist: true })
      expect(effects().at(-1)).toBe('create preview-42 #2')
    })

    const cancelled = new CancelledError('fake')
    const cancel = () => {
      throw cancelled
    }
    test.each([
      ['pause', { onSleep: cancel }],
      ['search', { finds: [cancelled] }],
    ])('looks once, and leaves it to the post step, when the %s is cancelled', async (...row) => {
      const [, script] = row
      const { mint, effects, saved } = play({ creates: [LOST_ANSWER, KEY], ...script })
      expect(await catchMessage(mint)).toContain('"preview-42"')
      expect(effects().slice(-2)).toEqual(['sleep 250', 'find preview-42'])
      expect(saved.at(-1)).toMatchObject({ phase: 'intent', mayExist: true })
    })
  })

  test('announces a pause of more than two seconds, whatever follows it', async () => {
    const creates = [
      new HttpStatusError('fake 503', 503, 8_001),
      new HttpStatusError('fake 429', 429, 2_001),
      new HttpStatusError('fake 429', 429, 2_000),
      KEY,
    ]
    const { mint, infos } = play({ creates })
    await mint()
    expect(infos()).toEqual([
      'info Attempt 1 of 5: fake 503. Looking in 9 s for a key it may have created',
      'info Attempt 2 of 5: fake 429. Trying again in 3 s',
      'info Attempt 3 of 5: fake 429. Trying again',
    ])
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
