import * as fc from 'fast-check'
import { FAULT_PLANS, FAULTS, type Fault, NONE } from '../../explore/fault-plans.js'
import {
  CONFIGURATIONS,
  EMPTY_INPUTS,
  REPOSITORY,
  REQUESTS,
  type Request,
  RUN_ID,
  type StepPlan,
  TEAMS,
} from '../../explore/scenarios.js'

type Drawn<A> = A extends fc.Arbitrary<infer Value> ? Value : never

/** Everything that is decided before a simulation begins, except the order of turns. */
export type Scenario = Drawn<typeof scenarios>

export type StepScenario = Scenario['steps'][number]

/** What becomes of one process: the faults of its requests in order, and its own. */
export type RunPlan = Drawn<ReturnType<typeof drawRun>>

/** Places for secrets, in the syntax of `secret_targets`. */
const PLACES = [`repo=${REPOSITORY}`, `repo=${REPOSITORY} env=fake`, 'org=octo-org']

const KINDS = Object.keys(REQUESTS) as Request[]
const KINDS_OF_FAULT = [NONE, ...Object.values(FAULTS)]

const drawFault = fc
  .record({
    what: fc.constantFrom(...KINDS_OF_FAULT, ...KINDS_OF_FAULT.map(() => NONE)),
    status: fc.constantFrom(503, 500, 429, 409, 408, 403),
    delayMs: fc.constantFrom(0, 0, 10, 300, 1_500),
    backMs: fc.constantFrom(0, 0, 10, 300, 1_500),
    request: fc.constantFrom(...KINDS, ...KINDS.map(() => undefined)),
  })
  .map(({ what, status, request, ...latency }): Fault => {
    const more = { ...('status' in what && { status }), ...(request && { request }) }
    return { ...what, ...more, ...latency }
  })

/** Any faults, or those of a plan. */
const drawRun = (mostFaults: number, mostEffects: number) =>
  fc.record({
    faults: often(
      fc.array(drawFault, { maxLength: mostFaults }),
      fc.constantFrom(...FAULT_PLANS).map(({ faults }) => [...faults]),
    ),
    /** How it ends, other than by itself, or its job: `container` and `shutdown` are those of a fault plan. */
    ending: often(
      fc.constantFrom('none', 'none', 'killed', 'cancelled'),
      fc.constantFrom('container', 'shutdown'),
    ),
    /** Before which of its effects, counted from 1. */
    endsAt: fc.integer({ min: 1, max: mostEffects }),
  })

const inputs: fc.Arbitrary<Omit<StepPlan, 'name' | 'action' | 'teamIds'>> = fc.record({
  label: fc.constantFrom('fake-label', `fake-${RUN_ID}`),
  ifExists: fc.constantFrom('create', 'create', 'replace', 'skip', 'fail'),
  retain: fc.constantFrom(0, 0, 1),
  policy: fc.constantFrom('never', 'never', 'always', 'on_failure'),
  outputKey: fc.boolean(),
  exportsKey: fc.boolean(),
  verifies: fc.constantFrom(false, false, true),
  places: fc.oneof(fc.constant([]), fc.subarray(PLACES)),
  old: fc.subarray(PLACES),
  losesState: fc.boolean(),
})

/** Those of a configuration that both engines play. */
const known = fc.constantFrom(...CONFIGURATIONS.filter(({ action }) => action === 'create'))

const drawStep = fc.record({
  inputs: often(inputs, known),
  teamIds: fc.constantFrom(
    ...[TEAMS.slice(0, 1), TEAMS.slice(0, 1), TEAMS.slice(1, 2), TEAMS.slice(0, 2)],
  ),
  timeoutSeconds: fc.constantFrom(2, 5),
  /** In milliseconds after the job. */
  startMs: fc.constantFrom(0, 0, 200, 1_000, 3_000),
  main: drawRun(8, 60),
  post: drawRun(4, 20),
  empty: often(fc.constant(undefined), fc.constantFrom(...EMPTY_INPUTS)),
})

/** Scenarios of two or three steps. */
export const scenarios = fc
  .record({
    steps: fc.array(drawStep, { minLength: 2, maxLength: 3 }),
    isCrowded: fc.boolean(),
    /** How many keys of every label and its teams exist before. */
    previous: fc.constantFrom(0, 1, 2),
    jobFails: fc.boolean(),
    /** Whether all post steps run in parallel, rather than one after the other. */
    postsTogether: fc.boolean(),
    /** Whether post steps do not see the processes of main steps, as in another container. */
    isUnseen: fc.boolean(),
    /** Whether the steps are inside one composite action, and share `GITHUB_ACTION`. */
    isComposite: fc.boolean(),
    /** When somebody else creates a key with each label that is not a step's own; `undefined` for never. */
    outsiderMs: fc.constantFrom(undefined, undefined, 0, 300, 2_000),
    /** From what age on the Management API accepts a key, in milliseconds; `Infinity` for never. */
    acceptedAfterMs: fc.constantFrom(0, 0, 300, 5_000, Infinity),
    /** How far the services' clock is from the machine's. */
    skewMs: fc.constantFrom(0, 0, 700, -90_000, 3_600_000),
  })
  .map(({ steps, isCrowded, ...others }) => ({
    ...others,
    steps: steps.map((one) => (isCrowded ? crowd(one) : one)).map(makeStep),
  }))

/** Gives a step the same label and teams as the others, and moves its faults from the search to the create request. */
function crowd(drawn: Drawn<typeof drawStep>): Drawn<typeof drawStep> {
  const { main } = drawn
  const faults: Fault[] = [NONE, ...main.faults]
  const inputs = { ...drawn.inputs, label: `fake-${RUN_ID}`, ifExists: 'create' as const }
  return { ...drawn, inputs, teamIds: TEAMS.slice(0, 1), main: { ...main, faults } }
}

function makeStep({ inputs, ...drawn }: Drawn<typeof drawStep>, index: number) {
  const name = `step-${'abc'[index]}`
  const { label, ifExists, places, outputKey, exportsKey, retain } = inputs
  // Whoever replaces owns a label: it may share it with steps that replace at the same time. A later one would
  // revoke its key. One that skips goes by what was there before the job.
  const suffix = { create: '', fail: '', replace: '-replaced', skip: `-${name}` }[ifExists]
  return {
    ...inputs,
    ...drawn,
    name,
    action: 'create' as const,
    label: label + suffix,
    startMs: ifExists === 'replace' ? 0 : drawn.startMs,
    ifExists: ifExists === 'skip' && places.length === 0 ? 'create' : ifExists,
    retain: ifExists === 'replace' ? retain : 0,
    outputKey: outputKey || (places.length === 0 && !exportsKey),
  }
}

function often<A, B>(usual: fc.Arbitrary<A>, rare: fc.Arbitrary<B>): fc.Arbitrary<A | B> {
  return fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: rare })
}
