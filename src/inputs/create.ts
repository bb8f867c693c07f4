import type { InputContext } from '../core/input-context.js'
import { REVOKE_POLICIES } from '../core/revoke-policy.js'
import { API_INPUTS, githubToken, ORG_INPUTS, readMainInputs } from './api.js'
import { findEmptyNumbers, findNoEnvironment, readSecretTargets, SECRET_INPUTS } from './secrets.js'
import { InputReader, type InputValues, optional, required, withDefault } from './table.js'
import {
  parseAge,
  parseBoolean,
  parseChoice,
  parseEnvName,
  parseLabel,
  parseList,
  parseUuidList,
  parseWholeNumber,
} from './values.js'

/** A token this short may appear in a text by chance. */
const LONGEST_COINCIDENCE = 3

/** The runner evaluates them again. They decide where secrets are sent: the saved record could be another step's. */
export const POST_INPUTS = {
  ...ORG_INPUTS,
  /** What the step asked for, as far as its inputs still say it. */
  teamIds: optional('team_id', (text) => [...new Set(parseList(text.toLowerCase()))], []),
  label: optional('label', (text) => text, ''),
  githubToken,
  ...API_INPUTS,
  /** `success`, `failure` or `cancelled`; `''` when the runner does not set it. */
  jobStatus: optional('job_status', (text) => text.trim().toLowerCase(), ''),
}

/** The inputs of the root action, in the order of its `action.yml`. */
export const CREATE_INPUTS = {
  ...ORG_INPUTS,
  teamIds: required('team_id', parseUuidList),
  label: required('label', parseLabel),
  ifExists: withDefault('if_exists', 'create', parseChoice(['create', 'replace', 'skip', 'fail'])),
  retain: withDefault('retain', '0', parseWholeNumber(0, 1000)),
  /** Previous keys are replaced once the newest is older than this many milliseconds, or a target lacks the secret. */
  olderThanMs: optional('older_than', parseAge, undefined),
  revoke: withDefault('revoke', 'never', parseChoice(REVOKE_POLICIES)),
  ...SECRET_INPUTS,
  createEnvironments: withDefault('create_environments', 'false', parseBoolean),
  githubToken,
  envName: optional('env_name', parseEnvName, undefined),
  outputKey: withDefault('output_key', 'true', parseBoolean),
  verify: withDefault('verify', 'false', parseBoolean),
  dryRun: withDefault('dry_run', 'false', parseBoolean),
  ...API_INPUTS,
  jobStatus: POST_INPUTS.jobStatus,
}

export type PostInputs = InputValues<typeof POST_INPUTS>

export type CreateInputs = ReturnType<typeof parseCreateInputs>

/** Checks every input of the main step. Throws one `InputError` that lists all problems. */
export function parseCreateInputs(read: (name: string) => string, context: InputContext) {
  const inputs = readMainInputs(CREATE_INPUTS, read, context)
  const targets = readSecretTargets(inputs, context)
  const { ifExists = 'replace', retain = 0, olderThanMs, revoke } = inputs.values

  if (targets === undefined) {
    inputs.refuse(
      inputs.values.outputKey === false && !inputs.isSet('envName'),
      'output_key is false, and neither env_name nor secret_name is set, so the key would be lost; set one of the three',
    )
    inputs.refuse(
      ifExists === 'skip',
      'if_exists: skip requires a secret to look for; set secret_name, or choose another if_exists',
    )
  }
  const { createEnvironments } = inputs.values
  inputs.report(findNoEnvironment('create_environments', createEnvironments, targets))
  inputs.refuse(
    retain > 0 && ifExists !== 'replace',
    `retain has no effect when if_exists is ${ifExists}: no previous key would be revoked; set if_exists: replace, or remove retain`,
  )
  inputs.refuse(
    olderThanMs !== undefined && ifExists !== 'replace',
    `older_than has no effect when if_exists is ${ifExists}; set if_exists: replace, or remove older_than`,
  )
  inputs.refuse(
    revoke === 'on_failure' && context.isGitea,
    'revoke: on_failure would never revoke on Gitea, which tells every post step that the job succeeded; set revoke: always, or add a last step with if: failure() that runs the revoke action',
  )
  for (const secret of ['orgKey', 'githubToken'] as const) {
    const value = inputs.values[secret] ?? ''
    for (const text of ['label', 'secretTargets'] as const) {
      inputs.refuse(
        value.length > LONGEST_COINCIDENCE && inputs.values[text]?.includes(value),
        `${CREATE_INPUTS[text].name} contains the value of ${CREATE_INPUTS[secret].name} and is not kept secret; remove that value`,
      )
    }
  }

  const values = inputs.finish()
  return {
    ...values,
    targets: targets ?? [],
    warnings: findEmptyNumbers(values.label, targets ?? [], context),
  }
}

/** Reads the inputs of the post step: `values` has those that are readable, `finish` throws what is wrong with others. */
export function readPostInputs(read: (name: string) => string, context: InputContext) {
  const inputs = new InputReader(POST_INPUTS, read)
  inputs.report(inputs.values.apiUrl && context.findProxyProblem(inputs.values.apiUrl))
  return inputs
}
