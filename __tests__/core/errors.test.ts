import { expect, test } from '@jest/globals'
import {
  ActionError,
  ConnectionError,
  explainError,
  HttpStatusError,
  UnreadableResponseError,
} from '../../src/core/errors.js'

const INNER = new Error('inner')

test.each<[unknown, string]>([
  [new Error('fake reason'), 'fake reason'],
  [new TypeError(''), 'TypeError'],
  ['fake reason', 'fake reason'],
  [undefined, 'undefined'],
  [new Error('outer', { cause: 'inner' }), 'outer (inner)'],
  [new Error('outer', { cause: new Error('middle', { cause: INNER }) }), 'outer (middle (inner))'],
  [new Error('outer: inner', { cause: INNER }), 'outer: inner'],
  [new Error('outer', { cause: new Error('') }), 'outer (Error)'],
  [new ActionError('outer', { cause: INNER }), 'outer'],
])('%j is explained as %j', (thrown, text) => {
  expect(explainError(thrown)).toBe(text)
})

test('errors of requests say whether a write may have taken effect', () => {
  for (const failure of ['unreachable', 'silent', 'untrusted'] as const) {
    expect(new ConnectionError('fake', failure).mayHaveTakenEffect).toBe(false)
  }
  expect(new ConnectionError('fake', 'broken').mayHaveTakenEffect).toBe(true)
  expect(new UnreadableResponseError('fake').mayHaveTakenEffect).toBe(true)
  for (const status of [302, 408, 409, 500, 502]) {
    expect(new HttpStatusError('fake', status).mayHaveTakenEffect).toBe(true)
  }
  for (const status of [400, 401, 403, 404, 422, 429]) {
    expect(new HttpStatusError('fake', status).mayHaveTakenEffect).toBe(false)
  }
})
