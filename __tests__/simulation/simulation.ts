import { judge, type OracleRun, type Story, type Violation } from '../../explore/oracle.js'
import { describeInputs, ORG_KEY, RUN_ID } from '../../explore/scenarios.js'
import { stockUp } from '../../explore/stand-ins.js'
import type { RunPlan, Scenario, StepScenario } from './scenario.js'
import { createServices, GITHUB_API_URL, type Services } from './services.js'
import { StepProcess } from './step-process.js'
import type { World } from './world.js'

const UNHINDERED: RunPlan = { faults: [], ending: 'none', endsAt: 1 }

/** A job: all main steps, then their post steps, and again those that were killed. */
export class Simulation {
  readonly world: World
  readonly scenario: Scenario
  readonly services: Services
  readonly notes = new Map<number, string>()
  /** The processes that have not ended, by their ID. */
  readonly alive = new Map<number, StepProcess>()
  /** Of each step, in order. */
  readonly #processes = new Map<string, StepProcess[]>()
  #ending: 'container' | 'shutdown' | undefined
  #pids = 100

  constructor(scenario: Scenario, world: World) {
    this.world = world
    this.scenario = scenario
    this.services = createServices(world, scenario)
  }

  async play(): Promise<{ readonly violations: readonly Violation[]; readonly story: Story }> {
    const { steps, previous, postsTogether, jobFails } = this.scenario
    for (const step of steps) {
      const isShared = steps.some(({ name, label }) => name !== step.name && label === step.label)
      stockUp(this.services.standIns, this.services.now(), { ...step, previous }, isShared)
    }
    const before = this.services.look()
    this.#letOutsidersWork()

    await this.#runMains()
    const mains = [...this.#processes.values()].flat()
    const hasEnded = this.#ending !== undefined
    const failed = jobFails || hasEnded || mains.some(({ run }) => run.exitCode !== 0)
    const status = this.#ending === 'container' ? 'cancelled' : failed ? 'failure' : 'success'
    const posts = steps.filter(({ name }) => this.#processes.has(name)).reverse()
    const run = async (step: StepScenario, plan: RunPlan) => {
      // No post step starts after a shutdown.
      if (this.#ending === 'shutdown') return
      const process = this.#start(step, 'post', plan, status)
      await this.world.run(() => process.isOver)
    }
    if (postsTogether) await Promise.all(posts.map((step) => run(step, step.post)))
    else for (const step of posts) await run(step, step.post)
    for (const step of posts) {
      if (this.#processes.get(step.name)?.at(-1)?.run.exitCode === null) await run(step, UNHINDERED)
    }
    // What a post step does not see may live on.
    await this.world.run(() => this.alive.size === 0)

    const story = this.#tell(before, failed)
    return { story, violations: judge(story) }
  }

  #letOutsidersWork(): void {
    const { outsiderMs, steps } = this.scenario
    if (outsiderMs === undefined) return
    for (const { label, teamIds, ifExists } of steps) {
      if (['replace', 'skip'].includes(ifExists) || label.includes(RUN_ID)) continue
      void this.world.wait(outsiderMs).then(() => {
        const createdAt = new Date(this.services.now()).toISOString()
        this.services.standIns.addKey({ label, teamIds: [...teamIds], createdAt })
      })
    }
  }

  /** Plays the main steps until the runner takes all of them for ended. */
  async #runMains(): Promise<void> {
    const { steps } = this.scenario
    for (const step of steps) {
      void this.world.wait(step.startMs).then(() => {
        if (this.#ending === undefined) this.#start(step, 'main', step.main, 'success')
      })
    }
    await this.world.run(() => {
      if (this.#ending === 'container') return true
      if (this.#ending === 'shutdown') return this.alive.size === 0
      return steps.every(({ name }) => this.#processes.get(name)?.[0]?.isOver)
    })
  }

  /** Cancels a job whose signals do not arrive, or shuts its runner down. */
  end(kind: 'container' | 'shutdown'): void {
    const alive = [...this.alive.values()]
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
    plan: RunPlan,
    jobStatus: string,
  ): StepProcess {
    this.#pids += 1
    const { name, empty, losesState } = step
    const earlier = this.#processes.get(name) ?? []
    const main = earlier[0]?.run
    const isLost = losesState && main?.exitCode === null
    const state = main === undefined || isLost ? {} : main.state
    const inputs: Record<string, string> = {
      ...describeInputs(step, this.services.githubToken),
      github_api_url: GITHUB_API_URL,
      timeout_seconds: String(step.timeoutSeconds),
      job_status: jobStatus,
    }
    if (stage === 'post' && empty !== undefined) inputs[empty] = ''
    const action = this.scenario.isComposite && this.#isAlone(step) ? 'composite' : name
    const settings = { ...plan, stage, name, action, pid: this.#pids, inputs, state }
    const process = new StepProcess(settings, this)
    this.#processes.set(name, [...earlier, process])
    void process.start()
    return process
  }

  /** Whether no other step asks for the same: without its state, post could not tell them apart. */
  #isAlone({ name, label, teamIds }: StepScenario): boolean {
    const isSame = (other: StepScenario) =>
      other.label === label && other.teamIds.join() === teamIds.join()
    return !this.scenario.steps.some((other) => other.name !== name && isSame(other))
  }

  #tell(before: Story['before'], jobFailed: boolean): Story {
    return {
      before,
      after: this.services.look(),
      steps: this.scenario.steps.map((step) => {
        const processes = this.#processes.get(step.name) ?? []
        const { wasKilled = false, isSignaled = false } = processes.at(-1) ?? {}
        // What had ended before a shutdown counts on a post step.
        const over = !wasKilled && (isSignaled || this.#ending !== 'shutdown')
        const runs = processes.map(({ run }) => run)
        return { ...step, jobFailed, over, isSignaled, runs, selectedIds: [] }
      }),
      confidential: [ORG_KEY, this.services.githubToken, ...this.services.sealed],
      notes: [...this.notes.values()].join('\n'),
      ...this.services.listAvailable(),
      accepting: Number.isFinite(this.scenario.acceptedAfterMs),
    }
  }
}
