import { type ApiInputs, readApiInputs } from './api.js'
import { type InputContext, refuseWithheldSecrets } from './context.js'
import { INPUT_NAMES, reportMisspelledNames } from './names.js'
import { readSecretInputs, type SecretInputs } from './secrets.js'
import { InputReader } from './table.js'
import { parseBoolean, parseChoice, parseKeyIds, parseLabel, parseUuidList } from './values.js'

/** Which keys to revoke: these, or all with exactly this label, bound to all these teams. */
export type KeySelection =
  | { readonly by: 'id'; readonly ids: readonly string[] }
  | { readonly by: 'label'; readonly label: string; readonly teamIds: readonly string[] }

/** The inputs of the revoke action, checked. */
export interface RevokeInputs extends ApiInputs {
  readonly selection: KeySelection
  readonly ifMissing: 'ignore' | 'fail'
  readonly dryRun: boolean
  /** Secrets to delete first; `undefined` when there are none. */
  readonly secrets: SecretInputs | undefined
}

const parseIfMissing = parseChoice(['ignore', 'fail'])

/** Checks every input of the revoke action. Throws one `InputError` that lists all problems. */
export function parseRevokeInputs(
  read: (name: string) => string,
  context: InputContext,
): RevokeInputs {
  refuseWithheldSecrets(read, context)

  const inputs = new InputReader(read)
  reportMisspelledNames(inputs, context.inputNames, INPUT_NAMES.revoke)
  const api = readApiInputs(inputs, context)
  const selection = readSelection(inputs)
  const ifMissing = inputs.optional('if_missing', parseIfMissing, 'ignore')
  const dryRun = inputs.optional('dry_run', parseBoolean, false)
  const secrets = readSecretInputs(inputs, context)
  inputs.finish()
  return {
    ...api(),
    selection: selection(),
    ifMissing: ifMissing(),
    dryRun: dryRun(),
    secrets: secrets(),
  }
}

function readSelection(inputs: InputReader): () => KeySelection {
  const ids = inputs.optional('key_id', parseKeyIds, [])
  const label = inputs.optional('label', parseLabel, '')
  const teamIds = inputs.optional('team_id', parseUuidList, [])
  if (inputs.has('key_id') === inputs.has('label')) {
    const both = inputs.has('key_id') ? 'are both there' : 'are both empty'
    inputs.report(`key_id and label ${both}; write exactly one of them`)
  }
  if (inputs.has('key_id') && inputs.has('team_id')) {
    inputs.report('team_id goes only with label; remove it')
  }
  return () =>
    inputs.has('key_id')
      ? { by: 'id', ids: ids() }
      : { by: 'label', label: label(), teamIds: teamIds() }
}
