import type { Fault } from '../../explore/fault-plans.js'
import { judge, type OracleRun, type Story, type Violation } from '../../explore/oracle.js'
import { describeInputs, describeStep, ORG_KEY, RUN_ID, stockUp } from '../../explore/scenarios.js'
import { createKey } from '../../src/commands/create.js'
import { cleanUp } from '../../src/commands/post.js'
import type { RunPlan, Scenario, StepScenario } from './scenario.js'
import { GITHUB_API_URL, Services } from './services.js'
import { type Fate, type Job, StepProcess } from './step-process.js'
import { type Actor, startAs, useNetwork } from './wiring.js'
import type { World } from './world.js'

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

type PendingFault = Fault & { skip: number; times: number }

/** Whether a fault strikes a request. One that skips it leaves it to the later ones. */
function takes(fault: PendingFault, request: Fault['request']): boolean {
  if (fault.request !== undefined && fault.request !== request) return false
  fault.skip -= 1
  return fault.skip < 0
}

class Simulation {
  readonly #scenario: Scenario
  readonly #world: World
  readonly #services: Services
  readonly #job: Job = { runId: RUN_ID, notes: new Map(), alive: new Map() }
  readonly #faults = new Map<Actor, readonly PendingFault[]>()
  readonly #runs = new Map<string, OracleRun[]>()
  #pids = 100

  constructor(scenario: Scenario, world: World) {
    this.#scenario = scenario
    this.#world = world
    this.#services = new Services(world, scenario, (actor, request) => {
      const faults = this.#faults.get(actor) ?? []
      const next = faults.find((fault) => fault.times > 0 && takes(fault, request))
      if (next !== undefined) next.times -= 1
      return next ?? { kind: 'none' }
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
    const startPost = ([index, step]: [number, StepScenario], plan: RunPlan) =>
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
    const { steps, previous } = this.#scenario
    for (const step of steps) {
      const { name, label } = step
      const isShared = steps.some((other) => other.name !== name && other.label === label)
      stockUp(this.#services.stock, step, { previous }, isShared)
    }
  }

  #letOutsidersWork(): void {
    const { outsiderMs, steps } = this.#scenario
    if (outsiderMs === undefined) return
    for (const { label, teamIds, ifExists } of steps) {
      if (['replace', 'skip'].includes(ifExists) || label.includes(RUN_ID)) continue
      void this.#world.wait(outsiderMs).then(() => this.#services.stock.addKey(label, teamIds, 0))
    }
  }

  /** The main steps, in the order of the job. */
  async #runMains(): Promise<readonly StepProcess[]> {
    const { steps } = this.#scenario
    const started = new Map<StepScenario, StepProcess>()
    for (const step of steps) {
      void this.#world
        .wait(step.startMs)
        .then(() => started.set(step, this.#start(step, 'main', step.main, 'success', {})))
    }
    const isOver = (step: StepScenario) => started.get(step)?.isOver === true
    await this.#world.run(() => steps.every(isOver))
    return steps.flatMap((step) => started.get(step) ?? [])
  }

  #start(
    step: StepScenario,
    stage: OracleRun['stage'],
    { faults, fate }: RunPlan,
    jobStatus: string,
    state: Readonly<Record<string, string>>,
  ): StepProcess {
    this.#pids += 1
    const inputs = {
      ...describeInputs(step, this.#services.githubToken),
      github_api_url: GITHUB_API_URL,
      timeout_seconds: String(step.timeoutSeconds),
      job_status: jobStatus,
    }
    const settings = { stage, step: step.name, pid: this.#pids, inputs, state, fate }
    const process = new StepProcess(settings, this.#job, this.#world)
    const pending = faults.map((fault) => ({ times: 1, skip: 0, ...fault }))
    this.#faults.set(process, pending)
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
      steps: this.#scenario.steps.map((step) =>
        describeStep(step, jobFailed, this.#runs.get(step.name) ?? []),
      ),
      confidential: [ORG_KEY, this.#services.githubToken, ...this.#services.sealed],
      credentials: [ORG_KEY],
      notes: [...this.#job.notes.values()].join('\n'),
      over: true,
      ...this.#services.availability,
      accepting: Number.isFinite(this.#scenario.acceptedAfterMs),
    }
  }
}

function readState({ losesState }: StepScenario, main: StepProcess | undefined) {
  if (main === undefined || (losesState && main.run.endedBy !== 'itself')) return {}
  return main.run.state
}
