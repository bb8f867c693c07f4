import { type ApiInputs, readApiInputs } from './api.js'
import { type InputContext, refuseWithheldSecrets } from './context.js'
import { INPUT_NAMES, reportMisspelledNames } from './names.js'
import { parseRevokePolicy } from './post.js'
import { readSecretInputs, type SecretInputs, wantsSecrets } from './secrets.js'
import { InputReader } from './table.js'
import {
  parseBoolean,
  parseChoice,
  parseEnvName,
  parseLabel,
  parseRetain,
  parseUuidList,
} from './values.js'

/** What to do when live keys already bear the label and the teams. */
export type IfExists = 'create' | 'replace' | 'skip' | 'fail'

const parseIfExists = parseChoice(['create', 'replace', 'skip', 'fail'])

/** The values of `if_exists` that replace nothing; `''` is the default. */
const REPLACES_NOTHING = ['', 'create', 'skip', 'fail']

/** The inputs of the root action's main step, checked. */
export interface CreateInputs extends ApiInputs {
  readonly teamIds: readonly string[]
  readonly label: string
  readonly ifExists: IfExists
  readonly retain: number
  readonly envName: string | undefined
  readonly outputKey: boolean
  readonly dryRun: boolean
  /** Where to write the key as a secret; `undefined` when nowhere. */
  readonly secrets: SecretInputs | undefined
}

/** Checks every input of the main step. Throws one `InputError` that lists all problems. */
export function parseCreateInputs(
  read: (name: string) => string,
  context: InputContext,
): CreateInputs {
  refuseWithheldSecrets(read, context)

  const inputs = new InputReader(read)
  reportMisspelledNames(inputs, context.inputNames, INPUT_NAMES.create)
  const api = readApiInputs(inputs, context)
  const teamIds = inputs.required('team_id', parseUuidList)
  const label = inputs.required('label', parseLabel)
  const ifExists = inputs.optional('if_exists', parseIfExists, 'create')
  const retain = inputs.optional('retain', parseRetain, 0)
  inputs.optional('revoke', parseRevokePolicy, 'never')
  const envName = inputs.optional('env_name', parseEnvName, undefined)
  const outputKey = inputs.optional('output_key', parseBoolean, true)
  const dryRun = inputs.optional('dry_run', parseBoolean, false)
  const secrets = readSecretInputs(inputs, context)
  reportContradictions(inputs)
  inputs.finish()

  return {
    ...api(),
    teamIds: teamIds(),
    label: label(),
    ifExists: ifExists(),
    retain: retain(),
    envName: envName(),
    outputKey: outputKey(),
    dryRun: dryRun(),
    secrets: secrets(),
  }
}

/** What only shows when several inputs are seen together. */
function reportContradictions(inputs: InputReader): void {
  const hidesKey = /^false$/i.test(inputs.text('output_key').trim())
  if (hidesKey && !inputs.has('env_name') && !wantsSecrets(inputs)) {
    inputs.report(
      'output_key is false and nothing else takes the key, which could then never be read; write output_key: true, an env_name or a secret_name',
    )
  }
  const ifExists = inputs.text('if_exists').trim()
  if (ifExists === 'skip' && !wantsSecrets(inputs)) {
    inputs.report(
      'if_exists is skip, which needs secrets to look at; write a secret_name, or another if_exists',
    )
  }
  if (/^0*[1-9]\d*$/.test(inputs.text('retain').trim()) && REPLACES_NOTHING.includes(ifExists)) {
    inputs.report(
      `retain has no effect when if_exists is ${ifExists || 'create'}: no previous key would be revoked; set if_exists: replace, or remove retain`,
    )
  }
  if (/^true$/i.test(inputs.text('create_environments').trim()) && !wantsSecrets(inputs)) {
    inputs.report(
      'create_environments has no effect without a secret to write; set secret_name, and secret_targets: env=name, or remove create_environments',
    )
  }
  reportShownSecrets(inputs)
}

/** Names that are public, and that the record for the post step holds as they are. */
function reportShownSecrets(inputs: InputReader): void {
  const secrets = [
    { secret: inputs.text('org_key').trim(), what: 'the Org Management Key' },
    { secret: inputs.text('github_token').trim(), what: 'github_token' },
  ].filter(({ secret }) => secret.length > 3)
  for (const { secret, what } of secrets) {
    if (inputs.text('label').includes(secret)) {
      inputs.report(`label holds ${what}; a label is public, choose another`)
    }
    if (inputs.text('secret_targets').includes(secret)) {
      inputs.report(`secret_targets holds ${what}; write names alone`)
    }
  }
}
