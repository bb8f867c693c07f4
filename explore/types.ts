import type { Fault, Sandbox } from '../sandbox/types.ts'

/** A Management Key as it really is. */
export interface OracleKey {
  readonly id: string
  readonly value: string
  readonly label: string
  readonly teamIds: readonly string[]
  readonly createdAt: string
  readonly revoked: boolean
  /** Name of the step that had it created; `null` for everybody else. */
  readonly madeBy: string | null
}

/** A secret, opened. */
export interface OracleSecret {
  /** Its target, in the action's own words: `repo=owner/name app=dependabot`. */
  readonly place: string
  readonly name: string
  /** `null` when its destination cannot open it. */
  readonly value: string | null
}

/** What the two services hold at one moment. */
export interface OracleWorld {
  readonly keys: readonly OracleKey[]
  readonly secrets: readonly OracleSecret[]
}

/** One process of a step, and all that it said. */
export interface OracleRun {
  readonly stage: 'main' | 'post'
  /** `time` when it had to be stopped because it did not end. */
  readonly endedBy: 'itself' | 'killed' | 'time'
  readonly exitCode: number | null
  /** Raw lines of the log. */
  readonly lines: readonly string[]
  /** Values that it asked to mask. */
  readonly masks: readonly string[]
  readonly annotations: readonly { readonly level: string; readonly message: string }[]
  readonly outputs: Readonly<Record<string, string>>
  /** Variables for later steps. */
  readonly env: Readonly<Record<string, string>>
  /** State for the post step. */
  readonly state: Readonly<Record<string, string>>
  readonly summary: string
}

/** What was asked of a step, as far as the promises depend on it. */
export interface Expectation {
  readonly label: string
  readonly teamIds: readonly string[]
  readonly ifExists: 'create' | 'replace' | 'skip' | 'fail'
  readonly retain: number
  /** Its input `revoke`. */
  readonly policy: 'never' | 'always' | 'on_failure'
  /** Whether nobody else uses the label, since it holds the run's id. */
  readonly ownsLabel: boolean
  readonly outputKey: boolean
  readonly envName: string | undefined
  /** Secrets to write or to delete. */
  readonly targets: readonly { readonly place: string; readonly name: string }[]
  /** Keys that a revoke or prune step is to revoke. */
  readonly selectedIds: readonly string[]
}

/** A step: what was asked of it, and how it went. */
export interface OracleStep extends Expectation {
  readonly name: string
  readonly action: 'create' | 'revoke' | 'prune'
  /** How the job stood when the post step ran. */
  readonly jobFailed: boolean
  /** In order. */
  readonly runs: readonly OracleRun[]
}

/** Everything the oracle judges by. */
export interface Story {
  readonly before: OracleWorld
  readonly after: OracleWorld
  readonly steps: readonly OracleStep[]
  /** What must not be shown, besides keys: credentials that were given, sealed values. */
  readonly confidential: readonly string[]
  /** Of these, what has to be masked before anything else happens. */
  readonly credentials: readonly string[]
  /** What stands in `RUNNER_TEMP`. */
  readonly notes: string
  /**
   * Whether the last process of every step ended by itself. As long as one was killed and nothing has run after
   * it, a new key may be active that nobody has named yet: promise 4 then only demands that no harm was done.
   */
  readonly over: boolean
  /**
   * Whether the Management API answers lists in the end. Where it refuses them, the id of a key whose create got
   * no response cannot be known, and naming its label has to do.
   */
  readonly listing: boolean
  /**
   * Whether revocations are carried out in the end, and so are the deletions of secrets that come before them, so
   * that whatever has to be revoked can be.
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
 * What makes faults meet a configuration.
 *
 * - `create`: sends a create. `lists`: reads the list before that. `own`: its label holds the run's id.
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
  /** Whether the runner does not read the state of a main step that is killed, as it does in the background. */
  losesState: boolean
  traits: Trait[]
  /** Seeds a sandbox; the keys and secrets that are there by then are as old as in real life. */
  prepare: (sandbox: Sandbox) => Setup
}

/** The step to run on a seeded sandbox. */
export interface Setup {
  inputs: Record<string, string>
  expected: Partial<Expectation>
}

/** What is there before a step that creates. */
export interface Around {
  /** So many keys with its label and its team; the newest of them is in all old secrets. */
  previous?: number
  /** Targets that have the secret already. */
  old?: string[]
  /** Targets that have not. */
  fresh?: string[]
  /** A key with its label and its team that was made a moment ago: by an earlier attempt of the run. */
  young?: boolean
  jobFails?: boolean
  losesState?: boolean
  /** Whether the step finds that there is nothing to do. */
  makesNone?: boolean
}

/** What goes wrong at the services while a step runs. */
export interface FaultPlan {
  name: string
  /** Traits without which a configuration never meets it. */
  needs: Trait[]
  faults: (configuration: Configuration) => Fault[]
  /** The step's own limit for one request, when something waits for that. */
  timeoutSeconds?: number
  /** What fails for good, so that keys can only be named. */
  refuses?: 'lists' | 'revocations' | 'deletions' | 'verification'
}

/** A deliberate mistake in the sources. */
export interface Break {
  name: string
  /** What stands in exactly one place of `src/`. */
  find: string
  replacement: string
  /** Pairs in which it has to show, as `--only` takes them; none where it takes several steps to show. */
  only: string[]
  /** In how many schedules of the simulation it has to show instead. */
  schedules?: number
}

/** A configuration with a plan that can befall it. */
export interface Pair {
  configuration: Configuration
  plan: FaultPlan
}

/** One case: which process is killed after which of its effects, counted from 1; 0 for not at all. */
export interface Case extends Pair {
  main: number
  post: number
}

/** What came of a case. */
export interface Outcome {
  violations: Violation[]
  /** Of the main step, as far as it came. */
  mainEffects: string[]
  /** Of the post step (or of the second run of an action that has none) that came right after it. */
  postEffects: string[]
  /** A digest of all that the post step could see when it started: it does the same for the same digest. */
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

/** Plays a case, and counts and reports what comes of it. */
export type PlayCase = (which: Case) => Promise<Outcome>
