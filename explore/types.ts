import type { Fault, Sandbox } from '../sandbox/types.ts'

/** A Management Key, with its value. */
export interface OracleKey {
  readonly id: string
  readonly value: string
  readonly label: string
  readonly teamIds: readonly string[]
  readonly createdAt: string
  readonly revoked: boolean
  /** Name of the step that created it; `null` if none did. */
  readonly madeBy: string | null
}

/** A secret, opened. */
export interface OracleSecret {
  /** Its target, in the syntax of `secret_targets`: `repo=owner/name app=dependabot`. */
  readonly place: string
  readonly name: string
  /** `null` when its destination cannot open it. */
  readonly value: string | null
}

/** The state of the two services at one moment. */
export interface OracleWorld {
  readonly keys: readonly OracleKey[]
  readonly secrets: readonly OracleSecret[]
}

/** One process of a step, and all its output. */
export interface OracleRun {
  readonly stage: 'main' | 'post'
  /** `time` when it did not end and was stopped. */
  readonly endedBy: 'itself' | 'killed' | 'time'
  readonly exitCode: number | null
  /** Raw lines of the log. */
  readonly lines: readonly string[]
  /** Values that it masked. */
  readonly masks: readonly string[]
  readonly annotations: readonly { readonly level: string; readonly message: string }[]
  readonly outputs: Readonly<Record<string, string>>
  /** Variables for later steps. */
  readonly env: Readonly<Record<string, string>>
  /** State for the post step. */
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
}

/** The inputs of a step that the promises depend on. */
export interface Expectation {
  readonly label: string
  readonly teamIds: readonly string[]
  readonly ifExists: 'create' | 'replace' | 'skip' | 'fail'
  readonly retain: number
  /** Its input `revoke`. */
  readonly policy: 'never' | 'always' | 'on_failure'
  /** Whether the label is the step's own, because it contains the run ID. */
  readonly ownsLabel: boolean
  readonly outputKey: boolean
  readonly envName: string | undefined
  /** Whether it tries the key before it delivers it. */
  readonly verifies: boolean
  /** Secrets to write or to delete. */
  readonly targets: readonly { readonly place: string; readonly name: string }[]
  /** Keys that a revoke or prune step is to revoke. */
  readonly selectedIds: readonly string[]
}

/** A step: its inputs, and its runs. */
export interface OracleStep extends Expectation {
  readonly name: string
  readonly action: 'create' | 'revoke' | 'prune'
  /** Whether the job had failed when the post step ran. */
  readonly jobFailed: boolean
  /** In order. */
  readonly runs: readonly OracleRun[]
}

/** Everything the oracle needs. */
export interface Story {
  readonly before: OracleWorld
  readonly after: OracleWorld
  readonly steps: readonly OracleStep[]
  /** What must not be shown, besides keys: credentials and sealed values. */
  readonly confidential: readonly string[]
  /** Of these, what must be masked first. */
  readonly credentials: readonly string[]
  /** The contents of `RUNNER_TEMP`. */
  readonly notes: string
  /**
   * Whether the last process of every step ended by itself. Otherwise, a new key may be active that nothing has named
   * yet, so promise 4 does not apply.
   */
  readonly over: boolean
  /**
   * Whether the Management API serves the key list in the end. Otherwise, the ID of a key whose create request got no
   * response cannot be known, and naming its label is enough.
   */
  readonly listing: boolean
  /**
   * Whether the services revoke keys in the end, and delete the secrets that must be deleted first.
   */
  readonly revoking: boolean
  /** Whether the Management API accepts new keys in the end, when a step verifies them. */
  readonly accepting: boolean
}

/** A promise that a story breaks. */
export interface Violation {
  /** Its number in the design. */
  readonly promise: number
  readonly what: string
}

/**
 * Decides which fault plans apply to a configuration.
 *
 * - `create`: sends a create. `lists`: reads the list before that. `own`: its label contains the run ID.
 * - `writes`: writes secrets; `several`, to more than one place; `creates`, one that is new.
 * - `revokes`: revokes keys when all goes well. `deletes`: deletes secrets when all goes well.
 * - `verifies`: reads teams with the new key.
 */
export type Trait =
  | 'create'
  | 'lists'
  | 'own'
  | 'writes'
  | 'several'
  | 'creates'
  | 'revokes'
  | 'deletes'
  | 'verifies'

/** One way to use the actions. */
export interface Configuration {
  name: string
  action: 'create' | 'revoke' | 'prune'
  /** Whether a later step fails the job after this one has succeeded. */
  jobFails: boolean
  /** Whether the runner drops the state of a killed main step, as it does for a background step. */
  losesState: boolean
  traits: Trait[]
  /** Seeds a sandbox, with keys and secrets as old as in real life. */
  prepare: (sandbox: Sandbox) => Setup
}

/** The step to run on a seeded sandbox. */
export interface Setup {
  inputs: Record<string, string>
  expected: Partial<Expectation>
}

/** What exists before a create step. */
export interface Around {
  /** How many keys have its label and its team; the newest of them is in all old secrets. */
  previous?: number
  /** Targets that already have the secret. */
  old?: string[]
  /** Targets that do not. */
  fresh?: string[]
  /** Whether an earlier attempt of the run has just created a key with its label and its team. */
  young?: boolean
  jobFails?: boolean
  losesState?: boolean
  /** Whether the step has nothing to do. */
  makesNone?: boolean
}

/** What fails at the services while a step runs. */
export interface FaultPlan {
  name: string
  /** The traits a configuration must have. */
  needs: Trait[]
  faults: (configuration: Configuration) => Fault[]
  /** The step's request timeout, if the plan needs it to expire. */
  timeoutSeconds?: number
  /** What always fails, so that keys can only be named. */
  refuses?: 'lists' | 'revocations' | 'deletions' | 'verification'
}

/** A deliberate mistake in the sources. */
export interface Break {
  name: string
  /** Text that occurs exactly once in `src/`. */
  find: string
  replacement: string
  /** Pairs that must find it, as `--only` accepts them; none if it takes several steps. */
  only: string[]
  /** In how many schedules the simulation must find it instead. */
  schedules?: number
}

/** A configuration with a plan that applies to it. */
export interface Pair {
  configuration: Configuration
  plan: FaultPlan
}

/** One case: which process is killed after which of its effects, counted from 1; 0 for not at all. */
export interface Case extends Pair {
  main: number
  post: number
}

/** The outcome of a case. */
export interface Outcome {
  violations: Violation[]
  /** Of the main step. */
  mainEffects: string[]
  /** Of the post step after it, or of the second run of an action without one. */
  postEffects: string[]
  /** A digest of everything that the post step could see: it does the same for the same digest. */
  situation: string
  /** Processes started. */
  runs: number
  /** The log of all of them, as a runner shows it. */
  log: string[]
}

/** Where the action is, and which Node.js runs it. */
export interface Stage {
  actionDir: string
  node: string
}

/** Plays a case, and counts and reports its outcome. */
export type PlayCase = (which: Case) => Promise<Outcome>
