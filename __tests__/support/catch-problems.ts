import { InputError } from '../../src/core/errors.js'

/** What is wrong with inputs, a line for each problem; nothing when they can be parsed. */
export function catchProblems(parse: () => unknown): readonly string[] {
  try {
    parse()
  } catch (error) {
    if (error instanceof InputError) return error.problems
    throw error
  }
  return []
}
