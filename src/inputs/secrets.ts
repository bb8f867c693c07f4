import type { InputContext } from '../core/input-context.js'
import { listEnvironments, type SecretTarget } from '../core/secret-target.js'
import { checkGitHubAddress } from './api.js'
import { parseSecretTargets } from './secret-targets.js'
import { type InputReader, optional } from './table.js'
import { parseSecretName } from './values.js'

/** Which secrets, for the actions that write or delete them; parsed together by `readSecretTargets`. */
export const SECRET_INPUTS = {
  secretName: optional('secret_name', (text) => parseSecretName(text.trim()), ''),
  secretTargets: optional('secret_targets', (text) => text, ''),
}

interface SecretValues {
  readonly secretName: string
  readonly secretTargets: string
  readonly githubToken: string
  readonly githubApiUrl: string
}

/** The secrets that the inputs name, if any. Reports what is wrong with them, the token or the proxy. */
export function readSecretTargets<V extends SecretValues>(
  inputs: InputReader<V>,
  context: InputContext,
): readonly SecretTarget[] | undefined {
  if (!inputs.isSet('secretName') && !inputs.isSet('secretTargets')) return undefined

  inputs.refuse(
    inputs.values.githubToken === '',
    `github_token is empty, but writing or deleting secrets requires it; enter the token of a GitHub App or a fine-grained personal access token (the workflow's own GITHUB_TOKEN cannot write secrets)`,
  )
  checkGitHubAddress(inputs, context)
  // Without a value, its name is misspelled, which is reported already.
  const { secretName = 'NAME', secretTargets = '' } = inputs.values
  const { targets, problems } = parseSecretTargets(secretTargets, {
    repository: context.repository,
    secretName,
  })
  for (const problem of problems) inputs.report(`secret_targets ${problem}`)
  return targets
}

/** What is wrong with an input about environments, if it is true and no target is one. */
export function findNoEnvironment(
  name: 'create_environments' | 'delete_environments',
  value: boolean | undefined,
  targets: readonly SecretTarget[] | undefined,
): string | undefined {
  // Where no target is readable, that is what is wrong.
  if (!value || targets?.length === 0 || listEnvironments(targets ?? []).length > 0)
    return undefined
  return `${name} is true, but no target is an environment; set secret_name, and secret_targets: env=name, or remove ${name}`
}

/** Text that stops where the number of a pull request would follow, or had one in its middle. */
const LACKS_NUMBER = /[-_/ ]$| {2}/

/** Warns of a label or environment that was probably written with `github.event.number`, in a run whose event has none. */
export function findEmptyNumbers(
  label: string,
  targets: readonly SecretTarget[],
  context: InputContext,
): readonly string[] {
  const environments = listEnvironments(targets).map(({ environment }) => environment)
  const suspects = [label, ...environments].filter((text) => LACKS_NUMBER.test(text))
  const event = suspects.length > 0 && context.findNumberlessEvent()
  if (!event) return []
  return suspects.map((text) => {
    const input = text === label ? 'label' : 'secret_targets: the environment'
    return `${input} "${text}" looks as if a number is missing: \${{ github.event.number }} is empty in a run for ${event}. Skip this step in such runs, or use a number that they have`
  })
}
