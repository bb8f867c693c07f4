import { InputError } from '../core/errors.js'

/** Why GitHub gives a run no secrets. */
export type WithheldSecrets = 'fork' | 'dependabot'

/** What the inputs mean depends on the run they are part of. */
export interface InputContext {
  /** `owner/name` of the repository the workflow runs in, `''` when unknown. */
  readonly repository: string
  /** Names of all variables `INPUT_…` of this process, without the prefix: known inputs or not. */
  readonly inputNames: readonly string[]
  /** Why GitHub gives this run no secrets, if it withholds them. */
  findWithheldSecrets(): WithheldSecrets | undefined
  /** Why the proxy that requests to a URL would have to take cannot be used, if that is so. */
  findProxyProblem(url: string): string | undefined
}

const REASONS: Readonly<Record<WithheldSecrets, string>> = {
  fork: "org_key is empty because this pull request comes from a fork, and GitHub gives a fork's pull request no secrets. Skip this step for forks: if: github.event.pull_request.head.repo.full_name == github.repository",
  dependabot:
    "org_key is empty because this run was started by Dependabot, which gets no Actions secrets. Add the key to the repository's Dependabot secrets, or skip this step: if: github.event.pull_request.user.login != 'dependabot[bot]'",
}

/**
 * Throws an `InputError` when `org_key` is empty because the run gets no secrets. It is the only thing worth
 * saying then, since whatever else is missing is missing for the same reason.
 */
export function refuseWithheldSecrets(read: (name: string) => string, context: InputContext): void {
  if (read('org_key').trim() !== '') return
  const withheld = context.findWithheldSecrets()
  if (withheld !== undefined) throw new InputError([REASONS[withheld]])
}
