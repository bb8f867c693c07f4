import type { OracleRun } from '../../explore/oracle.js'
import { writeOut } from '../../src/core/message.js'
import type { ProcessIdentity } from '../../src/runner/processes.js'
import type { Runner } from '../../src/runner/runner.js'
import { type Actor, nameSignal } from './wiring.js'
import type { World } from './world.js'

/**
 * How a process is to end, other than by itself, or its job: `container` and `shutdown` are those of a fault plan.
 */
export interface Fate {
  readonly kind: 'none' | 'killed' | 'cancelled' | 'container' | 'shutdown'
  /** Before which of its effects, counted from 1. */
  readonly at: number
}

/** What the processes of one job share. */
export interface Job {
  readonly runId: string
  readonly notes: Map<number, string>
  /** The processes that have not ended, by their ID. */
  readonly alive: Map<number, StepProcess>
  /** Whether post steps do not see the processes of main steps. */
  readonly isUnseen: boolean
  /** Ends the job. */
  readonly end: (kind: 'container' | 'shutdown') => void
}

/** The inputs of a process. */
export interface ProcessSettings {
  readonly stage: 'main' | 'post'
  readonly step: string
  /** `GITHUB_ACTION`. */
  readonly action: string
  readonly pid: number
  readonly inputs: Readonly<Record<string, string>>
  readonly state: Readonly<Record<string, string>>
  readonly fate: Fate
}

const LAST_CALL_AFTER_MS = 7_000
const KILLED_AFTER_MS = 10_000

/** No process that nothing hinders takes longer. */
const LONGEST_RUN_MS = 10 * 60_000

type Level = 'notice' | 'warning' | 'error'

/**
 * A process of a step, and its runner. Everything visible outside is an effect, before which it can be killed; after
 * that, it does nothing more, and what it waits for never arrives.
 */
export class StepProcess implements Actor {
  readonly world: World
  readonly step: string
  readonly random = 0.5
  readonly runner: Runner
  readonly #settings: ProcessSettings
  readonly #job: Job
  readonly #cancellation = new AbortController()
  readonly #lastCall = new AbortController()
  readonly #run: {
    -readonly [Name in keyof OracleRun]: OracleRun[Name]
  }
  readonly #lines: string[] = []
  readonly #masks: string[] = []
  readonly #annotations: { level: Level; message: string }[] = []
  readonly #outputs: Record<string, string> = {}
  readonly #env: Record<string, string> = {}
  readonly #state: Record<string, string> = {}
  readonly #startedAt: number
  #effects = 0
  #uninterruptible = 0
  #isOver = false
  #isDetached = false
  /** Whether it was given no time to say what it left behind. */
  wasKilled = false

  constructor(settings: ProcessSettings, job: Job, world: World) {
    this.#settings = settings
    this.#job = job
    this.world = world
    this.#startedAt = world.uptime()
    this.step = settings.step
    this.#run = {
      stage: settings.stage,
      credentials: ['org_key', 'github_token'].flatMap((name) => settings.inputs[name] || []),
      endedBy: 'time',
      exitCode: null,
      lines: this.#lines,
      masks: this.#masks,
      annotations: this.#annotations,
      outputs: this.#outputs,
      env: this.#env,
      state: this.#state,
      summary: '',
    }
    this.runner = this.#createRunner()
    nameSignal(this.#cancellation.signal, this)
    nameSignal(this.#lastCall.signal, this)
    job.alive.set(settings.pid, this)
  }

  /** Whether it has ended. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Its output and effects, in the oracle's form. */
  get run(): OracleRun {
    return this.#run
  }

  /** Runs a command as its entry does. */
  async start(command: (runner: Runner) => Promise<void>): Promise<void> {
    const { mask, readInput, fail, warning } = this.runner
    for (const name of ['org_key', 'github_token']) mask(readInput(name))
    const isMain = this.#settings.stage === 'main'
    try {
      await command(this.runner)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (isMain) fail(message)
      else warning(message)
    }
    // After the last call there is no time left: the post step reports the rest.
    if (this.act()) this.#end(this.#lastCall.signal.aborted ? 'killed' : 'itself')
  }

  act(): boolean {
    if (this.#isOver) return false
    this.#effects += 1
    const { kind, at } = this.#settings.fate
    if (kind === 'none' || this.#effects !== at) return true
    if (kind === 'container' || kind === 'shutdown') this.#job.end(kind)
    else this.receive(kind === 'killed' ? 'SIGKILL' : 'SIGINT')
    return !this.#isOver
  }

  /** Whether it was told to end. */
  get isSignaled(): boolean {
    return this.#cancellation.signal.aborted
  }

  /** Receives a signal, as an effect of another process. */
  receive(signal: 'SIGINT' | 'SIGKILL'): void {
    // Before it has done anything but mask, it has as good as never started.
    this.wasKilled ||= signal === 'SIGKILL' || this.#effects <= this.#masks.length + 1
    if (signal === 'SIGKILL' || this.#uninterruptible === 0) this.#end('killed')
    else if (!this.#cancellation.signal.aborted) void this.#cancel()
  }

  /** The runner takes the process for ended, and reads its files, while it lives on. */
  detach(): void {
    const { lines, annotations, outputs, env, state } = this.#run
    Object.assign(this.#run, { lines: [...lines], annotations: [...annotations] })
    Object.assign(this.#run, { outputs: { ...outputs }, env: { ...env }, state: { ...state } })
    this.#run.endedBy = 'killed'
    this.#isDetached = true
  }

  #end(endedBy: OracleRun['endedBy']): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#job.alive.delete(this.#settings.pid)
    if (this.#isDetached) {
      const given = { ...this.#outputs, ...this.#env }
      this.#run.givenInVain = Object.values(given)
      return
    }
    const isFailed = this.#annotations.some(({ level }) => level === 'error')
    const hasHung = this.world.uptime() - this.#startedAt > LONGEST_RUN_MS
    this.#run.endedBy = hasHung ? 'time' : endedBy
    this.#run.exitCode = endedBy === 'itself' ? Number(isFailed) : null
  }

  async #cancel(): Promise<void> {
    this.#cancellation.abort()
    await this.world.wait(LAST_CALL_AFTER_MS)
    this.#lastCall.abort()
    await this.world.wait(KILLED_AFTER_MS - LAST_CALL_AFTER_MS)
    this.#end('killed')
  }

  #annotate(level: Level, message: string): void {
    if (!this.act()) return
    this.#annotations.push({ level, message })
    this.#lines.push(`::${level}::${message}`)
  }

  #print(line: string): void {
    if (this.act()) this.#lines.push(line)
  }

  #createRunner(): Runner {
    const { stage, action, pid, inputs, state } = this.#settings
    const { runId, notes, alive, isUnseen } = this.#job
    const isVisible = (other: StepProcess) =>
      stage === 'main' || !isUnseen || other.run.stage === 'post'
    const find = (other: ProcessIdentity) => alive.get(other.pid)
    return {
      context: {
        runId,
        action,
        job: runId,
        process: { pid, startTime: 'fake', namespace: '' },
        startedAt: this.#startedAt,
        repository: 'octo-org/example',
        serverUrl: 'https://fake.example',
        docsUrl: 'https://github.com/fake/docs',
        inputNames: [],
        isGitea: false,
        findNumberlessEvent: () => undefined,
        findWithheldSecrets: () => undefined,
        findIgnoredProxySettings: () => undefined,
        findProxyProblem: () => undefined,
      },
      cancellation: this.#cancellation.signal,
      lastCall: this.#lastCall.signal,
      readInput: (name) => inputs[name] ?? '',
      readState: (name) => state[name] ?? '',
      mask: (secret) => {
        if (secret === '' || !this.act()) return
        this.#masks.push(secret)
        this.#lines.push(`::add-mask::${secret}`)
      },
      hide: () => undefined,
      // Only the response to a create contains a secret.
      scrub: (text) => text,
      saveState: (name, value) => {
        if (this.act()) this.#state[name] = value
      },
      setOutput: (name, value) => {
        if (this.act()) this.#outputs[name] = value
      },
      exportVariable: (name, value) => {
        if (this.act()) this.#env[name] = value
      },
      addNote: (text) => {
        const number = notes.size + 1
        if (this.act()) notes.set(number, text)
        return number
      },
      replaceNote: (number, text) => {
        if (this.act()) notes.set(number, text)
      },
      readNotes: () => [...notes].map(([number, text]) => ({ number, text })),
      observe: (other) => {
        const process = find(other)
        if (process === undefined) return isUnseen && stage === 'post' ? 'unseen' : 'ended'
        return isVisible(process) ? 'running' : 'unseen'
      },
      signal: (other, signal) => {
        const process = find(other)
        if (process && isVisible(process)) process.receive(signal)
      },
      checkFiles: () => undefined,
      debug: () => undefined,
      info: (message) => this.#print(message),
      group: (_title, work) => work(),
      notice: (message) => this.#annotate('notice', writeOut(message)),
      warning: (message) => this.#annotate('warning', writeOut(message)),
      fail: (message) => this.#annotate('error', writeOut(message)),
      appendSummary: (markdown) => {
        if (this.act() && !this.#isDetached) this.#run.summary += markdown
      },
      hasSummary: () => this.#run.summary !== '',
      uninterrupted: async (work) => {
        this.#uninterruptible += 1
        try {
          return await work()
        } finally {
          this.#uninterruptible -= 1
        }
      },
    }
  }
}
