import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../local-runner/run-action.js'
import type { ActionRun, RunResult } from '../local-runner/types.ts'
import { startSandbox } from '../sandbox/server.js'
import type { Sandbox, Fault as SandboxFault } from '../sandbox/types.ts'
import type { Case, Outcome } from './cases.js'
import type { Fault } from './fault-plans.js'
import { judge, type OracleRun, type OracleWorld, type Story, type Violation } from './oracle.js'
import {
  describeInputs,
  describeStep,
  ORG_ID,
  ORG_KEY,
  REPOSITORY,
  RUN_ID,
  stockUp,
  TEAMS,
} from './scenarios.js'
import { look, stockOf } from './stand-ins.js'

/** Where the action is, which Node.js runs it, and the module that counts its effects. */
export interface Stage {
  readonly actionDir: string
  readonly node: string
  readonly hook: string
}

/** Shortens pauses between attempts. */
const PAUSE_FACTOR = 0.02
/** Long enough for a busy machine. */
const TIMEOUT_SECONDS = 20
/** Far longer than any step takes, even on a busy machine. */
const LONGEST_RUN_MS = 60_000

const KILLED = { endedBy: 'killed' } as const

/** The requests that a fault strikes, as the sandbox knows them. */
const REQUESTS = {
  create: { method: 'POST', path: '/management_key' },
  list: { method: 'GET', path: '/management_key' },
  revoke: { method: 'DELETE', path: '/management_key' },
  team: { method: 'GET', path: '/team/' },
  write: { method: 'PUT', path: '/secrets/' },
  look: { method: 'GET', path: '/secrets/' },
  delete: { method: 'DELETE', path: '/secrets/' },
} as const

/**
 * Plays one case against its own sandbox, and checks the services after each process.
 *
 * A killed main step is followed by its post step, as on a runner. If that is killed too, a runner stops there; here
 * it runs again, to show that it can be repeated. The other two actions have no post step: they run again, without
 * faults.
 */
export async function play(which: Case, stage: Stage): Promise<Outcome> {
  // What is there before is as old as in real life.
  let hourAgo = 3_600_000
  const now = () => new Date(Date.now() - hourAgo)
  const identity = { orgId: ORG_ID, orgKey: ORG_KEY, teamIds: [...TEAMS], repository: REPOSITORY }
  const sandbox = await startSandbox({ now, ...identity })
  const folder = mkdtempSync(join(tmpdir(), 'explore-'))
  try {
    const { step, traits } = which.configuration
    const selected = stockUp(stockOf(sandbox, now().getTime()), step, which.configuration)
    hourAgo = 0
    const performance = new Performance(sandbox, which, selected, folder, stage)
    for (const fault of which.plan.faults(traits)) sandbox.misbehave(toSandbox(fault))
    return await performance.play()
  } finally {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** A fault in the sandbox's words. */
export function toSandbox({
  kind,
  status = 503,
  request,
  outMs = 0,
  ...when
}: Fault): SandboxFault {
  const what: Record<Exclude<Fault['kind'], 'unreachable'>, SandboxFault> = {
    none: { kind: 'delay', delayMs: outMs },
    refused: { kind: 'status', status },
    failed: { kind: 'status', status, after: 'work' },
    cut: { kind: 'reset' },
    reset: { kind: 'reset', when: 'work' },
    vanished: { kind: 'hold' },
    lost: { kind: 'hold', when: 'work' },
    garbled: { kind: 'truncate' },
    keyless: { kind: 'omit', fields: ['key'] },
  }
  if (kind === 'unreachable') throw new TypeError('A sandbox on loopback is never unreachable')
  const { skip = 0, times = 1 } = when
  return { ...what[kind], skip, times, ...(request && REQUESTS[request]) }
}

/** One case under way. */
class Performance {
  readonly #runs: OracleRun[] = []
  readonly #violations = new Map<string, Violation>()
  /** The files in which the processes note their effects. */
  readonly #reports: string[] = []
  readonly #log: string[] = []
  readonly #sandbox: Sandbox
  readonly #case: Case
  readonly #selected: readonly string[]
  readonly #folder: string
  readonly #stage: Stage
  readonly #before: OracleWorld
  readonly #temp: string
  #state: Record<string, string> = {}
  #jobFailed = false
  /** Whether the main step lives on, and when it is gone. */
  #isDetached = false
  #gone: Promise<void> = Promise.resolve()

  constructor(
    sandbox: Sandbox,
    which: Case,
    selected: readonly string[],
    folder: string,
    stage: Stage,
  ) {
    this.#sandbox = sandbox
    this.#case = which
    this.#selected = selected
    this.#folder = folder
    this.#stage = stage
    this.#before = this.#look()
    this.#temp = join(folder, 'temp')
    mkdirSync(this.#temp)
  }

  async play(): Promise<Outcome> {
    const situation = await (this.#case.configuration.step.action === 'create'
      ? this.#playWithPost()
      : this.#playAgain())
    const [mainEffects = [], postEffects = []] = this.#reports.map(readLines)
    const violations = [...this.#violations.values()]
    const runs = this.#runs.length
    return { violations, mainEffects, postEffects, situation, runs, log: this.#log }
  }

  async #playWithPost(): Promise<string> {
    const { configuration, plan, main, post } = this.#case
    const first = await this.#run('main', main)
    const isLost = configuration.step.losesState && first.endedBy !== 'itself'
    this.#state = isLost ? {} : { ...first.state }
    this.#jobFailed = first.exitCode !== 0 || configuration.jobFails === true
    // After a shutdown no post step starts, so that main has to say what it leaves.
    const isShutDown = plan.ending === 'shutdown' && main !== 0
    if (!this.#isDetached) this.#judge(isShutDown)
    const situation = this.#digest()
    if (isShutDown) return situation
    const second = await this.#run('post', post)
    await this.#gone
    const isLast = second.endedBy === 'itself' || plan.ending === 'shutdown'
    this.#judge(isLast)
    if (!isLast) {
      await this.#run('post', 0)
      this.#judge(true)
    }
    return situation
  }

  async #playAgain(): Promise<string> {
    let runs = [this.#case.main, this.#case.post, 0]
    let situation: string | undefined
    for (const endAt of runs) {
      const { endedBy } = await this.#run('main', endAt)
      this.#sandbox.behave()
      this.#judge(endedBy === 'itself')
      situation ??= this.#digest()
      if (endedBy === 'itself') runs = []
    }
    return situation ?? ''
  }

  /** Plays a process, which is ended after an effect: as the plan says, or by a kill. */
  async #run(stage: OracleRun['stage'], endAt: number): Promise<OracleRun> {
    const { configuration, plan } = this.#case
    const given = describeInputs(configuration.step, this.#sandbox.githubToken, this.#selected)
    const inputs = stage === 'post' && plan.empty ? { ...given, [plan.empty]: '' } : given
    const report = join(this.#folder, `effects-${this.#reports.length}`)
    const running = this.#start(stage, inputs, report, endAt)
    // A main step that was let go waits until its post step has been started.
    for (const one of this.#reports) writeFileSync(`${one}-go`, '')
    this.#reports.push(report)
    if (stage === 'main') await this.#letGo(running, `${report}-waits`)
    const result = await running.finished
    const credentials = [inputs['org_key'], inputs['github_token']].flatMap((value) => value || [])
    const isKilled = this.#isDetached && stage === 'main'
    const run = { ...describeRun(stage, result), credentials, ...(isKilled && KILLED) }
    this.#runs.push(run)
    const end = endAt === 0 ? '' : `, ${plan.ending ?? 'killed'} after effect ${endAt}`
    this.#log.push(`── ${stage}${end}`, ...result.shown)
    if (!this.#isDetached) await this.#waitForRequests()
    return run
  }

  #start(
    stage: OracleRun['stage'],
    inputs: Record<string, string>,
    report: string,
    endAt: number,
  ): ActionRun {
    const { githubUrl, managementUrl } = this.#sandbox
    const { configuration, plan } = this.#case
    const { action } = configuration.step
    const { actionDir, node, hook } = this.#stage
    const status = this.#jobFailed ? 'failure' : 'success'
    return start(stage, {
      actionDir: join(actionDir, action === 'create' ? '.' : action),
      node,
      nodeArgs: ['--require', hook],
      env: {
        EXPLORE_REPORT: report,
        EXPLORE_END_AT: String(endAt),
        // A post step is not cancelled.
        EXPLORE_ENDING: stage === 'post' && plan.ending === 'container' ? '' : plan.ending,
        EXPLORE_PAUSES: String(PAUSE_FACTOR),
      },
      context: {
        github: { run_id: RUN_ID, repository: REPOSITORY, api_url: githubUrl },
        job: { status: this.#isDetached ? 'cancelled' : status },
      },
      inputs: {
        api_url: managementUrl,
        timeout_seconds: String(plan.timeoutSeconds ?? TIMEOUT_SECONDS),
        ...inputs,
      },
      state: stage === 'post' ? this.#state : {},
      overrides: { RUNNER_TEMP: this.#temp },
      timeoutMs: LONGEST_RUN_MS,
    })
  }

  /** Takes a main step for ended once it waits for that. */
  async #letGo({ finished, gone, cancel }: ActionRun, waits: string): Promise<void> {
    if (this.#case.plan.ending !== 'container') return
    const ended = finished.then(() => true)
    while (!(await Promise.race([ended, sleep(5, false)]))) {
      if (!existsSync(waits)) continue
      this.#isDetached = true
      this.#gone = gone
      cancel({ unreachable: true })
    }
  }

  /** A request sent right before a process was killed may not have reached the sandbox yet. */
  async #waitForRequests(): Promise<void> {
    const sent = this.#reports
      .flatMap(readLines)
      .filter((effect) => effect.startsWith('sent ')).length
    for (let patience = 100; patience > 0; patience -= 1) {
      if (this.#sandbox.requests.length >= sent) break
      await sleep(5)
    }
    await sleep(5)
  }

  #judge(over: boolean): void {
    for (const one of judge(this.#tell(over))) {
      this.#violations.set(`${one.promise} ${one.what}`, one)
    }
  }

  #tell(over: boolean): Story {
    const { githubToken, requests } = this.#sandbox
    const { configuration, plan } = this.#case
    const { refuses, empty, ending } = plan
    // Nobody sees what a main step gives after that.
    const isSignaled = ending === 'shutdown' || this.#isDetached
    const sealed = requests.flatMap(({ body }) =>
      typeof body === 'object' && body !== null && 'encrypted_value' in body
        ? [String(body.encrypted_value)]
        : [],
    )
    const { step } = configuration
    return {
      before: this.#before,
      after: this.#look(),
      steps: [
        describeStep(
          step,
          {
            jobFailed: this.#jobFailed,
            over,
            isSignaled,
            runs: this.#runs,
            ...(empty && { empty }),
          },
          this.#selected,
        ),
      ],
      confidential: [ORG_KEY, githubToken, ...sealed],
      notes: readFolder(this.#temp),
      listing: refuses !== 'lists',
      revoking: refuses !== 'revocations' && refuses !== 'deletions',
      accepting: refuses !== 'verification',
    }
  }

  #look(): OracleWorld {
    const { name } = this.#case.configuration.step
    const isOld = (id: string) => this.#before?.keys.some((key) => key.id === id) ?? true
    return look(this.#sandbox, (id) => (isOld(id) ? null : name))
  }

  /** A digest of everything that the next process can see, without what differs each time. */
  #digest(): string {
    const { keys, secrets } = this.#look()
    const text = JSON.stringify({
      keys: keys.map(({ id, value, revoked }) => ({ id, value, revoked })),
      secrets,
      state: this.#state,
      temp: readFolder(this.#temp),
      // The requests so far decide which faults are still pending.
      requests: this.#sandbox.requests.map(({ method, path }) => `${method} ${path}`),
      jobFailed: this.#jobFailed,
    })
    const names = new Map<string, number>()
    const name = (found: string) => {
      const number = names.get(found) ?? names.size
      names.set(found, number)
      return `#${number}`
    }
    const steady = text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
      .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|mg_sandbox_[\w-]+/g, name)
      .replace(/\d+\.\d+|\d{3,}/g, 'number')
    return createHash('sha256').update(steady).digest('hex')
  }
}

function describeRun(stage: OracleRun['stage'], result: RunResult) {
  const { exitCode, lines, masks, annotations, outputs, env, state, summary } = result
  const endedBy: OracleRun['endedBy'] = result.timedOut
    ? 'time'
    : result.signal === null
      ? 'itself'
      : 'killed'
  return { stage, endedBy, exitCode, lines, masks, annotations, outputs, env, state, summary }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch {
    // The process ended before its first effect.
    return []
  }
}

function readFolder(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}: ${readFileSync(join(parentPath, name), 'utf8')}`)
    .sort()
    .join('\n')
}
