import { expect, test } from '@jest/globals'
import { listPairs, nameCase, readOnly } from '../../explore/cases.js'
import { FAULT_PLANS, toSandbox } from '../../explore/fault-plans.js'
import { FaultQueue } from '../../sandbox/faults.js'

test('reads every case back from its name', () => {
  const cases = listPairs().flatMap((pair) => [
    { ...pair, main: 0, post: 0 },
    { ...pair, main: 12, post: 0 },
    { ...pair, main: 12, post: 3 },
    { ...pair, main: 0, post: 3 },
  ])
  expect(cases.map((which) => readOnly(nameCase(which)))).toEqual(cases.map((which) => [which]))
})

test('reads all pairs of a configuration', () => {
  const pairs = listPairs().filter(({ configuration }) => configuration.name === 'create-own')
  expect(readOnly('create-own')).toEqual(pairs.map((pair) => ({ ...pair, main: 0, post: 0 })))
})

test.each(['nonsense', 'create-own/nonsense', 'create-own/none/main@x', 'create-own/none/main'])(
  'refuses %s',
  (text) => {
    expect(() => readOnly(text)).toThrow(TypeError)
  },
)

test('has plans whose faults the sandbox accepts', () => {
  for (const fault of FAULT_PLANS.flatMap(({ faults }) => faults))
    expect(() => new FaultQueue().add(toSandbox(fault))).not.toThrow()
})
