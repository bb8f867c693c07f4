import { describe, expect, test } from '@jest/globals'
import { CancelledError } from '../../src/core/errors.js'
import type { ProcessState } from '../../src/runner/processes.js'
import type { Phase, TransactionRecord } from '../../src/transaction/record.js'
import {
  catchError,
  catchMessage,
  createFakeJob,
  fakeIntent,
  fakeProcess,
  UPTIME,
} from '../support/fakes.js'

function created(keyId: string, changes: Partial<TransactionRecord> = {}): TransactionRecord {
  return fakeIntent({ phase: 'created', keyId, ...changes })
}

const { request } = fakeIntent()
const OTHERS = {
  label: { request: { ...request, label: 'other' } },
  teams: { request: { ...request, teamIds: ['other'] } },
  organization: { orgId: 'other' },
}

describe('a turn', () => {
  test.each<Phase>(['planned', 'intent'])(
    'waits for one with a lower ticket in %s',
    async (phase) => {
      const { openJournal, clock } = createFakeJob({ 1: 'running', 2: 'running' })
      const first = openJournal(1)
      const asking = (...teamIds: string[]) => ({ request: { ...request, teamIds } })
      await first.takeTurn(fakeIntent({ phase, ...asking('a', 'b') }))
      const sleep = async (ms: number) => {
        await clock.sleep(ms)
        if (clock.slept.length === 3) first.write(created('theirs', asking('a', 'b')))
      }
      const second = openJournal(2, { clock: { ...clock, sleep } })
      await second.takeTurn(fakeIntent({ phase: 'planned', ...asking('b', 'a') }))
      expect(clock.slept).toHaveLength(3)
    },
  )

  test.each<[string, Partial<TransactionRecord>, ProcessState]>([
    ['has another label', OTHERS.label, 'running'],
    ['has other teams', OTHERS.teams, 'running'],
    ['has another organization', OTHERS.organization, 'running'],
    ['knows its key', { phase: 'created', keyId: 'fake' }, 'running'],
    ['is done', { phase: 'done' }, 'running'],
    ['is gone', {}, 'ended'],
  ])('does not wait for one that %s', async (_what, changes, state) => {
    const { openJournal, clock } = createFakeJob({ 1: state })
    openJournal(1).write(fakeIntent(changes))
    await openJournal(2).takeTurn(fakeIntent())
    expect(clock.slept).toEqual([])
  })

  test('does not wait for one that had its process ID', async () => {
    const { openJournal, clock } = createFakeJob({ 1: 'running' })
    openJournal(1).write(fakeIntent())
    await openJournal(1).takeTurn(fakeIntent())
    expect(clock.slept).toEqual([])
  })

  test('does not wait for one with a higher ticket', async () => {
    const { openJournal, clock } = createFakeJob({ 2: 'running' })
    const first = openJournal(1)
    first.write(fakeIntent())
    openJournal(2).write(fakeIntent())
    await first.takeTurn(fakeIntent())
    expect(clock.slept).toEqual([])
  })

  test('ends with an error when another step does not end', async () => {
    const { openJournal, clock } = createFakeJob({ 1: 'running' })
    openJournal(1).write(fakeIntent())
    const message = await catchMessage(() => openJournal(2).takeTurn(fakeIntent()))
    expect(message).toMatch(/"preview-42".*11 minutes.*different labels/)
    expect(clock.uptime() - UPTIME).toBeLessThan(12 * 60_000)
  })

  test('waits two minutes for one that cannot be seen', async () => {
    const { openJournal, clock } = createFakeJob({ 1: 'unseen' })
    openJournal(1).write(fakeIntent())
    await openJournal(2).takeTurn(fakeIntent())
    expect(clock.uptime() - UPTIME).toBe(120_000)
  })

  test('warns once where no note can be written, and goes on', async () => {
    const { openJournal, warnings, clock } = createFakeJob({ 1: 'running' })
    openJournal(1).write(fakeIntent())
    const addNote = () => {
      throw new Error('fake EACCES')
    }
    const journal = openJournal(2, { addNote })
    await journal.takeTurn(fakeIntent())
    journal.write(created('fake'))
    expect(clock.slept).toEqual([])
    expect(warnings).toEqual([
      expect.stringMatching(/fake EACCES\. Do not run steps .* in parallel/),
    ])
  })

  test('is over once a post step has begun since this process started', async () => {
    const { openJournal } = createFakeJob()
    await openJournal(1).endMains(undefined, 0)
    const refuse = (startedAt: number) => () => openJournal(2, { startedAt }).refuseAfterPost()
    expect(await catchError(refuse(UPTIME))).toBeInstanceOf(CancelledError)
    expect(refuse(UPTIME + 1)).not.toThrow()
  })
})

describe('notes', () => {
  test.each([
    '',
    'null',
    '[]',
    '{"action":"a","pid":2,"rec',
    ...[
      { process: fakeProcess(-1), record: 'post' },
      { process: fakeProcess(1), record: {} },
      { process: fakeProcess(1), record: 'begun' },
    ].map((note) => JSON.stringify({ job: 'fake-job', action: 'a', writtenAt: UPTIME, ...note })),
  ])('that are none are passed over: %s', async (text) => {
    const { openJournal, notes, clock } = createFakeJob({ 1: 'running' })
    notes.set(1, text)
    const journal = openJournal(2)
    await journal.takeTurn(fakeIntent())
    expect([clock.slept, journal.listKeys()]).toEqual([[], []])
    expect(() => journal.refuseAfterPost()).not.toThrow()
  })

  test('of another job are passed over', async () => {
    const { openJournal, clock } = createFakeJob({ 1: 'running' })
    openJournal(1, { job: 'earlier' }).write(fakeIntent({ keyId: 'theirs' }))
    const journal = openJournal(2, { action: 'action-1' })
    await journal.takeTurn(fakeIntent())
    expect([clock.slept, journal.listKeys()]).toEqual([[], []])
    expect(journal.findOwn(fakeProcess(1), undefined)).toBeUndefined()
    expect(openJournal(9, { action: 'action-1' }).findOwn(undefined, undefined)).toEqual(
      fakeIntent(),
    )
  })

  test('name the keys of the other steps', () => {
    const { openJournal } = createFakeJob()
    openJournal(1).write(created('theirs'))
    const journal = openJournal(2)
    journal.write(created('own'))
    expect(journal.listKeys()).toEqual(['theirs'])
  })
})

describe('a sibling’s key', () => {
  /** Whether a key is a sibling's, if the sibling noted this. */
  function judge(
    id: string,
    record: TransactionRecord,
    state: ProcessState = 'ended',
    startedAt = UPTIME + 1,
  ) {
    const { openJournal } = createFakeJob({ 1: state })
    openJournal(1).write(record)
    return openJournal(2, { startedAt }).isOfSibling(id, fakeIntent())
  }

  test('is one of a step that runs, or wrote since this one started', () => {
    expect(judge('theirs', created('THEIRS'), 'running')).toBe(true)
    expect(judge('theirs', created('theirs'), 'unseen')).toBe(true)
    expect(judge('theirs', created('theirs'), 'ended', UPTIME)).toBe(true)
    expect(judge('theirs', created('theirs'))).toBe(false)
    expect(judge('theirs', created('theirs', OTHERS.label), 'running')).toBe(false)
  })

  test('is not one that an earlier step made and noted, although another lost a response', () => {
    const { openJournal } = createFakeJob()
    openJournal(1).write(created('first', { mayExist: true, ownsLabel: true }))
    openJournal(2).write(created('second', { phase: 'delivered' }))
    const journal = openJournal(3, { startedAt: UPTIME + 1 })
    expect(journal.isOfSibling('second', fakeIntent())).toBe(false)
  })

  test('is one that a step may have left behind, whose post step revokes it', () => {
    const lost = { knownIds: ['old'], ownsLabel: true }
    expect(judge('new', fakeIntent(lost))).toBe(true)
    expect(judge('OLD', fakeIntent(lost))).toBe(false)
    expect(judge('new', created('theirs', { ...lost, mayExist: true }))).toBe(true)
    expect(judge('new', created('theirs', lost))).toBe(false)
    expect(judge('new', fakeIntent({ ...lost, ownsLabel: false }))).toBe(false)
  })
})

describe('a post step', () => {
  test('ends every main step of the job that runs, gently first', async () => {
    const states: Record<number, ProcessState> = { 1: 'running', 3: 'running' }
    const { openJournal, signals, clock } = createFakeJob(states)
    openJournal(1).write(fakeIntent())
    openJournal(2).write(fakeIntent())
    const sleep = async (ms: number) => {
      await clock.sleep(ms)
      if (clock.slept.length > 4) states[1] = 'ended'
      if (signals.includes('SIGKILL 3')) states[3] = 'ended'
    }
    await openJournal(9, { clock: { ...clock, sleep } }).endMains(fakeProcess(3), 0)
    expect(signals).toEqual(['SIGINT 1', 'SIGINT 3', 'SIGKILL 3'])
  })

  test('waits for one that it cannot see until that notes nothing more', async () => {
    const { openJournal, clock } = createFakeJob({ 1: 'unseen' })
    const main = openJournal(1)
    main.write(created('fake'))
    await clock.sleep(60_000)
    let writes = 0
    const sleep = async (ms: number) => {
      await clock.sleep(ms)
      if (clock.slept.length % 20 === 1 && writes++ < 3) main.write(fakeIntent())
    }
    await openJournal(9, { clock: { ...clock, sleep } }).endMains(undefined, 5_000)
    expect(clock.uptime() - UPTIME).toBe(71_000)
  })

  test.each([
    ['unseen', 'delivered'],
    ['unseen', 'planned'],
    ['ended', 'created'],
  ] as const)('waits for none that is %s and %s', async (state, phase) => {
    const { openJournal, clock } = createFakeJob({ 1: state })
    openJournal(1).write(created('fake', { phase }))
    await openJournal(9).endMains(fakeProcess(1), 5_000)
    expect(clock.slept).toEqual([])
  })

  test('finds what its own main process noted last, and when', async () => {
    const { openJournal, clock } = createFakeJob()
    const main = openJournal(1)
    main.write(created('first'))
    main.write(created('last'))
    openJournal(2, { action: 'action-1' }).write(created('theirs'))
    await clock.sleep(7)
    const post = openJournal(9)
    expect(post.findOwn(fakeProcess(1), undefined)).toEqual(created('last'))
    expect(post.quietMs).toBe(7)
    const reused = { ...fakeProcess(1), startTime: 'later' }
    expect(openJournal(9).findOwn(reused, undefined)).toBeUndefined()
  })

  test('whose state is lost finds it by its action and by what it asked for', () => {
    const { openJournal } = createFakeJob()
    const composite = { action: 'composite' }
    openJournal(1, composite).write(created('own'))
    openJournal(2, composite).write(created('theirs', OTHERS.label))
    openJournal(3).write(created('stranger'))
    expect(openJournal(9, composite).findOwn(undefined, fakeIntent())).toEqual(created('own'))
    expect(openJournal(9, { action: 'none' }).findOwn(undefined, fakeIntent())).toBeUndefined()
  })

  test('knows a key that another step has replaced', () => {
    const { openJournal } = createFakeJob()
    openJournal(1).write(created('own'))
    openJournal(2).write(created('later', { previousIds: ['kept'], replacedIds: ['OWN'] }))
    const post = openJournal(9)
    expect(['own', 'kept', 'later'].map((id) => post.isReplaced(id))).toEqual([true, false, false])
  })

  test('knows a secret that a later step has written', async () => {
    const { openJournal, clock } = createFakeJob()
    const destination = { kind: 'repository', repository: 'fake/repo', app: 'actions' } as const
    const secret = { destination, name: 'A', existed: false, status: 'created' } as const
    openJournal(1).write(created('before', { secrets: [secret] }))
    await clock.sleep(1)
    openJournal(2).write(created('own', { secrets: [secret] }))
    const isOverwritten = () => {
      const post = openJournal(9)
      post.findOwn(fakeProcess(2), undefined)
      return post.isOverwritten(secret)
    }
    expect(isOverwritten()).toBe(false)
    await clock.sleep(1)
    const later = openJournal(3)
    later.write(created('later', { secrets: [{ ...secret, name: 'a', status: 'pending' }] }))
    expect(isOverwritten()).toBe(false)
    later.write(created('later', { secrets: [{ ...secret, name: 'a', status: 'writing' }] }))
    expect(isOverwritten()).toBe(false)
    later.write(created('later', { secrets: [{ ...secret, name: 'a', status: 'created' }] }))
    expect(isOverwritten()).toBe(true)
    later.write(created('later', { phase: 'done', secrets: [{ ...secret, name: 'a' }] }))
    expect(isOverwritten()).toBe(false)
  })
})
