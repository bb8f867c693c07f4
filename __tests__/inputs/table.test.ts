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

function readerOf(inputs: Given) {
  return new InputReader(TABLE, (name) => inputs[name] ?? '')
}

describe('InputReader', () => {
  test('gives every value when nothing is wrong', () => {
    const inputs = readerOf({ label: ' fake ', dry_run: 'true', note: 'b' })
    expect(inputs.finish()).toEqual({ label: ' fake ', dryRun: true, note: 'b' })
  })

  test.each(['', '  ', '\n'])('treats %j as an omitted input', (text) => {
    const values = readerOf({ label: 'a', dry_run: text, note: text }).finish()
    expect(values).toStrictEqual({ label: 'a', dryRun: false, note: undefined })
  })

  test('reads and parses every text once', () => {
    const read: string[] = []
    const parsed: string[] = []
    const parse = (text: string) => {
      parsed.push(text)
      return { value: text }
    }
    const table = { a: required('a', parse), b: withDefault('b', '1', parse) }
    const inputs = new InputReader(table, (name) => {
      read.push(name)
      return name === 'a' ? 'given' : ''
    })
    inputs.check(['a', 'b'], ({ a, b }) => a === b && 'the same')
    inputs.finish()
    expect([read, parsed]).toEqual([
      ['a', 'b'],
      ['given', '1'],
    ])
  })

  test('collects every problem, in order and once, and throws them when it is asked to', () => {
    const inputs = readerOf({ dry_run: 'maybe' })
    for (const _ of ['first', 'second']) inputs.report('two inputs are incompatible')
    expect(() => inputs.finish()).toThrow(InputError)
    expect(catchProblems(() => inputs.finish())).toEqual([
      'label is empty; enter a label for the key',
      'dry_run "maybe" is not a boolean; enter true or false',
      'two inputs are incompatible',
    ])
  })

  test('a rule sees the values, and its problem counts', () => {
    const inputs = readerOf({ label: 'a', dry_run: 'TRUE' })
    inputs.check(['label', 'dryRun'], ({ label, dryRun }) => dryRun && `no ${label} in a dry run`)
    inputs.check(['label', 'dryRun'], ({ dryRun }) => !dryRun && 'not reported')
    inputs.check(['note'], ({ note }) => note)
    expect(catchProblems(() => inputs.finish())).toEqual(['no a in a dry run'])
    expect(inputs.pick(['label', 'note'])).toMatchObject({ label: 'a', note: undefined })
  })

  test('a rule is skipped when an input it needs is wrong by itself', () => {
    const inputs = readerOf({ label: 'a', dry_run: 'maybe' })
    const fail = () => {
      throw new Error('asked')
    }
    inputs.check(['label', 'dryRun'], fail)
    expect(inputs.pick(['dryRun'])).toBeUndefined()
    expect([inputs.isSet('dryRun'), inputs.isSet('note')]).toEqual([true, false])
    expect(catchProblems(() => inputs.finish())).toHaveLength(1)
  })

  describe('an input that counts only where it is used', () => {
    const table = {
      label: TABLE.label,
      url: { ...withDefault('url', 'a', parseBoolean), unused: true },
    }
    const read = (name: string) => (name === 'label' ? 'fake' : 'wrong')

    test('has its own value when it is wrong and not used', () => {
      expect(new InputReader(table, read).finish()).toEqual({ label: 'fake', url: true })
    })

    test('is reported once it is used', () => {
      const inputs = new InputReader(table, read)
      inputs.use('url')
      inputs.use('label')
      inputs.check(['url'], () => 'not asked')
      expect(catchProblems(() => inputs.finish())).toEqual([
        'url "wrong" is not a boolean; enter true or false',
      ])
    })
  })

  test('does not judge what an input was meant to be by its default', () => {
    const inputs = new InputReader(TABLE, (name) => (name === 'label' ? 'a' : 'false'), ['DRY-RUN'])
    inputs.check(['dryRun'], () => 'follows from the default')
    expect(catchProblems(() => inputs.finish())).toEqual([expect.stringMatching(/^dry-run is not/)])
  })

  test('reports a misspelled name alone, not that the input is empty as well', () => {
    const inputs = new InputReader(TABLE, () => '', ['LABLE', 'DRY-RUN'])
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
})
