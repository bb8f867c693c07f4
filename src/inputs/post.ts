import type { InputContext } from '../core/input-context.js'
import { API_INPUTS, githubToken, ORG_INPUTS } from './api.js'
import { InputReader, type InputValues, optional, withDefault } from './table.js'
import { parseChoice } from './values.js'

/**
 * The inputs that the root action's post step reads. The runner evaluates them again; they decide where secrets are
 * sent, because the saved record could come from another step.
 */
export const POST_INPUTS = {
  ...ORG_INPUTS,
  /** When a key that was delivered is revoked. */
  revoke: withDefault('revoke', 'never', parseChoice(['never', 'always', 'on_failure'])),
  githubToken,
  ...API_INPUTS,
  /** `success`, `failure` or `cancelled`; `''` when the runner does not set it. */
  jobStatus: optional('job_status', (text) => ({ value: text.trim().toLowerCase() }), ''),
}

/** The values of the post step's inputs. */
export type PostInputs = InputValues<typeof POST_INPUTS>

/** Checks the inputs of the post step. Throws one `InputError` that lists all problems. */
export function parsePostInputs(read: (name: string) => string, context: InputContext): PostInputs {
  const inputs = new InputReader(POST_INPUTS, read)
  inputs.check(['apiUrl'], ({ apiUrl }) => context.findProxyProblem(apiUrl))
  return inputs.finish()
}
