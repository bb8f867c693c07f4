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

/** Inputs of the root action, each wrong by itself. */
export const ALL_WRONG: Given = {
  org_key: 'sk_us_team_api_key_4711',
  org_id: 'fake-organization',
  team_id: 'fake-team',
  label: 'two\nlines',
  if_exists: 'maybe',
  retain: '1001',
  older_than: '30',
  revoke: 'sometimes',
  env_name: 'GITHUB_FAKE',
  output_key: 'yes',
  verify: 'on',
  dry_run: '1',
  api_url: 'http://evil.example',
  timeout_seconds: '0',
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
