import { InputError } from '../../src/core/errors.js'
import type { InputContext } from '../../src/core/input-context.js'

/** Texts of inputs by their name in `action.yml`. */
export type Given = Readonly<Record<string, string>>

/** An ordinary run. */
export const RUN: InputContext = {
  repository: 'octo-org/example',
  inputNames: [],
  isGitea: false,
  findNumberlessEvent: () => undefined,
  findWithheldSecrets: () => undefined,
  findProxyProblem: () => undefined,
}

/** The required inputs of every action. */
export const ORG: Given = {
  org_key: 'mg_fake_org_key_0000',
  org_id: '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b',
}

/** Parses inputs of an action in an ordinary run, with valid values for omitted required inputs. */
export function readerOf<Inputs>(
  parseInputs: (read: (name: string) => string, context: InputContext) => Inputs,
  valid: Given,
) {
  const parse = (given: Given = {}, run: Partial<InputContext> = {}) => {
    const inputs = { ...ORG, ...valid, ...given }
    return parseInputs((name) => inputs[name] ?? '', { ...RUN, ...run })
  }
  return {
    parse,
    findProblems: (...given: Parameters<typeof parse>) => catchProblems(() => parse(...given)),
  }
}

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
