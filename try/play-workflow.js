import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createJobContext, evaluate, holds } from '../local-runner/job-context.js'
import { RunnerLog } from '../local-runner/mask-log.js'
import {
  pickHostEnvironment,
  readActionMetadata,
  runMain,
  runPost,
} from '../local-runner/run-action.js'
import { startSandbox } from '../sandbox/server.js'
import { readWorkflow } from './read-workflow.js'
import { writeKeys, writeSecrets, writeSummary } from './record.js'
import { Screen } from './screen.js'

/** @import { RunResult } from '../local-runner/types.ts' */
/** @import { Sandbox } from '../sandbox/types.ts' */
/** @import { Chapter, Job, RunningJob, Trial, TriedStep } from './types.ts' */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PULL_REQUEST = 42
const DEBUG = process.env['RUNNER_DEBUG'] === '1'

/** Inputs that get a value of the sandbox, whatever the workflow takes it from. */
const STAND_INS = /** @type {Readonly<Record<string, (trial: Trial, text: string) => string>>} */ ({
  org_key: ({ sandbox }) => sandbox.orgKey,
  org_id: ({ sandbox }) => sandbox.orgId,
  team_id: standForTeams,
  api_url: ({ sandbox }) => sandbox.managementUrl,
  github_api_url: ({ sandbox }) => sandbox.githubUrl,
  // A workflow's own token cannot write secrets, here as there.
  github_token: ({ sandbox }, text) =>
    /github\.token|secrets\.GITHUB_TOKEN/i.test(text) ? sandbox.workflowToken : sandbox.githubToken,
})

/**
 * Plays the steps of workflows that use this action, main then post, and shows what both services then hold.
 *
 * @param {string[]} files
 * @returns {Promise<boolean>} Whether every job succeeded.
 */
export async function tryWorkflows(files) {
  const jobs = files.flatMap(readWorkflow)
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const sandbox = await startSandbox()
  try {
    return await playJobs(sandbox, new Screen(), jobs, text)
  } finally {
    await sandbox.stop()
  }
}

/**
 * Plays jobs one after the other. Ctrl+C ends the running step, and post still runs; a second one ends everything.
 *
 * @param {Sandbox} sandbox
 * @param {Screen} screen
 * @param {Job[]} jobs
 * @param {string} [text] Of the workflows: the secrets and variables that it names get a value.
 * @returns {Promise<boolean>} Whether every job succeeded.
 */
export async function playJobs(sandbox, screen, jobs, text = '') {
  const { orgKey, githubToken, workflowToken, github, repository, githubUrl } = sandbox
  const secrets = { ...nameValues(text, 'secrets'), GITHUB_TOKEN: workflowToken }
  const credentials = [orgKey, githubToken, ...Object.values(secrets)]
  const event = { action: 'opened', number: PULL_REQUEST, pull_request: { number: PULL_REQUEST } }
  const context = createJobContext({
    github: { repository, api_url: githubUrl, token: workflowToken },
  })
  const contexts = {
    ...{ secrets, vars: nameValues(text, 'vars'), needs: {} },
    github: { ...context.github, event },
  }
  github.addPullRequest(repository, PULL_REQUEST)
  /** @type {Trial} */
  const trial = { sandbox, screen, teams: new Map(), contexts }
  process.once('SIGINT', () => {
    screen.log.jobStatus = 'cancelled'
  })
  /** @type {Chapter[]} */
  const chapters = []
  for (const job of jobs) {
    screen.log = new RunnerLog({ secrets: credentials, debug: DEBUG })
    const succeeded = await playJob(trial, job)
    const [keys, stored] = [sandbox.keys(), github.secrets()]
    chapters.push({ name: job.id, succeeded, keys, secrets: stored })
    if (screen.log.jobStatus === 'cancelled') break
  }
  writeKeys(screen, sandbox.keys(), chapters)
  writeSecrets(screen, repository, chapters)
  return chapters.every(({ succeeded }) => succeeded)
}

/** @param {Trial} trial @param {Job} job @returns {Promise<boolean>} */
async function playJob(trial, job) {
  const { sandbox, screen } = trial
  const { log } = screen
  job.prepare?.()
  screen.write(`\n── ${job.title}`)
  const contexts = { ...trial.contexts, ...job.contexts, env: {}, steps: {} }
  const temp = mkdtempSync(join(tmpdir(), 'try-'))
  /** @type {RunningJob} */
  const running = { contexts, exported: {}, temp, runs: [], posts: [], unplayed: new Set() }
  if (job.condition !== undefined) noteCondition(screen, job.condition)
  contexts.env = evaluateAll(running, job.env, () => job.place)
  const environment = evaluateAt(running, job.environment ?? '', job.place)
  if (environment !== '') sandbox.github.addEnvironment(sandbox.repository, environment)
  try {
    for (const [index, step] of job.steps.entries()) await playStep(trial, running, step, index)
    for (const { name, options, main } of running.posts.reverse()) {
      screen.write(`\n── Post ${name}`)
      const post = await runPost({
        ...{ ...options, env: { ...running.exported, ...options.env }, state: main.state },
        context: { ...options.context, job: { status: log.jobStatus } },
      })
      running.runs.push(post)
      writeEnd(screen, post)
    }
  } finally {
    rmSync(temp, { recursive: true, force: true, maxRetries: 5 })
  }
  writeSummary(screen, ...running.runs)
  const outputs = evaluateAll(running, job.outputs, () => job.place)
  const passed = log.toJobOutputs(outputs)
  const lost = Object.keys(outputs).filter((name) => !(name in passed))
  if (lost.length > 0) {
    screen.write(`\nJob outputs that are empty or contain a secret are dropped: ${lost.join(', ')}`)
  }
  trial.contexts['needs'] = { ...trial.contexts['needs'], [job.id]: { outputs: passed } }
  return log.jobStatus === 'success'
}

/** @param {Trial} trial @param {RunningJob} job @param {TriedStep} step @param {number} index */
async function playStep(trial, job, step, index) {
  const { screen, sandbox } = trial
  const { name, folder, script } = step
  if (script !== undefined)
    return runScript(
      screen,
      script,
      evaluateAll(job, step.env, () => name),
    )
  const needed = findUnplayed(job, step)
  const isPassed = folder === undefined || needed !== undefined
  screen.write(`\n── ${isPassed ? 'Not played:' : 'Run'} ${name}`)
  if (isPassed) {
    if (needed !== undefined) screen.write(`It needs steps.${needed}, which was not played.`)
    if (step.id !== undefined) job.unplayed.add(step.id)
    return
  }
  const actionDir = join(ROOT, folder)
  const inputs = readInputs(trial, job, step)
  prepare(sandbox, inputs)
  const env = evaluateAll(job, step.env, (key) => step.placeOf('env', key))
  const options = {
    ...{ actionDir, inputs, log: screen.log, debug: DEBUG, if: readCondition(step, screen) },
    env: { ...job.contexts['env'], ...job.exported, ...env },
    continueOnError: step.continueOnError === 'true',
    context: {
      github: {
        ...{ repository: sandbox.repository, api_url: sandbox.githubUrl },
        ...{ token: sandbox.workflowToken, action: step.id ?? `__step_${index + 1}` },
      },
    },
    event: job.contexts['github']?.['event'],
    overrides: { RUNNER_TEMP: job.temp },
    onShown: (/** @type {string} */ line) => screen.write(line),
  }
  const head = Object.entries(inputs).map(([key, value]) => [
    key,
    value.trim().split('\n').join(', '),
  ])
  screen.writeHead('Inputs', { with: Object.fromEntries(head) })
  const main = await runMain(options)
  writeEnd(screen, main)
  const { outputs, outcome, conclusion } = main
  if (step.id !== undefined) {
    job.contexts['steps'] = {
      ...job.contexts['steps'],
      [step.id]: { outputs, outcome, conclusion },
    }
  }
  if (outcome === 'skipped') return
  job.runs.push(main)
  Object.assign(job.exported, main.env)
  const set = Object.entries(outputs).filter(([, value]) => value !== '')
  if (set.length > 0) {
    screen.write('\nOutputs:')
    screen.writeTable([['name', 'value'], ...set])
  }
  if (readActionMetadata(actionDir).post !== undefined) job.posts.push({ name, options, main })
}

/**
 * Runs a script with this Node.js, unless the job has failed already.
 *
 * @param {Screen} screen
 * @param {string} script
 * @param {Record<string, string>} env
 */
async function runScript(screen, script, env) {
  const { log } = screen
  if (log.jobStatus !== 'success') return
  screen.write('\n── Use the key')
  log.startStep()
  screen.writeHead(`Run node ${basename(script)}`, { env })
  const options = { env: { ...pickHostEnvironment(), ...env } }
  const { failed, output } = await new Promise((resolve) => {
    execFile(process.execPath, [script], options, (error, stdout, stderr) =>
      resolve({ failed: error !== null, output: (stdout + stderr).trimEnd() }),
    )
  })
  for (const line of output.split('\n')) screen.writeAll(log.read(line))
  if (failed) log.jobStatus = 'failure'
}

/** @param {Trial} trial @param {RunningJob} job @param {TriedStep} step */
function readInputs(trial, job, step) {
  const given = Object.entries(step.inputs).map(([name, text]) => {
    const standIn = text.trim() === '' ? undefined : STAND_INS[name]
    const place = step.placeOf('with', name)
    return [name, standIn?.(trial, text) ?? evaluateAt(job, text, place, `${name}: `)]
  })
  return { api_url: trial.sandbox.managementUrl, ...Object.fromEntries(given) }
}

/**
 * The step that an input or a variable of this one takes a value from and that was passed over, if any.
 *
 * @param {RunningJob} job
 * @param {TriedStep} step
 */
function findUnplayed({ unplayed }, { folder, inputs, env }) {
  if (folder === undefined) return undefined
  const texts = Object.entries({ ...inputs, ...env })
    .filter(([name]) => STAND_INS[name] === undefined)
    .map(([, text]) => text)
  return [...unplayed].find((id) => texts.some((text) => text.includes(`steps.${id}.`)))
}

/**
 * The part of a condition that can be judged: all of it, or a status function that has to hold beside others.
 *
 * @param {TriedStep} step
 * @param {Screen} screen
 */
function readCondition({ condition = 'success()' }, screen) {
  const inner = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition)?.[1] ?? condition
  const parts = [condition, ...(inner.includes('||') ? [] : inner.split('&&'))]
  const judged = parts.find(isStatusFunction) ?? 'success()'
  if (!isStatusFunction(condition) && holds(judged, screen.log.jobStatus)) {
    noteCondition(screen, condition)
  }
  return judged
}

/** @param {string} condition */
function isStatusFunction(condition) {
  try {
    holds(condition, 'success')
    return true
  } catch {
    return false
  }
}

/** @param {Screen} screen @param {string} condition */
function noteCondition(screen, condition) {
  screen.write(`Played whatever its condition says: ${condition.replace(/\s+/g, ' ').trim()}`)
}

/**
 * @param {RunningJob} job
 * @param {Record<string, string>} texts
 * @param {(name: string) => string} placeOf
 */
function evaluateAll(job, texts, placeOf) {
  const pairs = Object.entries(texts).map(([name, text]) => [
    ...[name, evaluateAt(job, text, placeOf(name), `${name}: `)],
  ])
  return Object.fromEntries(pairs)
}

/** @param {RunningJob} job @param {string} text @param {string} place @param {string} [what] */
function evaluateAt({ contexts }, text, place, what = '') {
  for (const [, root = '', id = ''] of text.matchAll(/\b(steps|needs)\.([\w-]+)\./g)) {
    if (!(id in (contexts[root] ?? {}))) {
      throw new Error(`${place}: ${what}${root}.${id} was not played; write a value instead`)
    }
  }
  try {
    return evaluate(text, contexts)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${place}: ${what}${reason}; write a value instead`, { cause: error })
  }
}

/**
 * A team of the sandbox for each team of the input, the same for the same text.
 *
 * @param {Trial} trial
 * @param {string} text
 */
function standForTeams({ sandbox, teams }, text) {
  const { teamIds } = sandbox
  const names = text.match(/\$\{\{.*?\}\}|[^\s,]+/g) ?? []
  for (const name of names) {
    const id = teams.get(name) ?? teamIds[teams.size]
    if (id === undefined) throw new Error(`The sandbox has only ${teamIds.length} teams`)
    teams.set(name, id)
  }
  return names.map((name) => teams.get(name)).join('\n')
}

/**
 * Gives the sandbox the repositories, organizations and environments that the targets name.
 *
 * @param {Sandbox} sandbox
 * @param {Record<string, string>} inputs
 */
function prepare({ github, repository }, inputs) {
  for (const line of (inputs['secret_targets'] ?? '').split('\n')) {
    /** @type {Record<string, string | undefined>} */
    const pairs = Object.fromEntries(
      [...line.matchAll(/(\w+)=("[^"]*"|\S+)/g)].map(([, name, value = '']) => [
        ...[name, value.replaceAll('"', '')],
      ]),
    )
    const { org, env, repo = repository, repos = '' } = pairs
    if (org !== undefined) github.addOrganization(org)
    const others = repos.split(',').filter((name) => name !== '')
    for (const name of [repo, ...others.map((other) => `${org}/${other}`)]) {
      if (/^[\w.-]+\/[\w.-]+$/.test(name)) github.addRepository(name)
    }
    if (env !== undefined && inputs['create_environments'] !== 'true') {
      github.addEnvironment(repo, env)
    }
  }
}

/**
 * A fake value for each name of a context that the text mentions.
 *
 * @param {string} text
 * @param {string} context
 */
function nameValues(text, context) {
  const names = [...text.matchAll(new RegExp(`\\b${context}\\.([\\w-]+)`, 'g'))]
  return Object.fromEntries(names.map(([, name = '']) => [name, `fake-${name}`]))
}

/** @param {Screen} screen @param {RunResult} run */
function writeEnd(screen, { outcome, conclusion, exitCode, signal }) {
  if (outcome === 'skipped') screen.write('Skipped: its condition does not hold.')
  else if (signal) screen.write(`Error: The step ended by ${signal}`)
  else if (exitCode !== 0) screen.write(`Error: Process completed with exit code ${exitCode}.`)
  if (outcome !== conclusion) screen.write('The job goes on: continue-on-error.')
}
