import * as fc from 'fast-check'
import { FAULT_KINDS, FAULT_PLANS, type Fault } from '../../explore/fault-plans.js'
import {
  CONFIGURATIONS,
  EMPTY_INPUTS,
  type EmptyInput,
  REPOSITORY,
  RUN_ID,
  type StepPlan,
  TEAMS,
} from '../../explore/scenarios.js'
import type { ServiceClocks } from './services.js'
import type { Fate } from './step-process.js'

/** Places for secrets, in the syntax of `secret_targets`. */
const PLACES = [`repo=${REPOSITORY}`, `repo=${REPOSITORY} env=fake`, 'org=octo-org']

/** One step of the job, and its faults. */
export interface StepScenario extends StepPlan {
  readonly timeoutSeconds: number
  /** When it starts, in milliseconds after the job. */
  readonly startMs: number
  readonly main: RunPlan
  readonly post: RunPlan
  /** The input that is empty in its post step. */
  readonly empty: EmptyInput
}

/** The faults of one process: of its requests in order, and its own. */
export interface RunPlan {
  readonly faults: readonly Fault[]
  readonly fate: Fate
}

/** Everything that is decided before a simulation begins, except the order of turns. */
export interface Scenario {
  readonly steps: readonly StepScenario[]
  /** How many keys of every label and its teams exist before. */
  readonly previous: number
  readonly jobFails: boolean
  /** Whether all post steps run in parallel, rather than one after the other. */
  readonly postsTogether: boolean
  /** Whether post steps do not see the processes of main steps, as in another container. */
  readonly isUnseen: boolean
  /** Whether the steps are inside one composite action, and share `GITHUB_ACTION`. */
  readonly isComposite: boolean
  /** When somebody else creates a key with each label that is not a step's own; `undefined` for never. */
  readonly outsiderMs: number | undefined
  /** From what age on the Management API accepts a key, in milliseconds; `Infinity` for never. */
  readonly acceptedAfterMs: number
  readonly clocks: ServiceClocks
}

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
    kind: fc.oneof(
      {
        weight: 5,
        arbitrary: fc.constantFrom<Fate['kind'][]>('none', 'none', 'killed', 'cancelled'),
      },
      { weight: 1, arbitrary: fc.constantFrom<Fate['kind'][]>('container', 'shutdown') },
    ),
    at: fc.integer({ min: 1, max: most }),
  })

/** Any faults, or those of a plan. */
const runPlan = (mostFaults: number, mostEffects: number): fc.Arbitrary<RunPlan> =>
  fc.record({
    faults: fc.oneof(
      { weight: 5, arbitrary: fc.array(fault, { maxLength: mostFaults }) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(...FAULT_PLANS).map(({ faults }) => faults(['list'])),
      },
    ),
    fate: fate(mostEffects),
  })

const inputs: fc.Arbitrary<Omit<StepPlan, 'name' | 'action' | 'teamIds'>> = fc.record({
  label: fc.constantFrom('fake-label', `fake-${RUN_ID}`),
  ifExists: fc.constantFrom<StepPlan['ifExists'][]>('create', 'create', 'replace', 'skip', 'fail'),
  retain: fc.constantFrom(0, 0, 1),
  policy: fc.constantFrom<StepPlan['policy'][]>('never', 'never', 'always', 'on_failure'),
  outputKey: fc.boolean(),
  exportsKey: fc.boolean(),
  verifies: fc.constantFrom(false, false, true),
  places: fc.oneof(fc.constant([]), fc.subarray(PLACES)),
  old: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  losesState: fc.boolean(),
})

/** Those of a configuration that both engines play. */
const known = fc.constantFrom(
  ...CONFIGURATIONS.map(({ step }) => step).filter(({ action }) => action === 'create'),
)

type DrawnStep = Omit<StepScenario, 'name' | 'action'>

const step: fc.Arbitrary<DrawnStep> = fc
  .record({
    teamIds: fc.constantFrom(
      TEAMS.slice(0, 1),
      TEAMS.slice(0, 1),
      TEAMS.slice(1, 2),
      TEAMS.slice(0, 2),
    ),
    inputs: fc.oneof({ weight: 5, arbitrary: inputs }, { weight: 1, arbitrary: known }),
    timeoutSeconds: fc.constantFrom(2, 5),
    startMs: fc.constantFrom(0, 0, 200, 1_000, 3_000),
    main: runPlan(8, 60),
    post: runPlan(4, 20),
    empty: fc.oneof(
      { weight: 5, arbitrary: fc.constant('none' as const) },
      { weight: 1, arbitrary: fc.constantFrom(...EMPTY_INPUTS) },
    ),
  })
  .map(({ inputs: given, ...others }) => ({ ...given, ...others }))

/** Scenarios of two or three steps. */
export const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    steps: fc.array(step, { minLength: 2, maxLength: 3 }),
    isCrowded: fc.boolean(),
    previous: fc.constantFrom(0, 1, 2),
    jobFails: fc.boolean(),
    postsTogether: fc.boolean(),
    isUnseen: fc.boolean(),
    isComposite: fc.boolean(),
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

/** Gives a step the same label and teams as the others, and moves its faults from the search to the create request. */
function crowd(drawn: DrawnStep): DrawnStep {
  const { main } = drawn
  const faults: Fault[] = [{ kind: 'none' }, ...main.faults]
  const same = { label: `fake-${RUN_ID}`, teamIds: TEAMS.slice(0, 1), ifExists: 'create' as const }
  return { ...drawn, ...same, main: { ...main, faults } }
}

function makePlan(drawn: DrawnStep, index: number): StepScenario {
  const name = `step-${'abc'[index]}`
  const { ifExists, places, outputKey, exportsKey, retain, startMs } = drawn
  // Whoever replaces owns a label: it may share it with steps that replace at the same time. A later one would
  // revoke its key. One that skips goes by what was there before the job.
  const suffix = { create: '', fail: '', replace: '-replaced', skip: `-${name}` }[ifExists]
  return {
    ...drawn,
    name,
    action: 'create',
    label: drawn.label + suffix,
    startMs: ifExists === 'replace' ? 0 : startMs,
    ifExists: ifExists === 'skip' && places.length === 0 ? 'create' : ifExists,
    retain: ifExists === 'replace' ? retain : 0,
    outputKey: outputKey || (places.length === 0 && !exportsKey),
  }
}
