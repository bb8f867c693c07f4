import type { InputContext } from '../core/input-context.js'
import { listEnvironments } from '../core/secret-target.js'
import { API_INPUTS, githubToken, ORG_INPUTS, readMainInputs } from './api.js'
import { findEmptyNumbers, findNoEnvironment, readSecretTargets, SECRET_INPUTS } from './secrets.js'
import { optional, withDefault } from './table.js'
import { parseBoolean, parseChoice, parseKeyIds, parseLabel, parseUuidList } from './values.js'

/** The inputs of the revoke action, in the order of its `action.yml`. */
export const REVOKE_INPUTS = {
  ...ORG_INPUTS,
  keyIds: optional('key_id', parseKeyIds, []),
  label: optional('label', parseLabel, ''),
  teamIds: optional('team_id', parseUuidList, []),
  ifMissing: withDefault('if_missing', 'ignore', parseChoice(['ignore', 'fail'])),
  ...SECRET_INPUTS,
  deleteEnvironments: withDefault('delete_environments', 'false', parseBoolean),
  githubToken,
  dryRun: withDefault('dry_run', 'false', parseBoolean),
  ...API_INPUTS,
}

export type RevokeInputs = ReturnType<typeof parseRevokeInputs>

/** Checks every input of the revoke action. Throws one `InputError` that lists all problems. */
export function parseRevokeInputs(read: (name: string) => string, context: InputContext) {
  const inputs = readMainInputs(REVOKE_INPUTS, read, context)
  const targets = readSecretTargets(inputs, context)
  const environments = listEnvironments(targets ?? [])
  const isById = inputs.isSet('keyIds')
  inputs.refuse(
    isById === inputs.isSet('label'),
    `key_id and label are both ${isById ? 'set' : 'empty'}; set exactly one of them`,
  )
  inputs.report(findNoEnvironment('delete_environments', inputs.values.deleteEnvironments, targets))
  inputs.refuse(isById && inputs.isSet('teamIds'), 'team_id is valid only with label; remove it')

  const { keyIds, label, teamIds, deleteEnvironments, ...values } = inputs.finish()
  // A JSON array is how outputs carry IDs: nobody mistyped one.
  const isOutput = read('key_id').trimStart().startsWith('[')
  // An empty list of keys is nothing to do: a secret may contain a key that is in use.
  const isNothing = isById && keyIds.length === 0
  return {
    ...values,
    /** Which keys to revoke: these, or all with exactly this label, bound to all these teams. */
    selection: isById
      ? { by: 'id' as const, ids: keyIds, isOutput }
      : { by: 'label' as const, label, teamIds },
    /** Secrets to delete first. */
    targets: isNothing ? [] : (targets ?? []),
    /** Environments to delete last. */
    environments: deleteEnvironments && !isNothing ? environments : [],
    warnings: findEmptyNumbers(label, targets ?? [], context),
  }
}
