/** A run of a workflow on a commit, as `gh run list` shows it. */
export interface WorkflowRun {
  readonly workflowName: string
  readonly status: string
  /** `''` until it has completed. */
  readonly conclusion: string
}

/** What GitHub holds in a dry run. */
export interface FakeGitHub {
  readonly releases: object[]
  readonly tags: Record<string, string>
  /** Newest first. */
  readonly runs: readonly WorkflowRun[]
  /** Whether releases become immutable when they are published. */
  readonly immutable: boolean
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
