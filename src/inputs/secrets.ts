import type { InputContext } from '../core/input-context.js'
import type { SecretTarget } from '../core/secret-target.js'
import { parseSecretName, parseSecretTargets } from './secret-targets.js'
import { type InputReader, optional } from './table.js'

/** Which secrets, for the actions that write or delete them; parsed together by `readSecretTargets`. */
export const SECRET_INPUTS = {
  secretName: optional('secret_name', (text) => ({ value: text.trim() }), ''),
  secretTargets: optional('secret_targets', (text) => ({ value: text }), ''),
}

/** The inputs that `readSecretTargets` needs. */
interface SecretValues {
  readonly secretName: string
  readonly secretTargets: string
  readonly githubToken: string
  readonly githubApiUrl: string
}

/** The secrets that the inputs name, if any. Reports what is wrong with them, the token or the proxy. */
export function readSecretTargets<V extends SecretValues>(
  inputs: InputReader<V>,
  { repository, findProxyProblem }: InputContext,
): readonly SecretTarget[] | undefined {
  if (!inputs.isSet('secretName') && !inputs.isSet('secretTargets')) return undefined

  inputs.check(
    ['githubToken'],
    ({ githubToken }) =>
      githubToken === '' &&
      `github_token is empty, but writing or deleting secrets requires it; enter the token of a GitHub App or a fine-grained personal access token (the workflow's own GITHUB_TOKEN cannot write secrets)`,
  )
  inputs.check(['githubApiUrl'], ({ githubApiUrl }) => findProxyProblem(githubApiUrl))
  const { secretName = '', secretTargets = '' } = inputs.pick(['secretName', 'secretTargets']) ?? {}
  if (secretName !== '') {
    const name = parseSecretName(secretName)
    if ('problem' in name) inputs.report(`secret_name ${name.problem}`)
  }
  const { targets, problems } = parseSecretTargets(secretTargets, { repository, secretName })
  for (const problem of problems) inputs.report(`secret_targets ${problem}`)
  return targets
}
