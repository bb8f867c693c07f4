import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import {
  type Phase,
  type SecretRecord,
  TRANSITIONS,
  type TransactionRecord,
} from '../../src/transaction/record.js'
import { Transaction } from '../../src/transaction/transaction.js'
import { createFakeJob, fakeIntent, fakeProcess } from '../support/fakes.js'

const PHASES: readonly Phase[] = ['planned', 'intent', 'created', 'delivered', 'kept', 'done']

/** The legal transitions; all others are errors. */
const LEGAL = [
  'planned → intent',
  'planned → done',
  'intent → created',
  'intent → done',
  'created → delivered',
  'created → kept',
  'created → done',
]

/** The transitions to a phase. */
const WAY_TO: Readonly<Record<Phase, readonly Phase[]>> = {
  planned: [],
  intent: ['intent'],
  created: ['intent', 'created'],
  delivered: ['intent', 'created', 'delivered'],
  kept: ['intent', 'created', 'kept'],
  done: ['done'],
}

const PLANNED = fakeIntent({ phase: 'planned', revision: 0 })

function open(phase: Phase) {
  const saved: TransactionRecord[] = []
  const transaction = new Transaction(PLANNED, {
    save: (record) => saved.push(record),
    journal: createFakeJob().openJournal(1),
  })
  for (const step of WAY_TO[phase]) transaction.advance(step)
  return { transaction, saved }
}

function throws(work: () => unknown): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}

describe('a transaction', () => {
  test('counts its changes, in the journal as in the state', () => {
    const { openJournal } = createFakeJob()
    const journal = openJournal(1)
    const saved: TransactionRecord[] = []
    const transaction = new Transaction(PLANNED, { save: (one) => saved.push(one), journal })
    transaction.begin({ knownIds: ['fake-known'] })
    transaction.advance('created', { keyId: 'fake-id' })
    transaction.note({ mayExist: true })
    expect(saved.map(({ revision }) => revision)).toEqual([1, 2, 3])
    expect(openJournal(2).findOwn(fakeProcess(1), undefined)).toEqual(saved.at(-1))
  })

  test.each([
    [40, 400],
    [240, 600],
  ])('does not begin with a record that may outgrow its place: %i targets', (targets, size) => {
    const { transaction, saved } = open('planned')
    const repository = 'x'.repeat(size)
    const destination = { kind: 'environment', repository, environment: 'fake' } as const
    const secret = { destination, name: 'A', existed: true, status: 'pending' } as const
    const begin = () =>
      transaction.begin({ secrets: Array.from({ length: targets }, () => secret) })
    if (targets === 40) begin()
    else expect(begin).toThrow(/^secret_targets lists 240 targets.*Nothing was created/)
    expect(saved).toHaveLength(targets === 40 ? 1 : 0)
  })

  test('can save to the end what it begins with, however large', () => {
    const destination = { kind: 'repository', repository: 'fake/repo', app: 'actions' } as const
    const knownIds = Array.from({ length: 20 }, () => 'x'.repeat(198))
    const fill = (count: number, changes: Pick<SecretRecord, 'status' | 'updatedAt'>) =>
      Array.from({ length: count }, () => ({ destination, name: 'A', existed: true, ...changes }))
    const begin = (count: number) => {
      const { transaction, saved } = open('planned')
      transaction.begin({ knownIds, secrets: fill(count, { status: 'pending' }) })
      return { transaction, saved }
    }
    let most = 1
    while (most < 9_999 && !throws(() => begin(most + 1))) most += 1
    const { transaction, saved } = begin(most)
    const secrets = fill(most, { status: 'updated', updatedAt: 'x'.repeat(40) })
    transaction.advance('created', { keyId: 'x'.repeat(200), secrets })
    transaction.advance('delivered', { previousIds: knownIds })
    const room = process.platform === 'win32' ? 32_700 : 128 * 1024 - 64
    expect(JSON.stringify(saved.at(-1)).length).toBeLessThan(room)
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
        const revision = before + 1
        expect(saved.slice(before)).toEqual([{ ...PLANNED, phase: to, revision, keyId: 'fake-id' }])
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
