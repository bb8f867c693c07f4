import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../local-runner/run-action.js'
import type { ActionRun } from '../local-runner/types.ts'
import { matchesRequest } from '../sandbox/http.js'
import { startSandbox } from '../sandbox/server.js'
import type { Sandbox } from '../sandbox/types.ts'
import type { Case, Outcome } from './cases.js'
import { isRefused, PAUSE_FACTOR, toSandbox } from './fault-plans.js'
import { judge, type OracleRun, type OracleWorld, type Violation } from './oracle.js'
import { describeInputs, ORG_ID, ORG_KEY, REPOSITORY, RUN_ID, TEAMS } from './scenarios.js'
import { look, stockUp } from './stand-ins.js'

type Stage = OracleRun['stage']

/** Far longer than any step takes, even on a busy machine. */
const LONGEST_RUN_MS = 60_000

/**
 * Plays one case against its own sandbox, and checks the services after each process.
 *
 * A killed main step is followed by its post step, as on a runner. If that is killed too, a runner stops there; here
 * it runs again, to show that it can be repeated. The other two actions have no post step: they run again, without
 * faults.
 */
export async function play(which: Case): Promise<Outcome> {
  // What is there before is as old as in real life.
  let age = 3_600_000
  const now = () => new Date(Date.now() - age)
  const identity = { orgId: ORG_ID, orgKey: ORG_KEY, teamIds: [...TEAMS], repository: REPOSITORY }
  const sandbox = await startSandbox({ now, ...identity })
  const folder = mkdtempSync(join(tmpdir(), 'explore-'))
  try {
    const performance = new Performance(which, sandbox, folder, now().getTime())
    age = 0
    return await performance.play()
  } finally {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

class Performance {
  readonly #which: Case
  readonly #sandbox: Sandbox
  readonly #folder: string
  readonly #temp: string
  readonly #selectedIds: readonly string[]
  readonly #before: OracleWorld
  readonly #runs: OracleRun[] = []
  readonly #violations = new Map<string, Violation>()
  /** The files in which the processes note their effects. */
  readonly #reports: string[] = []
  readonly #log: string[] = []
  #state: Record<string, string> = {}
  #jobStatus = 'success'
  /** Set when the main step lives on after the runner took it for ended: resolves when it is gone. */
  #detached: Promise<void> | undefined

  /** Fills both services, as if it were another time. */
  constructor(which: Case, sandbox: Sandbox, folder: string, now: number) {
    this.#which = which
    this.#sandbox = sandbox
    this.#folder = folder
    this.#temp = mkdtempSync(join(folder, 'temp-'))
    this.#selectedIds = stockUp(sandbox, now, which.configuration)
    this.#before = look(sandbox, () => null)
    for (const fault of which.plan.faults) sandbox.misbehave(toSandbox(fault))
  }

  async play(): Promise<Outcome> {
    const { configuration, plan, main, post } = this.#which
    const last = configuration.action === 'create' ? 'post' : 'main'
    let situation = ''
    for (const endAt of [main, post, 0]) {
      const isOver = await this.#playStage(situation === '' ? 'main' : last, endAt, last)
      situation ||= this.#describe()
      if (isOver) break
      if (last === 'main') this.#sandbox.behave()
    }
    const applies = plan.faults.every((fault) => {
      const matching = this.#sandbox.requests.filter((one) => matchesRequest(toSandbox(fault), one))
      return matching.length > (fault.skip ?? 0)
    })
    const violations = [...this.#violations.values()]
    const effects = this.#reports.map(readLines)
    return { violations, applies, effects, situation, log: this.#log }
  }

  /** Plays a process to its end. Returns whether nothing follows it. */
  async #playStage(stage: Stage, endAt: number, last: Stage): Promise<boolean> {
    const { configuration, plan } = this.#which
    const { exitCode, state } = await this.#run(stage, endAt)
    if (stage === 'main') {
      this.#state = configuration.losesState && exitCode === null ? {} : { ...state }
      const isFailed = exitCode !== 0 || configuration.jobFails === true
      if (isFailed && this.#detached === undefined) this.#jobStatus = 'failure'
    } else await this.#detached
    // After a shutdown nothing starts, so that the process has to say what it leaves.
    const isShutDown = plan.ending === 'shutdown' && endAt !== 0
    const isOver = isShutDown || (exitCode !== null && stage === last)
    if (stage === 'post' || this.#detached === undefined) this.#judge(isOver)
    return isOver
  }

  /** Plays a process, which is ended after an effect: as the plan says, or by a kill. */
  async #run(stage: Stage, endAt: number): Promise<OracleRun> {
    const { configuration, plan } = this.#which
    const { githubToken, githubUrl, managementUrl } = this.#sandbox
    const { action } = configuration
    const isLost = plan.faults.some(({ kind }) => kind === 'hold')
    const inputs = describeInputs(configuration, githubToken, this.#selectedIds)
    if (stage === 'post' && plan.empty) inputs[plan.empty] = ''
    const report = join(this.#folder, `effects-${this.#reports.length}`)
    const running = start(stage, {
      actionDir: action === 'create' ? '.' : action,
      node: process.env['BUNDLE_NODE'] || process.execPath,
      nodeArgs: ['--require', resolve('explore/count-effects.cjs')],
      env: {
        EXPLORE_REPORT: report,
        EXPLORE_END_AT: String(endAt),
        // A post step is not cancelled.
        EXPLORE_ENDING: stage === 'post' && plan.ending === 'container' ? '' : plan.ending,
        EXPLORE_PAUSES: String(PAUSE_FACTOR),
      },
      context: {
        github: { run_id: RUN_ID, repository: REPOSITORY, api_url: githubUrl },
        job: { status: this.#jobStatus },
      },
      // Where no response is lost, long enough for a busy machine.
      inputs: { api_url: managementUrl, timeout_seconds: isLost ? '1' : '20', ...inputs },
      state: stage === 'post' ? this.#state : {},
      overrides: { RUNNER_TEMP: configuration.hasNoTemp ? join(this.#folder, 'none') : this.#temp },
      timeoutMs: LONGEST_RUN_MS,
    })
    // A main step that was let go waits until its post step has been started.
    for (const one of this.#reports) writeFileSync(`${one}-go`, '')
    this.#reports.push(report)
    if (stage === 'main') await this.#letGo(running, report)
    const result = await running.finished
    const run = { ...result, stage, inputs }
    this.#runs.push(run)
    const end = endAt === 0 ? '' : `, ${plan.ending ?? 'killed'} after effect ${endAt}`
    this.#log.push(`── ${stage}${end}`, ...result.shown)
    if (this.#detached === undefined) await this.#waitForRequests()
    return run
  }

  /** Takes a main step for ended once it waits for that, if its job is to be cancelled in a container. */
  async #letGo({ finished, gone, cancel }: ActionRun, report: string): Promise<void> {
    if (this.#which.plan.ending !== 'container') return
    const ended = finished.then(() => true)
    while (!(await Promise.race([ended, sleep(5, false)]))) {
      if (!existsSync(`${report}-waits`)) continue
      this.#detached = gone
      this.#jobStatus = 'cancelled'
      cancel({ unreachable: true })
    }
  }

  /** A request sent right before a process was killed may not have reached the sandbox yet. */
  async #waitForRequests(): Promise<void> {
    const effects = this.#reports.flatMap(readLines)
    const sent = effects.filter((effect) => effect.startsWith('sent ')).length
    for (let patience = 100; patience > 0; patience -= 1) {
      if (this.#sandbox.requests.length >= sent) break
      await sleep(5)
    }
    await sleep(5)
  }

  #judge(over: boolean): void {
    const { configuration, plan } = this.#which
    const { githubToken, requests } = this.#sandbox
    const sealed = JSON.stringify(requests).match(/(?<="encrypted_value":")[^"]+/g) ?? []
    const step = {
      ...configuration,
      runs: this.#runs.map((run) => ({ ...run, givenInVain: this.#listGivenInVain() })),
      selectedIds: this.#selectedIds,
      jobFailed: this.#jobStatus !== 'success',
      over,
      // Nobody sees what a main step gives after that.
      isSignaled: plan.ending === 'shutdown' || this.#detached !== undefined,
      empty: plan.empty,
    }
    const violations = judge({
      before: this.#before,
      after: this.#look(),
      steps: [step],
      confidential: [ORG_KEY, githubToken, ...sealed],
      notes: readFolder(this.#temp),
      listing: !isRefused(plan, 'list'),
      revoking: !isRefused(plan, 'revoke') && !isRefused(plan, 'delete'),
      accepting: !isRefused(plan, 'team'),
    })
    for (const one of violations) this.#violations.set(`${one.promise} ${one.what}`, one)
  }

  /** The keys that a main step gave to the job after the runner had taken it for ended. */
  #listGivenInVain(): string[] {
    const effects = this.#reports.flatMap(readLines)
    const isGiven = effects.some((effect) => /^appendFile GITHUB_(OUTPUT key:|ENV )/.test(effect))
    if (this.#detached === undefined || !isGiven) return []
    const isNamed = (id: string) => effects.some((effect) => effect.includes(`key_id: ${id}`))
    return this.#sandbox.keys().flatMap(({ id, key }) => (isNamed(id) ? [key] : []))
  }

  #look(): OracleWorld {
    const { name } = this.#which.configuration
    const isOld = (id: string) => this.#before.keys.some((key) => key.id === id)
    return look(this.#sandbox, (id) => (isOld(id) ? null : name))
  }

  /** Everything that the next process can see, without what differs each time. */
  #describe(): string {
    const text = JSON.stringify([
      this.#look(),
      this.#state,
      readFolder(this.#temp),
      // The requests so far decide which faults are still pending.
      this.#sandbox.requests.map(({ method, path }) => `${method} ${path}`),
      this.#jobStatus,
    ])
    const names = new Set<string>()
    const name = (found: string) => `#${[...names.add(found)].indexOf(found)}`
    return text
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'time')
      .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|mg_sandbox_[\w-]+/g, name)
      .replace(/\d+\.\d+|\d{3,}/g, 'number')
  }
}

function readLines(path: string): string[] {
  // A process may end before its first effect.
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
}

function readFolder(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}: ${readFileSync(join(parentPath, name), 'utf8')}`)
    .sort()
    .join('\n')
}
