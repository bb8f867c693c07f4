import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type Phase, TRANSITIONS, type TransactionRecord } from '../../src/transaction/record.js'
import { Transaction } from '../../src/transaction/transaction.js'
import { fakeIntent, fakeJournal } from '../support/fakes.js'

const PHASES: readonly Phase[] = ['intent', 'created', 'delivered', 'kept', 'done']

/** The legal transitions; all others are errors. */
const LEGAL = [
  'intent → created',
  'intent → done',
  'created → intent',
  'created → delivered',
  'created → kept',
  'created → done',
]

/** The transitions to a phase. */
const WAY_TO: Readonly<Record<Phase, readonly Phase[]>> = {
  intent: [],
  created: ['created'],
  delivered: ['created', 'delivered'],
  kept: ['created', 'kept'],
  done: ['done'],
}

function open(phase: Phase = 'intent') {
  const saved: TransactionRecord[] = []
  const transaction = new Transaction(fakeIntent(), {
    save: (record) => saved.push(record),
    journal: fakeJournal().journal,
    timeoutMs: 30_000,
  })
  for (const step of WAY_TO[phase]) transaction.advance(step)
  return { transaction, saved }
}

describe('a transaction', () => {
  test('is saved before it is in the journal, where post would mistake it for another step’s', () => {
    const { journal, written } = fakeJournal()
    const notesAtSave: number[] = []
    const save = () => notesAtSave.push(written.length)
    const transaction = new Transaction(fakeIntent(), { save, journal, timeoutMs: 30_000 })
    transaction.begin()
    transaction.noteRequest()
    transaction.advance('created', { keyId: 'fake-id' })
    transaction.note({ mayExist: true })
    expect(notesAtSave).toEqual([0, 1, 2])
    expect(written).toHaveLength(3)
  })

  test('knows the legal transitions and no others', () => {
    const listed = Object.entries(TRANSITIONS).flatMap(([from, to]) =>
      to.map((phase) => `${from} → ${phase}`),
    )
    expect(listed).toEqual(LEGAL)
  })

  test.each(PHASES.flatMap((from) => PHASES.map((to) => [from, to] as const)))(
    'moves from %s to %s only when that is legal, and saves it',
    (from, to) => {
      const { transaction, saved } = open(from)
      const before = saved.length
      const advance = () => transaction.advance(to, { keyId: 'fake-id' })
      if (LEGAL.includes(`${from} → ${to}`)) {
        advance()
        expect(saved.slice(before)).toEqual([{ ...fakeIntent(), phase: to, keyId: 'fake-id' }])
        expect(transaction.record).toBe(saved.at(-1))
      } else {
        expect(advance).toThrow(`does not go from ${from} to ${to}`)
        expect([saved.length, transaction.record.phase]).toEqual([before, from])
      }
    },
  )

  test('is the only one that changes a phase, and its room the only one that reads it', () => {
    const readers = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/^transaction[\\/]/.test(file))
      .filter((file) => /\bphase\b/.test(readFileSync(join('src', file), 'utf8')))
    expect(readers).toEqual([])
  })
})
