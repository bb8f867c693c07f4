import { expect, test } from '@jest/globals'
import type { SecretDestination } from '../../src/core/secret-target.js'
import { Journal } from '../../src/transaction/journal.js'
import {
  decodeRecord,
  encodeRecord,
  type SecretRecord,
  type TransactionRecord,
} from '../../src/transaction/record.js'
import { createFakeClock } from '../support/fakes.js'
import { fc } from '../support/fast-check.js'

const app = fc.constantFrom('actions' as const, 'agents' as const)
const destination: fc.Arbitrary<SecretDestination> = fc.oneof(
  fc.record({ kind: fc.constant('repository' as const), repository: fc.string(), app }),
  fc.record({
    kind: fc.constant('environment' as const),
    repository: fc.string(),
    environment: fc.string(),
  }),
  fc.record({
    kind: fc.constant('organization' as const),
    org: fc.string(),
    app,
    visibility: fc.constantFrom(undefined, 'selected' as const),
    repositories: fc.array(fc.string(), { maxLength: 3 }),
  }),
)

const secret: fc.Arbitrary<SecretRecord> = fc.record({
  destination,
  name: fc.string(),
  existed: fc.boolean(),
  updatedAt: fc.option(fc.string(), { nil: undefined }),
  status: fc.constantFrom('pending', 'writing', 'created', 'updated'),
})

const record: fc.Arbitrary<TransactionRecord> = fc.record({
  phase: fc.constantFrom('intent', 'created', 'delivered', 'kept', 'done'),
  apiUrl: fc.webUrl(),
  orgId: fc.uuid(),
  request: fc.record({ label: fc.string({ unit: 'binary' }), teamIds: fc.array(fc.uuid()) }),
  ownsLabel: fc.boolean(),
  began: fc.nat(),
  knownIds: fc.array(fc.uuid()),
  mayExist: fc.boolean(),
  keyId: fc.option(fc.uuid(), { nil: undefined }),
  githubApiUrl: fc.webUrl(),
  secrets: fc.array(secret, { maxLength: 3 }),
})

test('a record that is written reads the same', () => {
  fc.assert(
    fc.property(record, (one) => {
      expect(decodeRecord(encodeRecord(one))).toEqual(one)
    }),
  )
})

/** As text, because JSON knows no negative zero. */
function expectWhole(read: TransactionRecord | undefined): void {
  if (read === undefined) return
  const text = encodeRecord(read)
  expect(encodeRecord(decodeRecord(text) as TransactionRecord)).toBe(text)
}

/** A text with a few characters replaced. */
function change(text: string, at: number, removed: number, inserted: string): string {
  const from = at % (text.length + 1)
  return text.slice(0, from) + inserted + text.slice(from + removed)
}

const inserted = fc.oneof(fc.string({ maxLength: 3 }), fc.json({ maxDepth: 1 }))

test('changed text is not a record, or a complete one', () => {
  fc.assert(
    fc.property(record, fc.nat(), fc.nat(20), inserted, (one, at, removed, text) => {
      expectWhole(decodeRecord(change(encodeRecord(one), at, removed, text)))
    }),
    { numRuns: 2_000 },
  )
})

test('any JSON is not a record, or a complete one', () => {
  const part = fc.oneof(record, fc.jsonValue())
  fc.assert(
    fc.property(
      record,
      fc.constantFrom(...fc.sample(record, 1).flatMap(Object.keys)),
      part,
      (one, name, value) => {
        expectWhole(decodeRecord(JSON.stringify({ ...one, [name]: value })))
      },
    ),
  )
})

/** What a step with the same request reads in another step's note. */
function settleOver(note: string, own: TransactionRecord) {
  const journal = new Journal({
    action: 'fake-own',
    pid: 1,
    startedAt: 0,
    writeNote: () => undefined,
    readNotes: () => [note],
    isAlive: () => false,
    clock: createFakeClock(),
  })
  return journal.settle(own)
}

function writeNote(one: TransactionRecord, pid: number): string {
  let note = ''
  const journal = new Journal({
    action: 'fake-other',
    pid,
    startedAt: 0,
    writeNote: (text) => {
      note = text
    },
    readNotes: () => [],
    isAlive: () => true,
    clock: createFakeClock(),
  })
  journal.write(one, 1_000)
  return note
}

test('another step reads the key of an entry that is whole, and none of one that is torn', async () => {
  const tear = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  await fc.assert(
    fc.asyncProperty(record, fc.integer({ min: 2, max: 99_999 }), tear, async (one, pid, part) => {
      const note = writeNote(one, pid)
      const keyIds = one.keyId === undefined ? [] : [one.keyId]
      expect(await settleOver(note, one)).toMatchObject({ keyIds, areAsking: false })
      const torn = note.slice(0, Math.floor(note.length * part))
      expect(await settleOver(torn, one)).toMatchObject({ keyIds: [], areAsking: false })
    }),
  )
})

test.each(['1e400', '-1e400'])('a record that began at %s is none', (began) => {
  const [one] = fc.sample(record, 1)
  const text = encodeRecord({ ...(one as TransactionRecord), began: 123_456 })
  expect(decodeRecord(text.replace('123456', '123457'))).toBeDefined()
  expect(decodeRecord(text.replace('123456', began))).toBeUndefined()
})
