import { describe, expect, test } from '@jest/globals'
import { UnreadableResponseError } from '../../src/core/errors.js'
import { parseJson } from '../../src/core/json.js'
import { readKeyPage, readNewKey, readRevocation } from '../../src/junction/responses.js'
import { catchError } from '../support/fakes.js'

const NEW_KEY = {
  id: 'fake-key-id',
  label: 'preview-42',
  created_at: '2026-01-02T03:04:05.678901+00:00',
  creator: 'fake-creator',
  role: 'team_admin',
  team_role_bindings: [{ team_id: 'FAKE-TEAM-A' }, { team_id: 'fake-team-b' }],
  key: 'mg_fake_new_key',
}

const UNUSABLE_IDS: readonly unknown[] = [
  ...['', '.', '..', '...', ' ', 'a b', 'a\nb', '\u0000', '\u007f', 'ä', 'a'.repeat(201)],
  ...[undefined, null, 7, ['fake-key-id'], { id: 'fake-key-id' }],
]

/** IDs that look dangerous but are safe once percent-encoded. */
const USABLE_IDS = ['a'.repeat(200), '../x', '%2e%2e', '.a', 'a?b#c/d', '"<b>"', '0']

function catchUnreadable(body: unknown) {
  return catchError(() =>
    readNewKey(parseJson(typeof body === 'string' ? body : JSON.stringify(body))),
  )
}

describe('readNewKey', () => {
  const read = (response: unknown) => readNewKey(parseJson(JSON.stringify(response)))

  test('accepts an unknown field and an unknown role', () => {
    const key = read({ ...NEW_KEY, role: 'fake_new_role', color: 'red', __proto__: { id: 'x' } })
    expect(key).toMatchObject({ id: 'fake-key-id', role: 'fake_new_role' })
    expect(key).not.toHaveProperty('color')
  })

  test.each([null, 7, {}, []])('ignores fields of another type: %j', (odd) => {
    expect(read({ ...NEW_KEY, label: odd, role: odd, created_at: odd })).toMatchObject({
      id: 'fake-key-id',
      label: undefined,
      role: undefined,
      createdAt: undefined,
    })
  })

  test.each<[unknown, readonly string[] | undefined]>([
    [undefined, undefined],
    [null, undefined],
    ['fake-team-a', undefined],
    [{ team_id: 'fake-team-a' }, undefined],
    [[], []],
    [[null, 7, 'fake', {}, { team_id: 7 }, { team_id: 'fake-team-a' }], ['fake-team-a']],
  ])('reads the teams of %j', (bindings, teamIds) => {
    expect(read({ ...NEW_KEY, team_role_bindings: bindings }).teamIds).toEqual(teamIds)
  })

  test.each(USABLE_IDS)('accepts the ID %j', (id) => {
    expect(read({ ...NEW_KEY, id }).id).toBe(id)
  })

  describe('when it is unreadable', () => {
    test.each(UNUSABLE_IDS.map((id) => [id]))('has no id for %j', async (id) => {
      const error = await catchUnreadable({ ...NEW_KEY, id })
      expect(error).toBeInstanceOf(UnreadableResponseError)
      expect(error).toMatchObject({ keyId: undefined })
    })

    test.each([undefined, null, '', ' \n', 7, ['mg_fake'], {}])(
      'reports the ID when the key is %j',
      async (key) => {
        const error = await catchUnreadable({ ...NEW_KEY, key })
        expect(error).toBeInstanceOf(UnreadableResponseError)
        expect(error).toMatchObject({ keyId: 'fake-key-id' })
      },
    )

    test.each(['', 'null', '[]', '"mg_fake"', '<html>', '{}', JSON.stringify([NEW_KEY])])(
      'refuses the body %j',
      async (body) => {
        const error = await catchUnreadable(body)
        expect(error).toBeInstanceOf(UnreadableResponseError)
        expect(error).toMatchObject({ keyId: undefined })
      },
    )
  })
})

describe('readKeyPage', () => {
  const read = (response: unknown) => readKeyPage(parseJson(JSON.stringify(response)))

  test.each([undefined, null, ''])('is the last page with the cursor %j', (cursor) => {
    expect(read({ data: [], next_cursor: cursor })).toEqual({ keys: [], nextCursor: undefined })
  })

  test.each([null, 7, 'x', [], ...UNUSABLE_IDS.map((id) => ({ id }))])(
    'refuses a list with an entry that cannot be named: %j',
    (entry) => {
      expect(() => read({ data: [{ id: 'fake-key-id' }, entry] })).toThrow(UnreadableResponseError)
    },
  )

  test.each([
    ...['', 'null', '[]', '{}', '<html>', '{"data":{}}', '{"data":null}', '{"data":"x"}'],
    ...['{"data":[],"next_cursor":7}', '{"data":[],"next_cursor":{}}'],
    ...['{"data":[],"next_cursor":false}', '{"data":[{"id":"fake"}'],
  ])('refuses the body %j', (body) => {
    expect(() => readKeyPage(parseJson(body))).toThrow(UnreadableResponseError)
  })
})

describe('readRevocation', () => {
  test('accepts null and the key, in any case, and nothing else', () => {
    expect(readRevocation(null, NEW_KEY.id)).toBeUndefined()
    expect(readRevocation(NEW_KEY, NEW_KEY.id.toUpperCase())).toBe(NEW_KEY.label)
    for (const other of [{}, [], true, { ...NEW_KEY, id: 'another-key-id' }]) {
      expect(() => readRevocation(other, NEW_KEY.id)).toThrow(UnreadableResponseError)
    }
  })
})
