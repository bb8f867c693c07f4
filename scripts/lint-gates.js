import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/*
 * Proves that the gate in ci.yml, the only check that GitHub is told to require, covers every check:
 * - A change starts ci.yml and no other workflow.
 * - ci.yml calls each workflow that can be called.
 * - The gate needs every other job of ci.yml, none of which hides a failure, runs whatever became of them,
 *   and passes only when all succeeded: its script is tried with every other result.
 */

/**
 * @typedef {{ run?: string, env?: Record<string, string> }} Step
 * @typedef {{ needs?: string[], if?: string, uses?: string, steps?: Step[],
 *   'continue-on-error'?: unknown }} Job
 * @typedef {{ on: Record<string, unknown>, jobs: Record<string, Job> }} Workflow
 */

const GATED = 'ci.yml'
const GATE = 'ci-ok'
/** How the gate's script gets the results. */
const RESULTS = /^\$\{\{ join\(needs\.\*\.result, ' '\) \}\}$/
/** What a change sets off before it lands. */
const CHANGE_EVENTS = ['pull_request', 'pull_request_target', 'merge_group']

const folder = join(import.meta.dirname, '..', '.github', 'workflows')
const workflows = new Map(
  readdirSync(folder).map((file) => {
    /** @type {Workflow} */
    const workflow = parse(readFileSync(join(folder, file), 'utf8'))
    return [file, workflow]
  }),
)
const { jobs = {} } = workflows.get(GATED) ?? {}
const { [GATE]: gate, ...checks } = jobs

const problems = [
  ...[...workflows].flatMap(([file, workflow]) => findUncovered(file, workflow)),
  ...(gate === undefined ? [`${GATED} has no job ${GATE}`] : findGaps(gate)),
]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`${GATE} covers ${Object.keys(checks).length} jobs`)

/**
 * @param {string} file
 * @param {Workflow} workflow
 * @returns {string[]}
 */
function findUncovered(file, workflow) {
  if (file === GATED) return []
  const called = Object.values(checks).some(({ uses }) => uses === `./.github/workflows/${file}`)
  return [
    ...CHANGE_EVENTS.filter((event) => Object.hasOwn(workflow.on, event)).map(
      (event) => `${file} runs on ${event}, so ${GATE} does not cover it; call it from ${GATED}`,
    ),
    ...(Object.hasOwn(workflow.on, 'workflow_call') && !called
      ? [`${file} can be called, but ${GATED} does not call it`]
      : []),
  ]
}

/**
 * @param {Job} gate
 * @returns {string[]}
 */
function findGaps(gate) {
  const needs = gate.needs ?? []
  const script = gate.steps?.map((step) => step.run ?? '').join('\n') ?? ''
  return [
    ...Object.keys(checks)
      .filter((id) => !needs.includes(id))
      .map((id) => `${GATE} does not need the job ${id}`),
    ...Object.entries(checks)
      .filter(([, job]) => 'continue-on-error' in job)
      .map(([id]) => `${id} must not have continue-on-error: ${GATE} would not see that it fails`),
    ...(gate.steps?.every((step) => RESULTS.test(step.env?.['RESULTS'] ?? ''))
      ? []
      : [`Each step of ${GATE} must get RESULTS from needs.*.result`]),
    ...(gate.if === 'always()' ? [] : [`${GATE} must have if: always()`]),
    ...(passes(
      script,
      needs.map(() => 'success'),
    )
      ? []
      : [`${GATE} fails when every job succeeds`]),
    ...['failure', 'cancelled', 'skipped'].flatMap((result) =>
      needs.flatMap((id) =>
        passes(
          script,
          needs.map((other) => (other === id ? result : 'success')),
        )
          ? [`${GATE} passes when ${id} ends with ${result}`]
          : [],
      ),
    ),
  ]
}

/**
 * @param {string} script
 * @param {string[]} results
 * @returns {boolean} Whether the script succeeds, run as GitHub's runner does.
 */
function passes(script, results) {
  try {
    execFileSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
      env: { ...process.env, RESULTS: results.join(' ') },
      stdio: 'ignore',
    })
    return true
  } catch {
    return false
  }
}
