import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../local-runner/run-action.js'
import type { RunResult } from '../local-runner/types.ts'
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
  readonly #effects: string[][] = []
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
    const { configuration, main, post } = this.#case
    const { action, losesState } = configuration.step
    const hasPost = action === 'create'
    const first = await this.#run('main', main)
    this.#state = first.signal !== null && losesState ? {} : first.state
    this.#jobFailed = first.exitCode !== 0 || configuration.jobFails === true
    if (!hasPost && first.signal !== null) this.#sandbox.behave()
    this.#judge(!hasPost && first.signal === null)
    const situation = this.#digest()
    if (hasPost || first.signal !== null) {
      const stage = hasPost ? 'post' : 'main'
      const second = await this.#run(stage, post)
      this.#judge(second.signal === null)
      if (second.signal !== null) {
        await this.#run(stage, 0)
        this.#judge(true)
      }
    }
    const [mainEffects = [], postEffects = []] = this.#effects
    const violations = [...this.#violations.values()]
    const runs = this.#runs.length
    return { violations, mainEffects, postEffects, situation, runs, log: this.#log }
  }

  async #run(stage: OracleRun['stage'], killAt: number): Promise<RunResult> {
    const { githubUrl, githubToken, managementUrl } = this.#sandbox
    const { configuration, plan } = this.#case
    const { step } = configuration
    const { actionDir, node, hook } = this.#stage
    const report = join(this.#folder, `effects-${this.#effects.length}`)
    const { finished } = start(stage, {
      actionDir: join(actionDir, step.action === 'create' ? '.' : step.action),
      node,
      nodeArgs: ['--require', hook],
      env: {
        EXPLORE_REPORT: report,
        EXPLORE_KILL_AT: String(killAt),
        EXPLORE_PAUSES: String(PAUSE_FACTOR),
      },
      context: {
        github: { run_id: RUN_ID, repository: REPOSITORY, api_url: githubUrl },
        job: { status: this.#jobFailed ? 'failure' : 'success' },
      },
      inputs: {
        api_url: managementUrl,
        timeout_seconds: String(plan.timeoutSeconds ?? TIMEOUT_SECONDS),
        ...describeInputs(step, githubToken, this.#selected),
      },
      state: stage === 'post' ? this.#state : {},
      overrides: { RUNNER_TEMP: this.#temp },
      timeoutMs: LONGEST_RUN_MS,
    })
    const result = await finished
    this.#effects.push(readLines(report))
    this.#runs.push(describeRun(stage, result))
    this.#log.push(`── ${stage}${killAt === 0 ? '' : `, to be killed after effect ${killAt}`}`)
    this.#log.push(...result.shown)
    await this.#waitForRequests()
    return result
  }

  /** A request sent right before a process was killed may not have reached the sandbox yet. */
  async #waitForRequests(): Promise<void> {
    const sent = this.#effects.flat().filter((effect) => effect.startsWith('sent ')).length
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
    const { refuses } = plan
    const sealed = requests.flatMap(({ body }) =>
      typeof body === 'object' && body !== null && 'encrypted_value' in body
        ? [String(body.encrypted_value)]
        : [],
    )
    const { step } = configuration
    return {
      before: this.#before,
      after: this.#look(),
      steps: [describeStep(step, this.#jobFailed, this.#runs, this.#selected)],
      confidential: [ORG_KEY, githubToken, ...sealed],
      credentials: step.places.length > 0 ? [ORG_KEY, githubToken] : [ORG_KEY],
      notes: readFolder(this.#temp),
      over,
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

function describeRun(stage: OracleRun['stage'], result: RunResult): OracleRun {
  const { exitCode, lines, masks, annotations, outputs, env, state, summary } = result
  const endedBy = result.timedOut ? 'time' : result.signal === null ? 'itself' : 'killed'
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
