import { describe, expect, test } from '@jest/globals'
import { InputError } from '../../src/core/errors.js'
import { InputReader } from '../../src/inputs/table.js'
import { parseBoolean, parseLabel } from '../../src/inputs/values.js'

function readerOf(inputs: Readonly<Record<string, string>>): InputReader {
  return new InputReader((name) => inputs[name] ?? '')
}

function finish(inputs: InputReader): readonly string[] {
  try {
    inputs.finish()
  } catch (error) {
    if (error instanceof InputError) return error.problems
    throw error
  }
  return []
}

describe('InputReader', () => {
  test('gives the values when nothing is wrong', () => {
    const inputs = readerOf({ label: ' fake ', dry_run: 'true' })
    const label = inputs.required('label', parseLabel)
    const dryRun = inputs.optional('dry_run', parseBoolean, false)
    expect(finish(inputs)).toEqual([])
    expect([label(), dryRun()]).toEqual([' fake ', true])
  })

  test.each(['', '  ', '\n'])('gives the fallback for an optional input of %j', (text) => {
    const inputs = readerOf({ dry_run: text })
    expect(inputs.optional('dry_run', parseBoolean, 'fallback')()).toBe('fallback')
    expect(finish(inputs)).toEqual([])
  })

  test('has no fallback for an optional input that is wrong', () => {
    const inputs = readerOf({ dry_run: 'maybe' })
    const dryRun = inputs.optional('dry_run', parseBoolean, false)
    expect(finish(inputs)).toHaveLength(1)
    expect(dryRun).toThrow(InputError)
  })

  test('collects every problem, in order, each with the name of its input', () => {
    const inputs = readerOf({ dry_run: 'maybe', output_key: 'perhaps' })
    inputs.required('label', parseLabel)
    inputs.optional('dry_run', parseBoolean, false)
    inputs.report('two inputs do not go together')
    inputs.optional('output_key', parseBoolean, true)
    expect(finish(inputs)).toEqual([
      'label is empty; write the label the key shall bear',
      'dry_run "maybe" is not a boolean; write true or false',
      'two inputs do not go together',
      'output_key "perhaps" is not a boolean; write true or false',
    ])
  })

  test('throws nothing before it is asked to', () => {
    const inputs = readerOf({})
    expect(() => inputs.required('label', parseLabel)).not.toThrow()
    expect(() => inputs.report('fake problem')).not.toThrow()
    expect(() => inputs.finish()).toThrow(InputError)
  })

  test('never gives the value of an input that is wrong', () => {
    const label = readerOf({}).required('label', parseLabel)
    expect(label).toThrow('label is empty')
  })
})
