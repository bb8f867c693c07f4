import type { RunnerLog } from '../local-runner/mask-log.js'
import type { JobContext, RunResult } from '../local-runner/types.ts'
import type { Screen } from './screen.js'

/** A key as the demo's table shows it, without its value. */
export interface KeyRow {
  id: string
  label: string
  live: boolean
}

/** A GitHub secret as the demo's table shows it: the ID of its key, not the value. */
export interface SecretRow {
  scope: string
  name: string
  /** `undefined` when it is not a key, or could not be decrypted. */
  keyId: string | undefined
}

/** A request that one of the two services received. */
export interface RequestRow {
  service: string
  method: string
  path: string
  status: number | null
}

/** What the demo runs against: the embedded sandbox, or a real Management API. */
export interface DemoService {
  title: string
  /** Those of every step: the account. */
  inputs: Record<string, string>
  /** Of the demo's key. */
  label: string
  /** What a workflow would keep in `secrets.*`, and its own token. */
  credentials: string[]
  /** What the demo's jobs know, over the defaults. */
  context: JobContext
  listKeys: () => Promise<KeyRow[]>
  /** Only with the sandbox. */
  world: PreviewWorld | undefined
  stop: () => Promise<void>
}

/** The sandbox as the story of a preview key needs it. */
export interface PreviewWorld {
  /** May write secrets. */
  githubToken: string
  /** ID of a key that its closed pull request left behind. */
  staleKeyId: string
  /** ID of a key whose pull request is open. */
  youngKeyId: string
  /** Closes the one of the demo's key. */
  closePullRequest: () => void
  /** Opened. */
  listSecrets: () => SecretRow[]
  listRequests: () => RequestRow[]
  /** What must not be shown: keys, tokens, and encrypted values as sent. */
  listHidden: () => string[]
}

/** What the steps of the demo share. */
export interface Stage {
  service: DemoService
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
  context: JobContext
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
  main: RunResult
  post: RunResult | undefined
  /** Whether all later steps of the job succeeded. */
  used: boolean
  keys: KeyRow[]
  secrets: SecretRow[]
}

/** Conditions, each with the message to show if it is false. */
export type Checks = readonly (readonly [held: boolean, failure: string])[]

/** A part of a job summary as the screen shows it. The first row of a table is its head. */
export type SummaryBlock = { lines: string[] } | { table: string[][] }
