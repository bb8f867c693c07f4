import { describe, expect, test } from '@jest/globals'
import {
  ActionError,
  CancelledError,
  ConnectionError,
  explainError,
  type FailedRequestError,
  HttpStatusError,
  InputError,
  StrayKeysError,
  UnreadableResponseError,
} from '../../src/core/errors.js'

describe('explainError', () => {
  test.each<[string, unknown, string]>([
    ['an error', new Error('fake reason'), 'fake reason'],
    ['an error without a message', new TypeError(''), 'TypeError'],
    ['a text', 'fake reason', 'fake reason'],
    ['nothing', undefined, 'undefined'],
    ['null', null, 'null'],
    ['a cause', new Error('outer', { cause: new Error('inner') }), 'outer (inner)'],
    ['a text as cause', new Error('outer', { cause: 'inner' }), 'outer (inner)'],
    [
      'causes of causes',
      new Error('outer', { cause: new Error('middle', { cause: new Error('inner') }) }),
      'outer (middle (inner))',
    ],
    [
      'a cause that adds nothing',
      new Error('outer: inner', { cause: new Error('inner') }),
      'outer: inner',
    ],
    ['a cause without a message', new Error('outer', { cause: new Error('') }), 'outer (Error)'],
    [
      'an error of our own, whole in itself',
      new ActionError('outer', { cause: new Error('inner') }),
      'outer',
    ],
  ])('explains %s', (_what, thrown, text) => {
    expect(explainError(thrown)).toBe(text)
  })
})

describe('the errors of this action', () => {
  test.each([
    ['InputError', new InputError(['fake'])],
    ['CancelledError', new CancelledError('fake')],
    ['ConnectionError', new ConnectionError('fake', 'broken')],
    ['HttpStatusError', new HttpStatusError('fake', 500, undefined)],
    ['UnreadableResponseError', new UnreadableResponseError('fake')],
    ['StrayKeysError', new StrayKeysError('fake', [])],
  ])('have their name: %s', (name, error) => {
    expect(error).toBeInstanceOf(ActionError)
    expect([error.name, error.message]).toEqual([name, 'fake'])
  })

  test.each<[string, FailedRequestError, boolean]>([
    ['no connection', new ConnectionError('fake', 'unreachable'), false],
    ['a certificate that is not trusted', new ConnectionError('fake', 'untrusted'), false],
    ['a lost connection', new ConnectionError('fake', 'broken'), true],
    ['an unreadable response', new UnreadableResponseError('fake'), true],
    ...[302, 408, 409, 500, 502].map((status): [string, FailedRequestError, boolean] => [
      `a ${status}`,
      new HttpStatusError('fake', status, undefined),
      true,
    ]),
    ...[400, 401, 403, 404, 422, 429].map((status): [string, FailedRequestError, boolean] => [
      `a ${status}`,
      new HttpStatusError('fake', status, undefined),
      false,
    ]),
  ])('say whether a write may have taken effect: %s', (_what, error, may) => {
    expect(error.mayHaveTakenEffect).toBe(may)
  })
})
