/** The workflow run, as far as the inputs depend on it. */
export interface InputContext {
  /** `owner/name` of the repository the workflow runs in, `''` when unknown. */
  readonly repository: string
  /** Names of all variables `INPUT_…` of this process, without the prefix: known inputs or not. */
  readonly inputNames: readonly string[]
  /** Whether the job runs on Gitea, which evaluates an input's default once, before main: post always sees success. */
  readonly isGitea: boolean
  /** The name of the event, if its payload has no number: `github.event.number` is empty then. */
  findNumberlessEvent(): string | undefined
  /** Why `org_key` is empty, if GitHub withholds the secrets of this run, and what to do. */
  findWithheldSecrets(): string | undefined
  /** Why the proxy for requests to a URL cannot be used, if it cannot. */
  findProxyProblem(url: string): string | undefined
}
