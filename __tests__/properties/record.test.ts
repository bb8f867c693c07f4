import { expect, test } from '@jest/globals'
import type { SecretDestination } from '../../src/core/secret-target.js'
import {
  decodeRecord,
  type SecretRecord,
  type TransactionRecord,
} from '../../src/transaction/record.js'
import { createFakeJob } from '../support/fakes.js'
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
  status: fc.constantFrom('pending', 'writing', 'created', 'updated'),
})

const record: fc.Arbitrary<TransactionRecord> = fc.record({
  phase: fc.constantFrom('planned', 'intent', 'created', 'delivered', 'kept', 'done'),
  revision: fc.nat(),
  revoke: fc.constantFrom('never', 'always', 'on_failure'),
  previousIds: fc.array(fc.uuid()),
  replacedIds: fc.array(fc.uuid()),
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
      expect(decodeRecord(JSON.stringify(one))).toEqual(one)
    }),
  )
})

/** As text, because JSON knows no negative zero. */
function expectWhole(read: TransactionRecord | undefined): void {
  if (read === undefined) return
  const text = JSON.stringify(read)
  expect(JSON.stringify(decodeRecord(text) as TransactionRecord)).toBe(text)
}

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

test('another step reads the key of a note that is whole, and none of one that is torn', () => {
  const tear = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(record, tear, (one, part) => {
      const { openJournal, notes } = createFakeJob()
      openJournal(1).write(one)
      const keyIds = one.keyId === undefined ? [] : [one.keyId]
      expect(openJournal(2).listKeys()).toEqual(keyIds)
      const note = notes.get(1) ?? ''
      notes.set(1, note.slice(0, Math.floor(note.length * part)))
      expect(openJournal(2).listKeys()).toEqual([])
    }),
  )
})

test.each(['1e400', '-1e400'])('a record that began at %s is none', (began) => {
  const [one] = fc.sample(record, 1)
  const text = JSON.stringify({ ...(one as TransactionRecord), began: 123_456 })
  expect(decodeRecord(text.replace('123456', '123457'))).toBeDefined()
  expect(decodeRecord(text.replace('123456', began))).toBeUndefined()
})
