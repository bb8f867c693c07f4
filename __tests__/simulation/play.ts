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
  readonly #job: Job
  readonly #mains = new Map<string, StepProcess>()
  readonly #last = new Map<string, StepProcess>()
  #ending: 'container' | 'shutdown' | undefined
  readonly #faults = new Map<Actor, readonly PendingFault[]>()
  readonly #runs = new Map<string, OracleRun[]>()
  #pids = 100

  constructor(scenario: Scenario, world: World) {
    this.#scenario = scenario
    this.#world = world
    const { isUnseen } = scenario
    const end: Job['end'] = (kind) => this.#end(kind)
    this.#job = { runId: RUN_ID, notes: new Map(), alive: new Map(), isUnseen, end }
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

    await this.#runMains()
    const failed = jobFails || this.#ending !== undefined || this.#listMains().some(hasFailed)
    const status = this.#ending === 'container' ? 'cancelled' : failed ? 'failure' : 'success'
    const posts = steps.filter(({ name }) => this.#mains.has(name)).reverse()
    const run = async (step: StepScenario, { faults, fate }: RunPlan) => {
      // No post step starts after a shutdown.
      if (this.#ending === 'shutdown') return
      const process = this.#start(step, 'post', { faults, fate }, status)
      await this.#world.run(() => process.isOver)
    }
    if (postsTogether) await Promise.all(posts.map((step) => run(step, step.post)))
    else for (const step of posts) await run(step, step.post)
    for (const step of posts) {
      if (this.#runs.get(step.name)?.at(-1)?.endedBy === 'itself') continue
      await run(step, { faults: [], fate: NO_FATE })
    }
    // What a post step does not see may live on.
    await this.#world.run(() => this.#job.alive.size === 0)

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

  /** Plays the main steps until the runner takes all of them for ended. */
  async #runMains(): Promise<void> {
    const { steps } = this.#scenario
    for (const step of steps) {
      void this.#world.wait(step.startMs).then(() => {
        if (this.#ending === undefined) this.#start(step, 'main', step.main, 'success')
      })
    }
    const isOver = ({ name }: StepScenario) => this.#mains.get(name)?.isOver === true
    await this.#world.run(() => {
      if (this.#ending === 'container') return true
      if (this.#ending === 'shutdown') return this.#job.alive.size === 0
      return steps.every(isOver)
    })
  }

  #listMains(): readonly StepProcess[] {
    return [...this.#mains.values()]
  }

  /** Cancels a job whose signals do not arrive, or shuts its runner down. */
  #end(kind: 'container' | 'shutdown'): void {
    const alive = [...this.#job.alive.values()]
    const isInPost = alive.some(({ run }) => run.stage === 'post')
    // A post step is not cancelled.
    if (this.#ending !== undefined || (kind === 'container' && isInPost)) return
    this.#ending = kind
    for (const process of alive) {
      if (kind === 'container') process.detach()
      else process.receive('SIGINT')
    }
  }

  #start(
    step: StepScenario,
    stage: OracleRun['stage'],
    { faults, fate }: RunPlan,
    jobStatus: string,
  ): StepProcess {
    this.#pids += 1
    const { name, empty } = step
    const state = stage === 'post' ? readState(step, this.#mains.get(name)) : {}
    const inputs: Record<string, string> = {
      ...describeInputs(step, this.#services.githubToken),
      github_api_url: GITHUB_API_URL,
      timeout_seconds: String(step.timeoutSeconds),
      job_status: jobStatus,
    }
    if (stage === 'post' && empty !== 'none') inputs[empty] = ''
    const action = this.#scenario.isComposite && this.#isAlone(step) ? 'composite' : name
    const settings = { stage, step: name, action, pid: this.#pids, inputs, state, fate }
    const process = new StepProcess(settings, this.#job, this.#world)
    const pending = faults.map((fault) => ({ times: 1, skip: 0, ...fault }))
    this.#faults.set(process, pending)
    this.#runs.set(name, [...(this.#runs.get(name) ?? []), process.run])
    this.#last.set(name, process)
    if (stage === 'main') this.#mains.set(name, process)
    startAs(process, () => void process.start(stage === 'main' ? createKey : cleanUp))
    return process
  }

  /** Whether no other step asks for the same: without its state, post could not tell them apart. */
  #isAlone({ name, label, teamIds }: StepScenario): boolean {
    const isSame = (other: StepScenario) =>
      other.label === label && other.teamIds.join() === teamIds.join()
    return !this.#scenario.steps.some((other) => other.name !== name && isSame(other))
  }

  #tell(before: Story['before'], jobFailed: boolean): Story {
    const after = this.#services.look()
    return {
      before,
      after,
      steps: this.#scenario.steps.map((step) => {
        const { name, empty } = step
        const { wasKilled = false, isSignaled = false } = this.#last.get(name) ?? {}
        const runs = this.#runs.get(name) ?? []
        // What had ended before a shutdown counts on a post step.
        const over = !wasKilled && (isSignaled || this.#ending !== 'shutdown')
        return describeStep(step, { jobFailed, over, isSignaled, empty, runs })
      }),
      confidential: [ORG_KEY, this.#services.githubToken, ...this.#services.sealed],
      notes: [...this.#job.notes.values()].join('\n'),
      ...this.#services.availability,
      accepting: Number.isFinite(this.#scenario.acceptedAfterMs),
    }
  }
}

function hasFailed({ run }: StepProcess): boolean {
  return run.exitCode !== 0
}

function readState({ losesState }: StepScenario, main: StepProcess | undefined) {
  if (main === undefined || (losesState && main.run.endedBy !== 'itself')) return {}
  return main.run.state
}
