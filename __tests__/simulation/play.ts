import { judge } from '../../explore/oracle.js'
import type { OracleRun, OracleStep, Story, Violation } from '../../explore/types.ts'
import { createKey } from '../../src/commands/create.js'
import { cleanUp } from '../../src/commands/post.js'
import { NO_FAULT, RUN_ID, type RunPlan, type Scenario, type StepPlan } from './scenario.js'
import { type Fault, Services, seal } from './services.js'
import { type Fate, type Job, StepProcess } from './step-process.js'
import { type Actor, startAs, useNetwork } from './wiring.js'
import type { World } from './world.js'

const DAY_MS = 86_400_000
const ORG_KEY = 'mg_fake_org_key_of_all'
const GITHUB_TOKEN = 'fake-github-token'
const ENV_NAME = 'FAKE_KEY'
const NO_FATE: Fate = { kind: 'none', at: 1 }

/** The result of a simulation. */
export interface Outcome {
  readonly violations: readonly Violation[]
  readonly story: Story
}

/** Plays a scenario to its end: all main steps, then their post steps, and again those that were killed. */
export async function play(scenario: Scenario, world: World): Promise<Outcome> {
  const simulation = new Simulation(scenario, world)
  return simulation.play()
}

class Simulation {
  readonly #scenario: Scenario
  readonly #world: World
  readonly #services: Services
  readonly #job: Job = { runId: RUN_ID, notes: new Map(), alive: new Map() }
  readonly #faults = new Map<Actor, readonly Fault[]>()
  readonly #runs = new Map<string, OracleRun[]>()
  #pids = 100

  constructor(scenario: Scenario, world: World) {
    this.#scenario = scenario
    this.#world = world
    this.#services = new Services(world, scenario, (actor) => {
      const [first = NO_FAULT, ...others] = this.#faults.get(actor) ?? []
      this.#faults.set(actor, others)
      return first
    })
    useNetwork((request, actor) => this.#services.exchange(request, actor))
  }

  async play(): Promise<Outcome> {
    const { steps, postsTogether, jobFails } = this.#scenario
    this.#seed()
    const before = this.#services.look()
    this.#letOutsidersWork()

    const mains = await this.#runMains()
    const failed = jobFails || mains.some(({ run }) => run.exitCode !== 0)
    const status = failed ? 'failure' : 'success'
    const posts = [...steps.entries()].reverse()
    const startPost = ([index, step]: [number, StepPlan], plan: RunPlan) =>
      this.#start(step, 'post', plan, status, readState(step, mains[index]))
    if (postsTogether) await this.#finish(posts.map((post) => startPost(post, post[1].post)))
    else for (const post of posts) await this.#finish([startPost(post, post[1].post)])
    for (const post of posts) {
      if (this.#runs.get(post[1].name)?.at(-1)?.endedBy === 'itself') continue
      await this.#finish([startPost(post, { faults: [], fate: NO_FATE })])
    }

    const story = this.#tell(before, failed)
    return { story, violations: judge(story) }
  }

  #seed(): void {
    const services = this.#services
    const { steps } = this.#scenario
    for (const { name, label, teamIds, places, old } of steps) {
      const isShared = steps.some((other) => other.name !== name && other.label === label)
      const keys = Array.from({ length: this.#scenario.previous }, (_, index) =>
        services.addKey(label, teamIds, null, (index + 1) * DAY_MS),
      )
      for (const [index, place] of places.entries()) {
        // A secret whose key another step replaces would be that step's to write, too.
        const value = (isShared ? undefined : keys[0]?.value) ?? 'fake-old-value'
        if (old[index]) services.addSecret(place, nameSecret(name), value, DAY_MS)
      }
    }
  }

  #letOutsidersWork(): void {
    const { outsiderMs, steps } = this.#scenario
    if (outsiderMs === undefined) return
    for (const { label, teamIds, ifExists } of steps) {
      if (['replace', 'skip'].includes(ifExists) || label.includes(RUN_ID)) continue
      void this.#world.wait(outsiderMs).then(() => this.#services.addKey(label, teamIds, null))
    }
  }

  /** The main steps, in the order of the job. */
  async #runMains(): Promise<readonly StepProcess[]> {
    const { steps } = this.#scenario
    const started = new Map<StepPlan, StepProcess>()
    for (const step of steps) {
      void this.#world
        .wait(step.startMs)
        .then(() => started.set(step, this.#start(step, 'main', step.main, 'success', {})))
    }
    const isOver = (step: StepPlan) => started.get(step)?.isOver === true
    await this.#world.run(() => steps.every(isOver))
    return steps.flatMap((step) => started.get(step) ?? [])
  }

  #start(
    step: StepPlan,
    stage: OracleRun['stage'],
    { faults, fate }: RunPlan,
    jobStatus: string,
    state: Readonly<Record<string, string>>,
  ): StepProcess {
    this.#pids += 1
    const inputs = describeInputs(step, jobStatus)
    const settings = { stage, step: step.name, pid: this.#pids, inputs, state, fate }
    const process = new StepProcess(settings, this.#job, this.#world)
    this.#faults.set(process, faults)
    this.#runs.set(step.name, [...(this.#runs.get(step.name) ?? []), process.run])
    startAs(process, () => void process.start(stage === 'main' ? createKey : cleanUp))
    return process
  }

  async #finish(processes: readonly StepProcess[]): Promise<void> {
    await this.#world.run(() => processes.every(({ isOver }) => isOver))
  }

  #tell(before: Story['before'], jobFailed: boolean): Story {
    const after = this.#services.look()
    return {
      before,
      after,
      steps: this.#scenario.steps.map((step) => this.#describe(step, jobFailed)),
      confidential: [ORG_KEY, GITHUB_TOKEN, ...after.keys.map(({ value }) => seal(value))],
      credentials: [ORG_KEY, GITHUB_TOKEN],
      notes: [...this.#job.notes.values()].join('\n'),
      over: true,
      ...this.#services.availability,
      accepting: Number.isFinite(this.#scenario.acceptedAfterMs),
    }
  }

  #describe(step: StepPlan, jobFailed: boolean): OracleStep {
    const { name, label, teamIds, ifExists, retain, policy, outputKey, exportsKey, places } = step
    return {
      name,
      action: 'create',
      label,
      teamIds,
      ifExists,
      retain,
      policy,
      ownsLabel: label.includes(RUN_ID) || ifExists === 'replace',
      outputKey,
      envName: exportsKey ? ENV_NAME : undefined,
      verifies: step.verifies,
      targets: places.map((place) => ({ place, name: nameSecret(name) })),
      selectedIds: [],
      jobFailed,
      runs: this.#runs.get(name) ?? [],
    }
  }
}

function readState({ losesState }: StepPlan, main: StepProcess | undefined) {
  if (main === undefined || (losesState && main.run.endedBy !== 'itself')) return {}
  return main.run.state
}

/** A separate secret for each step: the result of two writes to one would be ambiguous. */
function nameSecret(step: string): string {
  return step.toUpperCase().replaceAll('-', '_')
}

function describeInputs(step: StepPlan, jobStatus: string): Readonly<Record<string, string>> {
  return {
    org_key: ORG_KEY,
    org_id: '00000000-0000-4000-8000-000000000000',
    team_id: step.teamIds.join(),
    label: step.label,
    if_exists: step.ifExists,
    retain: String(step.retain),
    revoke: step.policy,
    output_key: String(step.outputKey),
    env_name: step.exportsKey ? ENV_NAME : '',
    verify: String(step.verifies),
    timeout_seconds: String(step.timeoutSeconds),
    github_token: GITHUB_TOKEN,
    job_status: jobStatus,
    ...(step.places.length > 0 && {
      secret_name: nameSecret(step.name),
      secret_targets: step.places.join('\n'),
    }),
  }
}
