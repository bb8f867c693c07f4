import { expect, test } from '@jest/globals'
import { ActionError, explainError } from '../../src/core/errors.js'

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
