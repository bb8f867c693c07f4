import { resolve } from 'node:path'
import { expect } from '@jest/globals'
import { outcomeOf, SUCCESS } from '../support/messages.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

test('no step without secrets loads slow modules', async ({ main, post }) => {
  const options = { nodeArgs: ['--require', resolve('__tests__/support/list-built-ins.cjs')] }
  const created = await main({}, options)
  expect([outcomeOf(created), created.stderr]).toEqual([SUCCESS, ''])
  const cleaned = await post(created, { revoke: 'always' }, options)
  expect([cleaned.annotations, cleaned.stderr]).toEqual([[], ''])
})
