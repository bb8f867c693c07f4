import { type Fault, NONE } from '../../explore/fault-plans.js'
import type { OracleRun } from '../../explore/oracle.js'
import { REPOSITORY, type Request, RUN_ID } from '../../explore/scenarios.js'
import type { Annotation } from '../../local-runner/types.ts'
import { createKey } from '../../src/commands/create.js'
import { cleanUp } from '../../src/commands/post.js'
import { explainError } from '../../src/core/errors.js'
import { type Message, writeOut } from '../../src/core/message.js'
import type { HttpRequest } from '../../src/http/exchange.js'
import type { ProcessIdentity } from '../../src/runner/processes.js'
import { readRunContext } from '../../src/runner/run-context.js'
import type { Runner } from '../../src/runner/runner.js'
import type { RunPlan, StepScenario } from './scenario.js'
import type { Simulation } from './simulation.js'
import { nameSignal } from './wiring.js'
import type { World } from './world.js'

interface ProcessSettings extends RunPlan, Pick<StepScenario, 'name'> {
  readonly stage: 'main' | 'post'
  /** `GITHUB_ACTION`. */
  readonly action: string
  readonly pid: number
  readonly inputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
}

const JOB = readRunContext({ GITHUB_RUN_ID: RUN_ID, GITHUB_REPOSITORY: REPOSITORY })
const LAST_CALL_AFTER_MS = 7_000
const KILLED_AFTER_MS = 10_000

/** No process that nothing hinders takes longer. */
const LONGEST_RUN_MS = 10 * 60_000

/**
 * A process of a step, and its runner. Everything visible outside is an effect, before which it can be killed; after
 * that, it does nothing more, and what it waits for never arrives.
 */
export class StepProcess {
  readonly world: World
  readonly step: string
  readonly #settings: ProcessSettings
  readonly #job: Simulation
  readonly #cancellation = new AbortController()
  readonly #lastCall = new AbortController()
  readonly #faults: (Fault & { skip: number; times: number })[]
  readonly #startedAt: number
  #run: OracleRun
  /** What the runner saw of a process that it took for ended. */
  #seen: OracleRun | undefined
  #effects = 0
  #isUninterruptible = false
  isOver = false
  #leave: () => void = () => undefined
  /** Resolves when it has ended, and its connections with it. */
  readonly gone = new Promise<void>((resolve) => {
    this.#leave = resolve
  })
  /** Whether it was given no time to say what it left behind. */
  wasKilled = false

  constructor(settings: ProcessSettings, job: Simulation) {
    const { stage, inputs, pid, name, faults } = settings
    this.#settings = settings
    this.#job = job
    this.world = job.world
    this.step = name
    this.#faults = faults.map((fault) => ({ times: 1, skip: 0, ...fault }))
    this.#startedAt = this.world.uptime()
    const lists = { lines: [], masks: [], annotations: [] }
    const values = { outputs: {}, env: {}, state: {}, summary: '' }
    this.#run = { stage, inputs, exitCode: null, timedOut: false, ...lists, ...values }
    for (const { signal } of [this.#cancellation, this.#lastCall]) nameSignal(signal, this)
    job.alive.set(pid, this)
  }

  get run(): OracleRun {
    return this.#seen ?? this.#run
  }

  get isSignaled(): boolean {
    return this.#cancellation.signal.aborted
  }

  /** Runs its command as its entry does. */
  async start(): Promise<void> {
    const runner = this.#createRunner()
    for (const name of ['org_key', 'github_token']) runner.mask(runner.readInput(name))
    const isMain = this.#settings.stage === 'main'
    try {
      await (isMain ? createKey : cleanUp)(runner)
    } catch (error) {
      if (isMain) runner.fail(explainError(error))
      else runner.warning(explainError(error))
    }
    if (!this.act()) return
    const isFailed = this.#run.annotations.some(({ level }) => level === 'error')
    // After the last call there is no time left: the post step reports the rest.
    this.#end(this.#lastCall.signal.aborted ? null : Number(isFailed))
  }

  /** Counts an effect. Returns whether it is still running. */
  act(): boolean {
    if (this.isOver) return false
    this.#effects += 1
    const { ending, endsAt } = this.#settings
    if (ending === 'none' || this.#effects !== endsAt) return true
    if (ending === 'container' || ending === 'shutdown') this.#job.end(ending)
    else this.receive(ending === 'killed' ? 'SIGKILL' : 'SIGINT')
    return !this.isOver
  }

  /** Takes the fault that its next request of this kind meets. */
  takeFault(request: Request): Fault {
    const next = this.#faults.find((fault) => {
      if (fault.times <= 0 || (fault.request ?? request) !== request) return false
      // One that skips it leaves it to the later ones.
      fault.skip -= 1
      return fault.skip < 0
    })
    if (next !== undefined) next.times -= 1
    return next ?? NONE
  }

  send(request: HttpRequest) {
    return this.#job.services.exchange(request, this)
  }

  /** Receives a signal, as an effect of another process. */
  receive(signal: 'SIGINT' | 'SIGKILL'): void {
    // Before it has done anything but mask, it has as good as never started.
    this.wasKilled ||= signal === 'SIGKILL' || this.#effects <= this.#run.masks.length + 1
    if (signal === 'SIGKILL' || !this.#isUninterruptible) this.#end(null)
    else if (!this.isSignaled) void this.#cancel()
  }

  /** The runner takes the process for ended, and reads its files, while it lives on. */
  detach(): void {
    // What it masks from now on counts.
    this.#seen = { ...structuredClone(this.#run), masks: this.#run.masks }
  }

  #end(exitCode: number | null): void {
    if (this.isOver) return
    this.isOver = true
    this.#leave()
    this.#job.alive.delete(this.#settings.pid)
    const { outputs, env } = this.#run
    const timedOut = this.world.uptime() - this.#startedAt > LONGEST_RUN_MS
    if (this.#seen === undefined) this.#run = { ...this.#run, exitCode, timedOut }
    else this.#seen = { ...this.#seen, givenInVain: Object.values({ ...outputs, ...env }) }
  }

  async #cancel(): Promise<void> {
    this.#cancellation.abort()
    await this.world.wait(LAST_CALL_AFTER_MS)
    this.#lastCall.abort()
    await this.world.wait(KILLED_AFTER_MS - LAST_CALL_AFTER_MS)
    this.#end(null)
  }

  #createRunner(): Runner {
    const { stage, action, pid, inputs, state } = this.#settings
    const { notes, alive, scenario } = this.#job
    const run = this.#run
    const isVisible = (other: StepProcess) =>
      stage === 'main' || !scenario.isUnseen || other.run.stage === 'post'
    const find = (other: ProcessIdentity) => alive.get(other.pid)
    const annotate = (level: Annotation['level']) => (message: Message) => {
      if (!this.act()) return
      run.annotations.push({ level, message: writeOut(message), properties: {} })
      run.lines.push(`::${level}::${writeOut(message)}`)
    }
    const set = (values: Record<string, string>) => (name: string, value: string) => {
      if (this.act()) values[name] = value
    }
    const replaceNote = (number: number, text: string) => {
      if (this.act()) notes.set(number, text)
    }
    return {
      context: {
        ...JOB,
        action,
        process: { pid, startTime: 'fake', namespace: '' },
        startedAt: this.#startedAt,
      },
      cancellation: this.#cancellation.signal,
      lastCall: this.#lastCall.signal,
      readInput: (name) => inputs[name] ?? '',
      readState: (name) => state[name] ?? '',
      mask: (secret) => {
        if (secret === '' || !this.act()) return
        run.masks.push(secret)
        run.lines.push(`::add-mask::${secret}`)
      },
      hide: () => undefined,
      // Only the response to a create contains a secret.
      scrub: (text) => text,
      saveState: set(run.state),
      setOutputs: (outputs) => {
        for (const [name, value] of Object.entries(outputs)) {
          set(run.outputs)(name, typeof value === 'string' ? value : JSON.stringify(value))
        }
      },
      exportVariable: set(run.env),
      addNote: (text) => {
        const number = notes.size + 1
        replaceNote(number, text)
        return number
      },
      replaceNote,
      readNotes: () => [...notes].map(([number, text]) => ({ number, text })),
      observe: (other) => {
        const process = find(other)
        if (process === undefined) return scenario.isUnseen && stage === 'post' ? 'unseen' : 'ended'
        return isVisible(process) ? 'running' : 'unseen'
      },
      signal: (other, signal) => {
        const process = find(other)
        if (process && isVisible(process)) process.receive(signal)
      },
      checkFiles: () => undefined,
      debug: () => undefined,
      info: (message) => {
        if (this.act()) run.lines.push(message)
      },
      group: (_title, _lines, work) => work(),
      notice: annotate('notice'),
      warning: annotate('warning'),
      fail: annotate('error'),
      appendSummary: (markdown) => {
        if (this.act()) run.summary += markdown
      },
      hasSummary: () => run.summary !== '',
      uninterrupted: (work) => {
        // What follows, up to the end of the process, happens without a pause in which a signal could arrive.
        this.#isUninterruptible = true
        return work()
      },
    }
  }
}
