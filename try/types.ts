import type { Screen } from '../demo/screen.js'
import type { RunnerLog } from '../local-runner/mask-log.js'
import type { RunOptions, RunResult } from '../local-runner/types.ts'
import type { Sandbox } from '../sandbox/types.ts'

/** A file and a line of it. */
export type Place = `${string}:${number}`

/** A job of a workflow; texts as they stand there, expressions not yet evaluated. */
export interface Job {
  id: string
  condition: string | undefined
  environment: string | undefined
  env: Record<string, string>
  outputs: Record<string, string>
  /** `inputs` and `matrix`. */
  contexts: Trial['contexts']
  place: Place
  steps: TriedStep[]
}

/** A step of a job. */
export interface TriedStep {
  id: string | undefined
  name: string
  uses: string
  /** Folder of the action, when it is one of this project's. */
  folder: string | undefined
  condition: string | undefined
  continueOnError: string | undefined
  inputs: Record<string, string>
  env: Record<string, string>
  /** Where a field of the step stands. */
  placeOf: (...path: string[]) => Place
}

/** What all jobs share. */
export interface Trial {
  sandbox: Sandbox
  screen: Screen
  /** Teams of the sandbox by what stands for each in the workflow. */
  teams: Map<string, string>
  /** `secrets`, `vars`, `github` and `needs`. */
  contexts: Record<string, Record<string, unknown>>
}

/** A job while it runs. */
export interface RunningJob {
  log: RunnerLog
  /** Those of the trial, with `env`, `steps`, `inputs` and `matrix`. */
  contexts: Trial['contexts']
  /** What steps exported. */
  exported: Record<string, string>
  temp: string
  runs: RunResult[]
  /** Post steps to come, first registered first. */
  posts: { name: string; options: RunOptions; main: RunResult }[]
  /** Ids of the steps that were passed over. */
  unplayed: Set<string>
}
