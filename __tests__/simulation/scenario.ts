import * as fc from 'fast-check'
import { FAULT_KINDS, type Fault, type ServiceClocks } from './services.js'
import type { Fate } from './step-process.js'

/** `GITHUB_RUN_ID` of every simulated job. */
export const RUN_ID = '4242'

const TEAMS = ['00000000-0000-4000-9000-00000000000a', '00000000-0000-4000-9000-00000000000b']

/** Places for secrets, in the syntax of `secret_targets`. */
const PLACES = ['repo=fake-owner/fake-app', 'repo=fake-owner/fake-app env=fake', 'org=fake-owner']

/** One step of the job, and its faults. */
export interface StepPlan {
  readonly name: string
  readonly label: string
  readonly teamIds: readonly string[]
  readonly ifExists: 'create' | 'replace' | 'skip' | 'fail'
  readonly retain: number
  readonly policy: 'never' | 'always' | 'on_failure'
  readonly outputKey: boolean
  readonly exportsKey: boolean
  readonly verifies: boolean
  readonly places: readonly string[]
  /** Which of `places` already have the secret. */
  readonly old: readonly boolean[]
  readonly timeoutSeconds: number
  /** When it starts, in milliseconds after the job. */
  readonly startMs: number
  readonly main: RunPlan
  readonly post: RunPlan
  /** Whether the runner drops its state unless it ends by itself. */
  readonly losesState: boolean
}

/** The faults of one process: of its requests in order, and its own. */
export interface RunPlan {
  readonly faults: readonly Fault[]
  readonly fate: Fate
}

/** Everything that is decided before a simulation begins, except the order of turns. */
export interface Scenario {
  readonly steps: readonly StepPlan[]
  /** How many keys of every label and its teams exist before. */
  readonly previous: number
  readonly jobFails: boolean
  /** Whether all post steps run in parallel, rather than one after the other. */
  readonly postsTogether: boolean
  /** When somebody else creates a key with each label that is not a step's own; `undefined` for never. */
  readonly outsiderMs: number | undefined
  /** From what age on the Management API accepts a key, in milliseconds; `Infinity` for never. */
  readonly acceptedAfterMs: number
  readonly clocks: ServiceClocks
}

/** A request that gets a response immediately. */
export const NO_FAULT: Fault = { kind: 'none', status: 503, outMs: 0, backMs: 0 }

const fault: fc.Arbitrary<Fault> = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant('none' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...FAULT_KINDS) },
  ),
  status: fc.constantFrom(503, 500, 429, 409, 408, 403),
  outMs: fc.constantFrom(0, 0, 10, 300, 1_500),
  backMs: fc.constantFrom(0, 0, 10, 300, 1_500),
})

const fate = (most: number): fc.Arbitrary<Fate> =>
  fc.record({
    kind: fc.constantFrom(
      'none' as const,
      'none' as const,
      'killed' as const,
      'cancelled' as const,
    ),
    at: fc.integer({ min: 1, max: most }),
  })

const runPlan = (mostFaults: number, mostEffects: number): fc.Arbitrary<RunPlan> =>
  fc.record({
    faults: fc.array(fault, { maxLength: mostFaults }),
    fate: fate(mostEffects),
  })

const step = fc.record({
  isOwnLabel: fc.boolean(),
  teamIds: fc.constantFrom(TEAMS.slice(0, 1), TEAMS.slice(0, 1), TEAMS.slice(1), TEAMS),
  ifExists: fc.constantFrom<StepPlan['ifExists'][]>('create', 'create', 'replace', 'skip', 'fail'),
  retain: fc.constantFrom(0, 0, 1),
  policy: fc.constantFrom<StepPlan['policy'][]>('never', 'never', 'always', 'on_failure'),
  outputKey: fc.boolean(),
  exportsKey: fc.boolean(),
  verifies: fc.constantFrom(false, false, true),
  places: fc.oneof(fc.constant([]), fc.subarray(PLACES)),
  old: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  timeoutSeconds: fc.constantFrom(2, 5),
  startMs: fc.constantFrom(0, 0, 200, 1_000, 3_000),
  main: runPlan(8, 60),
  post: runPlan(4, 20),
  losesState: fc.boolean(),
})

/** Scenarios of two or three steps. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    steps: fc.array(step, { minLength: 2, maxLength: 3 }),
    isCrowded: fc.boolean(),
    previous: fc.constantFrom(0, 1, 2),
    jobFails: fc.boolean(),
    postsTogether: fc.boolean(),
    outsiderMs: fc.constantFrom(undefined, undefined, 0, 300, 2_000),
    acceptedAfterMs: fc.constantFrom(0, 0, 300, 5_000, Infinity),
    clocks: fc.record({
      skewMs: fc.constantFrom(0, 0, 700, -90_000, 3_600_000),
      lagMs: fc.constantFrom(0, 200),
    }),
  })
  .map(({ steps, isCrowded, ...others }) => ({
    ...others,
    steps: steps.map((one) => (isCrowded ? crowd(one) : one)).map(makePlan),
  }))

type DrawnStep = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Gives a step the same label and teams as the others, and moves its faults from the search to the create request. */
function crowd(drawn: DrawnStep): DrawnStep {
  const { main } = drawn
  const faults = [NO_FAULT, ...main.faults]
  const same = { isOwnLabel: true, teamIds: TEAMS.slice(0, 1), ifExists: 'create' as const }
  return { ...drawn, ...same, main: { ...main, faults } }
}

function makePlan({ isOwnLabel, ...drawn }: DrawnStep, index: number): StepPlan {
  const name = `step-${'abc'[index]}`
  const { ifExists, places, outputKey, exportsKey, retain, startMs } = drawn
  const base = isOwnLabel ? `fake-${RUN_ID}` : 'fake-label'
  // Whoever replaces owns a label: it may share it with steps that replace at the same time. A later one would
  // revoke its key. One that skips goes by what was there before the job.
  const suffix = { create: '', fail: '', replace: '-replaced', skip: `-${name}` }[ifExists]
  return {
    ...drawn,
    name,
    label: base + suffix,
    startMs: ifExists === 'replace' ? 0 : startMs,
    ifExists: ifExists === 'skip' && places.length === 0 ? 'create' : ifExists,
    retain: ifExists === 'replace' ? retain : 0,
    outputKey: outputKey || (places.length === 0 && !exportsKey),
  }
}
