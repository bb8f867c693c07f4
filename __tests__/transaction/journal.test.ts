import { describe, expect, test } from '@jest/globals'
import { Journal, type JournalPorts } from '../../src/transaction/journal.js'
import type { TransactionRecord } from '../../src/transaction/record.js'
import { createFakeClock, fakeIntent, UPTIME } from '../support/fakes.js'

const TIME_LIMIT_MS = 30_000

/** The journal of one job, whose processes each see the notes of all. */
function createJob(alive: readonly number[] = [1, 2], startedAt = UPTIME + 1) {
  const notes = new Map<number, string>()
  const clock = createFakeClock()
  const journalOf = (pid: number, action = `action-${pid}`, onSleep?: () => void) => {
    const ports: JournalPorts = {
      action,
      pid,
      startedAt,
      writeNote: (text) => notes.set(pid, text),
      readNotes: () => [...notes.values()],
      isAlive: (other) => alive.includes(other),
      clock: {
        uptime: clock.uptime,
        sleep: async (milliseconds) => {
          await clock.sleep(milliseconds)
          onSleep?.()
        },
      },
    }
    return new Journal(ports)
  }
  return { notes, clock, journalOf }
}

function created(keyId: string): TransactionRecord {
  return fakeIntent({ phase: 'created', keyId })
}

describe('settling with other steps', () => {
  test('names the keys they created for the same organization, label and teams', async () => {
    const { journalOf } = createJob([1, 2, 3, 4, 5])
    journalOf(2).write(created('same'))
    const { request } = fakeIntent()
    journalOf(3).write({ ...created('label'), request: { ...request, label: 'other' } })
    journalOf(4).write({ ...created('teams'), request: { ...request, teamIds: ['other'] } })
    journalOf(5).write({ ...created('organization'), orgId: 'other' })
    expect(await journalOf(1).settle(fakeIntent())).toMatchObject({
      keyIds: ['same'],
      areAsking: false,
    })
  })

  test('knows what keys they may have created with a request whose response was lost', async () => {
    const { journalOf } = createJob()
    journalOf(2).write(fakeIntent({ mayExist: true, ownsLabel: true, knownIds: ['old'] }))
    const { mayHaveCreated } = await journalOf(1).settle(fakeIntent())
    expect(['OLD', 'new'].map(mayHaveCreated)).toEqual([false, true])
  })

  test('with a watch, counts only those that run side by side with this one', async () => {
    const { journalOf } = createJob([1, 3, 4])
    const began = UPTIME - 1
    journalOf(2).write({ ...created('of-one-that-ended'), phase: 'delivered', began })
    journalOf(3).write({ ...created('of-one-that-ran'), began })
    const watch = journalOf(1).watch()
    journalOf(4).write({ ...created('of-one-that-began'), began: UPTIME })
    expect(await journalOf(1).settle(fakeIntent(), watch)).toMatchObject({
      keyIds: ['of-one-that-ran', 'of-one-that-began'],
    })
  })

  test('with a watch, counts one that began before this process, and ended while it was loading', async () => {
    const { journalOf } = createJob([1], UPTIME)
    const delivered = { ...created('of-one-that-was-faster'), phase: 'delivered' as const }
    journalOf(2).write({ ...delivered, began: UPTIME - 1_000 })
    const watch = journalOf(1).watch()
    expect(await journalOf(1).settle(fakeIntent(), watch)).toMatchObject({
      keyIds: ['of-one-that-was-faster'],
    })
  })

  test('with a watch, counts one that had begun before and left its first note after', async () => {
    const { journalOf } = createJob()
    const began = UPTIME - 1
    const watch = journalOf(1).watch()
    journalOf(2).write({ ...created('of-one-that-ran'), began })
    expect(await journalOf(1).settle(fakeIntent(), watch)).toMatchObject({
      keyIds: ['of-one-that-ran'],
    })
  })

  test('with a watch, counts one that has the process ID of one that ended', async () => {
    const alive = [1]
    const { journalOf } = createJob(alive)
    journalOf(2).write({ ...created('of-one-that-ended'), began: UPTIME - 1 })
    const watch = journalOf(1).watch()
    alive.push(2)
    journalOf(2).write({ ...created('of-one-that-began'), began: UPTIME })
    expect(await journalOf(1).settle(fakeIntent(), watch)).toMatchObject({
      keyIds: ['of-one-that-began'],
    })
  })

  test('with a watch, still counts one that ended before it delivered its key', async () => {
    const { journalOf } = createJob([1])
    journalOf(2).write(fakeIntent({ ownsLabel: true, knownIds: ['old'] }), TIME_LIMIT_MS)
    const watch = journalOf(1).watch()
    const { mayHaveCreated } = await journalOf(1).settle(fakeIntent(), watch)
    expect(['old', 'new'].map(mayHaveCreated)).toEqual([false, true])
  })

  test('does not count this process', async () => {
    const { journalOf } = createJob()
    journalOf(1).write(created('own'), TIME_LIMIT_MS)
    expect(await journalOf(1).settle(fakeIntent())).toMatchObject({ keyIds: [], areAsking: false })
  })

  test('waits for an open request, and then knows its key', async () => {
    const { journalOf, clock } = createJob()
    const other = journalOf(2)
    other.write(fakeIntent(), TIME_LIMIT_MS)
    const own = journalOf(1, 'own', () => {
      if (clock.slept.length === 3) other.write(created('theirs'))
    })
    expect(await own.settle(fakeIntent())).toMatchObject({ keyIds: ['theirs'], areAsking: false })
    expect(clock.slept).toHaveLength(3)
  })

  test('waits no longer than the request may take, and reports it as open', async () => {
    const { journalOf, clock } = createJob()
    journalOf(2).write(fakeIntent(), TIME_LIMIT_MS)
    expect(await journalOf(1).settle(fakeIntent())).toMatchObject({ keyIds: [], areAsking: true })
    const waited = clock.uptime() - UPTIME
    expect(waited).toBeGreaterThan(TIME_LIMIT_MS)
    expect(waited).toBeLessThan(TIME_LIMIT_MS + 2_000)
  })

  test('does not wait as long as a hostile note demands', async () => {
    const { journalOf, clock } = createJob()
    journalOf(2).write(fakeIntent(), Number.MAX_SAFE_INTEGER)
    expect(await journalOf(1).settle(fakeIntent())).toMatchObject({ areAsking: true })
    expect(clock.uptime() - UPTIME).toBeLessThan(12 * 60_000)
  })

  test('does not wait for a process that is gone, whose key it still knows', async () => {
    const { journalOf, clock } = createJob([1])
    journalOf(2).write(created('theirs'), TIME_LIMIT_MS)
    expect(await journalOf(1).settle(fakeIntent())).toMatchObject({
      keyIds: ['theirs'],
      areAsking: false,
    })
    expect(clock.slept).toEqual([])
  })

  test.each([
    '',
    '{"action":"a","pid":2,"rec',
    'null',
    '[]',
    '{"action":"a","pid":2}',
    JSON.stringify({ action: 'a', pid: -1, record: '{}' }),
    JSON.stringify({ action: 'a', pid: 2, record: '{"phase":"created"}' }),
  ])('ignores what is not a note: %s', async (text) => {
    const { notes, journalOf } = createJob()
    notes.set(2, text)
    expect(await journalOf(1).settle(fakeIntent())).toMatchObject({ keyIds: [], areAsking: false })
  })
})

describe('a post step without state', () => {
  test('finds what its own main step noted last', async () => {
    const { journalOf } = createJob([9])
    journalOf(1, 'mine').write(created('first'))
    journalOf(2, 'mine').write(created('second'))
    journalOf(3, 'theirs').write(created('theirs'))
    expect(await journalOf(9, 'mine').findOwn(1_000)).toEqual(created('second'))
    expect(await journalOf(9, 'nobody').findOwn(1_000)).toBeUndefined()
  })

  test('waits for a main step that is still running, but not forever', async () => {
    const { journalOf, clock } = createJob([1, 9])
    const main = journalOf(1, 'mine')
    main.write(fakeIntent())
    const post = journalOf(9, 'mine', () => {
      if (clock.slept.length === 2) main.write(created('late'))
    })
    expect(await post.findOwn(1_000)).toEqual(created('late'))
    expect(clock.uptime() - UPTIME).toBe(1_000)
  })
})
