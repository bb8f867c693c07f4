import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../local-runner/run-action.js'
import { startSandbox } from '../sandbox/server.js'
import { RUN_ID } from './configurations.js'
import { judge } from './oracle.js'

/** @import { RunResult } from '../local-runner/types.ts' */
/** @import { Sandbox } from '../sandbox/types.ts' */
/** @import { Case, Configuration, FaultPlan, OracleRun, OracleStep, OracleWorld, Outcome, Setup, Stage, Story, Violation } from './types.ts' */

const HOOK = join(import.meta.dirname, 'count-effects.cjs')
/** Shortens pauses between attempts. */
const PAUSE_FACTOR = 0.02
/** Long enough for a busy machine. */
const TIMEOUT_SECONDS = 20
/** Far longer than any step takes, even on a busy machine. */
const LONGEST_RUN_MS = 60_000
const STEP = 'step'

/**
 * Plays one case against its own sandbox, and checks the services after each process.
 *
 * A killed main step is followed by its post step, as on a runner. If that is killed too, a runner stops there; here
 * it runs again, to show that it can be repeated. The other two actions have no post step: they run again, without
 * faults.
 *
 * @param {Case} which
 * @param {Stage} stage
 * @returns {Promise<Outcome>}
 */
export async function play({ configuration, plan, main, post }, stage) {
  let hourAgo = 3_600_000
  const now = () => new Date(Date.now() - hourAgo)
  const sandbox = await startSandbox({ now })
  const folder = mkdtempSync(join(tmpdir(), 'explore-'))
  try {
    const setup = configuration.prepare(sandbox)
    hourAgo = 0
    const performance = new Performance(sandbox, configuration, plan, setup, folder, stage)
    for (const fault of plan.faults(configuration)) sandbox.misbehave(fault)
    return await performance.play(main, post)
  } finally {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** One case under way. */
class Performance {
  /** @type {OracleRun[]} */
  #runs = []
  /** @type {Violation[]} */
  #violations = []
  /** @type {string[][]} */
  #effects = []
  /** @type {Record<string, string>} */
  #state = {}
  /** @type {string[]} */
  #log = []
  #jobFailed = false
  #sandbox
  #configuration
  #plan
  #setup
  #folder
  #stage
  #before
  #temp

  /**
   * @param {Sandbox} sandbox
   * @param {Configuration} configuration
   * @param {FaultPlan} plan
   * @param {Setup} setup
   * @param {string} folder For the files of the runs.
   * @param {Stage} stage
   */
  constructor(sandbox, configuration, plan, setup, folder, stage) {
    this.#sandbox = sandbox
    this.#configuration = configuration
    this.#plan = plan
    this.#setup = setup
    this.#folder = folder
    this.#stage = stage
    this.#before = this.#look(new Set(sandbox.keys().map(({ id }) => id)))
    this.#temp = join(folder, 'temp')
    mkdirSync(this.#temp)
  }

  /**
   * @param {number} killMain
   * @param {number} killPost
   * @returns {Promise<Outcome>}
   */
  async play(killMain, killPost) {
    const hasPost = this.#configuration.action === 'create'
    const first = await this.#run('main', killMain)
    this.#state = first.signal !== null && this.#configuration.losesState ? {} : first.state
    this.#jobFailed = first.exitCode !== 0 || this.#configuration.jobFails
    if (!hasPost && first.signal !== null) this.#sandbox.behave()
    this.#judge(!hasPost && first.signal === null)
    const situation = this.#digest()
    if (hasPost || first.signal !== null) {
      const stage = hasPost ? 'post' : 'main'
      const second = await this.#run(stage, killPost)
      this.#judge(second.signal === null)
      if (second.signal !== null) {
        await this.#run(stage, 0)
        this.#judge(true)
      }
    }
    const [mainEffects = [], postEffects = []] = this.#effects
    return {
      violations: removeRepeats(this.#violations),
      mainEffects,
      postEffects,
      situation,
      runs: this.#runs.length,
      log: this.#log,
    }
  }

  /**
   * @param {'main' | 'post'} stage
   * @param {number} killAt
   */
  async #run(stage, killAt) {
    const sandbox = this.#sandbox
    const { action } = this.#configuration
    const report = join(this.#folder, `effects-${this.#effects.length}`)
    const { finished } = start(stage, {
      actionDir: join(this.#stage.actionDir, action === 'create' ? '.' : action),
      node: this.#stage.node,
      nodeArgs: ['--require', HOOK],
      env: {
        EXPLORE_REPORT: report,
        EXPLORE_KILL_AT: String(killAt),
        EXPLORE_PAUSES: String(PAUSE_FACTOR),
      },
      context: {
        github: { run_id: RUN_ID, repository: sandbox.repository, api_url: sandbox.githubUrl },
        job: { status: this.#jobFailed ? 'failure' : 'success' },
      },
      inputs: {
        org_key: sandbox.orgKey,
        org_id: sandbox.orgId,
        api_url: sandbox.managementUrl,
        timeout_seconds: String(this.#plan.timeoutSeconds ?? TIMEOUT_SECONDS),
        ...this.#setup.inputs,
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
  async #waitForRequests() {
    const sent = this.#effects.flat().filter((effect) => effect.startsWith('sent ')).length
    for (let patience = 100; patience > 0; patience -= 1) {
      if (this.#sandbox.requests.length >= sent) break
      await sleep(5)
    }
    await sleep(5)
  }

  /** @param {boolean} over */
  #judge(over) {
    this.#violations.push(...judge(this.#describeStory(over)))
  }

  /**
   * @param {boolean} over
   * @returns {Story}
   */
  #describeStory(over) {
    const { orgKey, githubToken, requests } = this.#sandbox
    const { refuses } = this.#plan
    const usesToken = 'github_token' in this.#setup.inputs
    const sealed = requests.flatMap(({ body }) => {
      const value = typeof body === 'object' && body !== null && Object.entries(body)
      return value
        ? value.flatMap(([name, text]) => (name === 'encrypted_value' ? [text] : []))
        : []
    })
    return {
      before: this.#before,
      after: this.#look(new Set(this.#before.keys.map(({ id }) => id))),
      steps: [this.#describeStep()],
      confidential: [orgKey, githubToken, ...sealed.map(String)],
      credentials: usesToken ? [orgKey, githubToken] : [orgKey],
      notes: readFolder(this.#temp),
      over,
      listing: refuses !== 'lists',
      revoking: refuses !== 'revocations' && refuses !== 'deletions',
      accepting: refuses !== 'verification',
    }
  }

  /** @returns {OracleStep} */
  #describeStep() {
    const { action, traits } = this.#configuration
    return {
      name: STEP,
      action,
      label: '',
      teamIds: [this.#sandbox.teamIds[0] ?? ''],
      ifExists: 'create',
      retain: 0,
      policy: 'never',
      ownsLabel: traits.includes('own'),
      outputKey: true,
      envName: undefined,
      verifies: false,
      targets: [],
      selectedIds: [],
      ...this.#setup.expected,
      jobFailed: this.#jobFailed,
      runs: this.#runs,
    }
  }

  /**
   * @param {Set<string>} others Ids of keys that are not the step's.
   * @returns {OracleWorld}
   */
  #look(others) {
    const { github } = this.#sandbox
    return {
      keys: this.#sandbox.keys().map(({ id, key, label, teamIds, createdAt, revokedAt }) => ({
        id,
        value: key,
        label,
        teamIds,
        createdAt,
        revoked: revokedAt !== null,
        madeBy: others.has(id) ? null : STEP,
      })),
      secrets: github.secrets().map(({ owner, repo, environment, store, name, value }) => ({
        place: [
          repo === undefined ? `org=${owner}` : `repo=${owner}/${repo}`,
          ...(environment === undefined ? [] : [`env=${environment}`]),
          ...(store === 'actions' ? [] : [`app=${store}`]),
        ].join(' '),
        name,
        value,
      })),
    }
  }

  /** A digest of everything that the next process can see, without what differs each time. */
  #digest() {
    const { keys, secrets } = this.#look(new Set())
    const requests = this.#sandbox.requests.map(({ method, path }) => `${method} ${path}`)
    const text = JSON.stringify({
      keys: keys.map(({ id, value, revoked }) => ({ id, value, revoked })),
      secrets,
      state: this.#state,
      temp: readFolder(this.#temp),
      // The requests so far decide which faults are still pending.
      requests,
      jobFailed: this.#jobFailed,
    })
    /** @type {Map<string, number>} */
    const names = new Map()
    const name = (/** @type {string} */ found) => {
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

/**
 * @param {'main' | 'post'} stage
 * @param {RunResult} result
 * @returns {OracleRun}
 */
function describeRun(stage, result) {
  const { exitCode, lines, masks, annotations, outputs, env, state, summary } = result
  const endedBy = result.timedOut ? 'time' : result.signal === null ? 'itself' : 'killed'
  return { stage, endedBy, exitCode, lines, masks, annotations, outputs, env, state, summary }
}

/**
 * Reports a lasting violation once.
 *
 * @param {Violation[]} violations
 */
function removeRepeats(violations) {
  return [...new Map(violations.map((one) => [`${one.promise} ${one.what}`, one])).values()]
}

/** @param {string} path */
function readLines(path) {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean)
  } catch {
    // The process ended before its first effect.
    return []
  }
}

/** @param {string} folder */
function readFolder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}: ${readFileSync(join(parentPath, name), 'utf8')}`)
    .sort()
    .join('\n')
}
