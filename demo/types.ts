import type { RunnerLog } from '../local-runner/mask-log.js'
import type { Sandbox } from '../sandbox/types.ts'
import type { Screen } from './screen.js'

/** What the steps of the demo share. */
export interface Stage {
  sandbox: Sandbox
  log: RunnerLog
  screen: Screen
  debug: boolean
  interrupt: { happened: boolean }
}

/** One step of a job: an action and its inputs. */
export interface Step {
  /** As `uses:` has it, without the owner. */
  name: string
  /** Of its action.yml, from the root of the project. */
  folder: string
  /** The `with:`. */
  inputs: Record<string, string>
  /** What its job knows as `github`, over the defaults. */
  github: Record<string, string>
}

/** A part of the story: one job with one step of ours. */
export interface Plan {
  name: string
  title: string
  action: 'create' | 'revoke' | 'prune'
  /** Besides the account. */
  inputs: Record<string, string>
  /** What happens right before. */
  prepare?: () => void
  /** Whether a later step of the job uses the key. */
  usesKey?: boolean
}

/** A chapter of the story, and what it left in the two services. */
export interface Chapter {
  name: string
  /** Whether all steps of the job did. */
  succeeded: boolean
  keys: ReturnType<Sandbox['keys']>
  secrets: ReturnType<Sandbox['github']['secrets']>
}

/** A part of a job summary as the screen shows it. The first row of a table is its head. */
export type SummaryBlock = { lines: string[] } | { table: string[][] }
