/** A check run of a commit, as far as the scripts here read it. */
export interface CheckRun {
  readonly name: string
  readonly status: string
  readonly conclusion: string | null
  /** `null` until it starts. */
  readonly started_at: string | null
  readonly app: { readonly slug: string }
  readonly check_suite: { readonly id: number }
}

/** What GitHub holds in a dry run. */
export interface FakeGitHub {
  readonly releases: object[]
  readonly tags: Record<string, string>
  readonly checkRuns: readonly CheckRun[]
  /** Check suites of the workflow that runs. */
  readonly ownSuites: readonly number[]
  /** Whether releases become immutable when they are published. */
  readonly immutable: boolean
  /** Names in dist/ of the commit that a pull request is at. */
  readonly head: readonly string[]
  /** Inputs of `createCommitOnBranch`. */
  readonly commits: unknown[]
  /** Branches for which CI was started. */
  readonly dispatches: string[]
}

/** A release that is played: its name, what must stop it, and what differs. */
export type Case = readonly [
  name: string,
  stops: string | undefined,
  setting: {
    readonly version?: string
    readonly ref?: string
    readonly github?: Partial<FakeGitHub>
    readonly file?: { readonly name: string; readonly text: string }
  },
]

export interface Workflow {
  readonly jobs: Record<
    string,
    { readonly steps: { name: string; run?: string; env?: Record<string, string> }[] }
  >
}
