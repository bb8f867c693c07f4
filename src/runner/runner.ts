import type { InputContext } from '../core/input-context.js'
import type { Message } from '../core/message.js'
import type { ProcessIdentity, ProcessState } from './processes.js'
import type { StepNote } from './step-notes.js'

/** The workflow run that the step belongs to. */
export interface RunContext extends InputContext {
  /** `GITHUB_RUN_ID`, `''` outside a run. */
  readonly runId: string
  /** `GITHUB_ACTION`: which step of the job this is; main and post step have the same. */
  readonly action: string
  /** Tells this job, on this start of this machine, from all others. */
  readonly job: string
  readonly process: ProcessIdentity
  /** When this process started, in milliseconds since this machine started. */
  readonly startedAt: number
  /** Where people read this GitHub, without a slash at the end: `https://github.com`, or a GHES. */
  readonly serverUrl: string
  /** The folder of this action's documentation, without a slash at the end. */
  readonly docsUrl: string
  /** What the proxy variables say that has no effect, and what to write instead; `undefined` for nothing. */
  findIgnoredProxySettings(): string | undefined
}

/**
 * Everything the action reads from the runner and writes to it. Known secrets are removed from every text written,
 * except outputs, variables and state, and no text can be mistaken for a workflow command.
 */
export interface Runner {
  readonly context: RunContext
  /** Text of an input as the workflow gave it, untrimmed; `''` when not set. */
  readInput(name: string): string
  /** Text that the main step saved for the post step; `''` when there is none. */
  readState(name: string): string
  /** Hides a value from here on: in the log, and in everything else written through this port. */
  mask(secret: string): void
  /** Hides a value in everything written through this port, without passing it to the runner. */
  hide(secret: string): void
  /** Removes every known secret, and every piece of one, from outside text. */
  scrub(text: string): string
  /** Saves a text, which must not contain a secret, for the post step. Throws when the runner's file cannot be written. */
  saveState(name: string, value: string): void
  /** Sets a step output. Throws when the runner's file cannot be written. */
  setOutput(name: string, value: string): void
  /** Exports a variable to later steps. Throws when the runner's file cannot be written. */
  exportVariable(name: string, value: string): void
  /**
   * Writes a note for the other steps of the job under the first free number, which no other process gets. Returns it;
   * `undefined` without a folder for temporary files. Throws when it cannot be written.
   */
  addNote(text: string): number | undefined
  /** Replaces the note of this number. Throws when it cannot be written. */
  replaceNote(number: number, text: string): void
  readNotes(): readonly StepNote[]
  observe(process: ProcessIdentity): ProcessState
  /** Sends a signal to a process, if it is certain to be exactly this one. */
  signal(process: ProcessIdentity, signal: 'SIGINT' | 'SIGKILL'): void
  /** Throws an `ActionError` when outputs, state or variables could not be written later. */
  checkFiles(files: readonly RunnerFile[]): void
  /** Shown only with step debug logging. */
  debug(message: string): void
  info(message: string): void
  /** Folds the lines of the log that `work` writes, under a title. */
  group<T>(title: string, work: () => Promise<T>): Promise<T>
  /**
   * An annotation that informs. Where an annotation is too long for GitHub, or one too many, all of it stands in
   * plain lines.
   */
  notice(message: Message): void
  warning(message: Message): void
  /** An annotation that says why the step failed, and fails it. */
  fail(message: Message): void
  /** Adds Markdown to the job summary. Never throws: a summary is not worth a failed job. */
  appendSummary(markdown: string): void
  /** Whether this process has added to the job summary. */
  hasSummary(): boolean
  /**
   * Runs work that must not be interrupted: while it runs, a cancellation only aborts the signals below.
   * Otherwise, a cancellation ends the process immediately.
   */
  uninterrupted<T>(work: () => Promise<T>): Promise<T>
  /** Aborted when the runner cancels the step while uninterrupted work runs. */
  readonly cancellation: AbortSignal
  /** Aborted a few seconds later, in time to save the record and end before the runner kills the process. */
  readonly lastCall: AbortSignal
}

/** A file command of the runner, by the name of its variable without `GITHUB_`. */
export type RunnerFile = 'OUTPUT' | 'STATE' | 'ENV'
