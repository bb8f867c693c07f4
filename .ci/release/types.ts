/** A release, as far as the scripts here read it. */
export interface Release {
  readonly id: number
  readonly tag_name: string
  readonly target_commitish: string
  readonly assets: readonly { readonly name: string }[]
  readonly notes?: string
  draft: boolean
  immutable?: boolean
}

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
  releases: Release[]
  readonly tags: Record<string, string>
  readonly checkRuns: readonly CheckRun[]
  /** Check suites of the workflow that runs. */
  readonly ownSuites: readonly number[]
  /** Whether releases become immutable when they are published. */
  readonly immutable: boolean
  /** Paths and object IDs of the files of the commit that a pull request is at. */
  readonly head: Readonly<Record<string, string>>
  /** Inputs of `createCommitOnBranch`. */
  readonly commits: unknown[]
  readonly dispatches: string[]
}
