import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { RunnerLog } from './mask-log.js'

/** What a runner needs to know about an action.yml. */
export interface ActionMetadata {
  /** As action.yml declares them, expressions not yet evaluated. */
  inputs: Record<string, { default?: string; required?: string; deprecationMessage?: string }>
  /** Path of the main script, from the folder of action.yml. */
  main: string
  post: string | undefined
  postIf: string
}

/** What a job knows; merged over the defaults. `github.token` reaches inputs, never the environment. */
export interface JobContext {
  github?: Record<string, string> | undefined
  job?: Record<string, string> | undefined
  runner?: Record<string, string> | undefined
}

/** A complete context. */
export type FullJobContext = Record<'github' | 'job' | 'runner', Record<string, string>>

/** A workflow command found in a line of output, names in lower case, escapes undone. */
export interface RunnerCommand {
  name: string
  properties: Record<string, string>
  data: string
}

/** An error, a warning or a notice that a step made. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice'
  /** Masked, as the annotation shows it. */
  message: string
  properties: Record<string, string>
}

/** What a step leaves in the log while it runs. */
export interface StepRecord {
  /** Annotations made, those beyond the limit included. */
  counts: Record<Annotation['level'], number>
  annotations: Annotation[]
  /** Values of its `add-mask` commands, raw. */
  masks: string[]
  /** What the runner could not execute, or rejected. */
  problems: string[]
  outputs: Pairs
  state: Pairs
  failed: boolean
  /** Why the runner reads no more of its output. */
  lost: string | undefined
}

/** Paths of the files and folders of one step, by the variable that names each. */
export type StepFiles = Record<
  | 'GITHUB_OUTPUT'
  | 'GITHUB_STATE'
  | 'GITHUB_ENV'
  | 'GITHUB_PATH'
  | 'GITHUB_STEP_SUMMARY'
  | 'GITHUB_EVENT_PATH'
  | 'GITHUB_WORKSPACE'
  | 'RUNNER_TEMP',
  string
>

/** Names and values in the order in which they were written. */
export type Pairs = [name: string, value: string][]

/** What a step left in its files. */
export interface StepRemains {
  outputs: Pairs
  state: Pairs
  env: Pairs
  /** What later steps get at the start of their PATH: the last line of the file first. */
  path: string[]
  /** As it is uploaded: masked, and empty when it is refused or lost. */
  summary: string
  /** As the action wrote it. */
  rawSummary: string
  /** Lines that the log shows for what is wrong with the files. */
  shown: string[]
}

/** How to run one script of an action. */
export interface RunOptions {
  /** Folder of the action.yml. */
  actionDir: string
  /** The step's `with:`. For post they can differ from main's, or be empty, as in a nested composite action. */
  inputs?: Record<string, string> | undefined
  /** The job's and the step's `env:`. */
  env?: Record<string, string | undefined> | undefined
  /** Merged over the defaults of an ordinary pull request job. */
  context?: JobContext | undefined
  /** Variables that override everything the runner sets (undefined removes one), to imitate a broken runner. */
  overrides?: Record<string, string | undefined> | undefined
  /** Payload of the event; `{}` when left out. */
  event?: unknown
  /** What main saved, for post. */
  state?: Record<string, string> | undefined
  /** The step's `if:`, of status functions; without it main always runs. */
  if?: string | undefined
  continueOnError?: boolean | undefined
  /** Node.js that runs the action; this process's own when left out. */
  node?: string | undefined
  /** Arguments for Node.js, before the script. */
  nodeArgs?: string[] | undefined
  /** Step debug logging. */
  debug?: boolean | undefined
  /** Masked from the start, as `secrets.*` are. */
  secrets?: readonly string[] | undefined
  /** Log of the job, when several steps share one; replaces `secrets`. It also knows how the job stands. */
  log?: RunnerLog | undefined
  /** Gets each raw line. */
  onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined
  /** Gets each line as the log shows it. */
  onShown?: ((line: string) => void) | undefined
  /** The process is killed after it; one minute when left out. */
  timeoutMs?: number | undefined
}

/** How a process ended. */
export interface ProcessEnd {
  exitCode: number | null
  signal: NodeJS.Signals | null
  timedOut: boolean
}

/** A script of an action that ran to its end. */
export interface RunResult
  extends ProcessEnd,
    Pick<StepRecord, 'annotations' | 'masks' | 'problems'>,
    Pick<StepRemains, 'path' | 'summary' | 'rawSummary'> {
  /** Also a failure when the runner cannot execute a command or read a file. */
  outcome: 'success' | 'failure' | 'cancelled' | 'skipped'
  /** The same, except that a failure with `continueOnError` is a success. */
  conclusion: RunResult['outcome']
  stdout: string
  stderr: string
  /** Raw lines of both streams, as they came. */
  lines: string[]
  /** The same as the log shows them. */
  shown: string[]
  outputs: Record<string, string>
  /** State for the next stage, including the given state. */
  state: Record<string, string>
  /** What later steps get in their environment. */
  env: Record<string, string>
}

/** The process of an action: nothing to write to, two streams to read. */
export type ActionProcess = ChildProcessByStdio<null, Readable, Readable>

/** How a step is stopped. */
export interface Cancellation {
  interruptMs?: number | undefined
  terminateMs?: number | undefined
  /**
   * The runner itself is shut down: the step is signaled even where its condition still holds (post,
   * `always()`), the job fails, and no further step starts, post steps included.
   */
  shutdown?: boolean | undefined
  /**
   * A job container: no signal arrives, the files are read at once, and the process goes on beside
   * whatever comes next.
   */
  unreachable?: boolean | undefined
}

/** A script of an action while it runs. */
export interface ActionRun {
  /** Missing when the step is skipped. */
  child: ActionProcess | undefined
  /** Rejects when the process cannot be started, and for what the local runner does not play. */
  finished: Promise<RunResult>
  /** Resolves when the process has ended, which an unreachable one may do long after `finished`. */
  gone: Promise<void>
  /** What the runner does to a cancelled step: SIGINT, 7.5 s later SIGTERM, 2.5 s later SIGKILL. */
  cancel: (how?: Cancellation) => void
}
