import { describe, expect, test } from '@jest/globals'
import { InputError } from '../../src/core/errors.js'
import { InputReader, optional, required, withDefault } from '../../src/inputs/table.js'
import { parseBoolean, parseLabel } from '../../src/inputs/values.js'
import { catchProblems, type Given } from '../support/inputs.js'

const TABLE = {
  label: required('label', parseLabel),
  dryRun: withDefault('dry_run', 'false', parseBoolean),
  note: optional('note', parseLabel, undefined),
}

function readerOf(inputs: Given, variables: readonly string[] = []) {
  return new InputReader(TABLE, (name) => inputs[name] ?? '', variables)
}

test('gives every value when nothing is wrong', () => {
  const inputs = readerOf({ label: ' fake ', dry_run: 'true', note: 'b' })
  expect(inputs.finish()).toEqual({ label: ' fake ', dryRun: true, note: 'b' })
})

test.each(['', '  ', '\n'])('treats %j as an omitted input', (text) => {
  const values = readerOf({ label: 'a', dry_run: text, note: text }).finish()
  expect(values).toStrictEqual({ label: 'a', dryRun: false, note: undefined })
})

test('collects every problem, in order and once, and throws them when it is asked to', () => {
  const inputs = readerOf({ dry_run: 'maybe' })
  for (const isWrong of [true, false, true]) inputs.refuse(isWrong, 'two inputs are incompatible')
  inputs.refuse(false, 'not reported')
  inputs.report(undefined)
  expect(() => inputs.finish()).toThrow(InputError)
  expect(catchProblems(() => inputs.finish())).toEqual([
    'label is empty; enter a label for the key',
    'dry_run "maybe" is not a boolean; enter true or false',
    'two inputs are incompatible',
  ])
})

test('a rule sees the values, without those that are wrong by themselves', () => {
  const inputs = readerOf({ label: 'a', dry_run: 'maybe' })
  expect(inputs.values).toStrictEqual({ label: 'a', note: undefined })
  expect([inputs.isSet('dryRun'), inputs.isSet('note')]).toEqual([true, false])
})

test('an error that is not about an input is not caught', () => {
  const fail = () => {
    throw new TypeError('a bug')
  }
  expect(() => new InputReader({ a: required('a', fail) }, () => '')).toThrow('a bug')
})

test('an input that counts only where it is used has its own value until then', () => {
  const url = { ...withDefault('url', 'a', parseBoolean), unused: true }
  const read = (name: string) => (name === 'label' ? 'fake' : 'wrong')
  const inputs = new InputReader({ label: TABLE.label, url }, read)
  expect(inputs.finish()).toEqual({ label: 'fake', url: true })
  inputs.use('url')
  inputs.use('label')
  expect(inputs.values).toEqual({ label: 'fake' })
  expect(catchProblems(() => inputs.finish())).toEqual([
    'url "wrong" is not a boolean; enter true or false',
  ])
})

describe('a misspelled name', () => {
  test('is reported alone, not that the input is empty as well', () => {
    const inputs = readerOf({}, ['LABLE', 'DRY-RUN'])
    expect([inputs.isSet('label'), inputs.isSet('dryRun'), inputs.isSet('note')]).toEqual([
      true,
      true,
      false,
    ])
    expect(catchProblems(() => inputs.finish())).toEqual([
      'lable is not an input of this action; enter label instead',
      'dry-run is not an input of this action; enter dry_run instead (if INPUT_LABLE or INPUT_DRY-RUN is a variable of your own, rename it)',
    ])
  })

  test('keeps the default of the input that was meant from being judged', () => {
    expect(readerOf({ label: 'a', dry_run: 'false' }, ['DRY-RUN']).values).toEqual({
      label: 'a',
      note: undefined,
    })
  })
})
