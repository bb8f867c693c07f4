/** Why GitHub gives a run no secrets. */
export type WithheldSecrets = 'fork' | 'dependabot'

/** The run that the action shows, or decides by. */
export interface RunContext {
  /** `GITHUB_RUN_ID`, `''` outside a run. */
  readonly runId: string
  /** `GITHUB_ACTION`: which step of the job this is; main and post step have the same. */
  readonly action: string
  /** Process ID of this process. */
  readonly pid: number
  /** `owner/name` of the repository the workflow runs in, `''` when unknown. */
  readonly repository: string
  /** Names of all variables `INPUT_…` of this process, without the prefix. */
  readonly inputNames: readonly string[]
  /** Why GitHub gives this run no secrets, if it withholds them. */
  findWithheldSecrets(): WithheldSecrets | undefined
  /** Why the proxy that requests to a URL would have to take cannot be used, if that is so. */
  findProxyProblem(url: string): string | undefined
}

/**
 * Everything the action takes from the runner and gives to it.
 * Every text that goes out through here, outputs, variables and state apart, is cleared of known secrets
 * and cannot be mistaken for a workflow command.
 */
export interface Runner {
  readonly context: RunContext
  /** Text of an input as the workflow gave it, untrimmed; `''` when not set. */
  readInput(name: string): string
  /** Text a former step of this action saved; `''` when there is none. */
  readState(name: string): string
  /** Hides a value in the log from here on, and in everything else that leaves through this port. */
  mask(secret: string): void
  /** Hides a value in everything that leaves through this port, without naming it to the runner. */
  hide(secret: string): void
  /** Takes every known secret, and every piece of one, out of a text that somebody else wrote. */
  scrub(text: string): string
  /** Keeps a text, which must hold no secret, for the post step. Throws when the runner's file cannot be written. */
  saveState(name: string, value: string): void
  /** Sets a step output. Throws when the runner's file cannot be written. */
  setOutput(name: string, value: string): void
  /** Exports a variable to later steps. Throws when the runner's file cannot be written. */
  exportVariable(name: string, value: string): void
  /** Leaves this process's note for the other steps of the job, in place of its former one. Never throws. */
  writeNote(text: string): void
  /** The notes that processes of this job have left, the oldest first. */
  readNotes(): readonly string[]
  /** Whether a process of this machine still runs. */
  isAlive(pid: number): boolean
  /** Throws, before anything is at stake, when outputs or variables could not be handed on later. */
  checkFiles(files: readonly RunnerFile[]): void
  /** Shown only with step debug logging. */
  debug(message: string): void
  /** A line of the log. */
  info(message: string): void
  /** An annotation that informs. */
  notice(message: string): void
  /** An annotation that warns. */
  warning(message: string): void
  /** An annotation that tells why the step failed, and fails it. */
  fail(message: string): void
  /** Adds Markdown to the job summary. Never throws: a record is not worth a failed job. */
  appendSummary(markdown: string): void
  /**
   * Runs work that must not be cut off between two effects: while it runs, a cancellation is only noted.
   * Outside, a cancellation ends the process at once.
   */
  uninterrupted<T>(work: () => Promise<T>): Promise<T>
  /** Aborted when the runner cancels the step while work must not be cut off. */
  readonly cancellation: AbortSignal
  /** Aborted a few seconds later, in time to record what is left and to end before the runner kills the process. */
  readonly lastCall: AbortSignal
}

/** A file command of the runner, by the name of its variable without `GITHUB_`. */
export type RunnerFile = 'OUTPUT' | 'STATE' | 'ENV'
