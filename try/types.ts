import type { RunOptions, RunResult } from '../local-runner/types.ts'
import type { Sandbox, SandboxKey, SandboxSecret } from '../sandbox/types.ts'
import type { Screen } from './screen.js'

/** A job of a workflow; texts as they stand there, expressions not yet evaluated. */
export interface Job {
  id: string
  title: string
  /** What happens right before, in the demo. */
  prepare?: (() => void) | undefined
  condition?: string | undefined
  environment?: string | undefined
  env: Record<string, string>
  outputs: Record<string, string>
  /** `inputs` and `matrix`. */
  contexts: Trial['contexts']
  place: string
  steps: TriedStep[]
}

/** A step of a job. */
export interface TriedStep {
  id?: string | undefined
  name: string
  uses: string
  /** Folder of the action, when it is one of this project's. */
  folder?: string | undefined
  /** A script of the demo that this Node.js runs. */
  script?: string
  condition?: string | undefined
  continueOnError?: string | undefined
  inputs: Record<string, string>
  env: Record<string, string>
  /** Where a field of the step stands. */
  placeOf: (...path: string[]) => string
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

/** A job that was played, and what it left in the two services. */
export interface Chapter {
  name: string
  succeeded: boolean
  keys: SandboxKey[]
  secrets: SandboxSecret[]
}

/** A part of a job summary as the screen shows it. The first row of a table is its head. */
export type SummaryBlock = { lines: string[] } | { table: string[][] }
