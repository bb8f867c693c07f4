import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/*
 * Proves that the gate in ci.yml, the only check that GitHub is told to require, covers every check:
 * - A change starts ci.yml and no other workflow.
 * - The gate needs every other job of ci.yml, none of which hides a failure, runs whatever became of them,
 *   and passes only when all succeeded: its script is tried with every other result.
 */

/** @typedef {{ needs: string[], if: string, steps: { run?: string, env?: Record<string, string> }[] }} Gate */

/** How the gate's script gets the results. */
const RESULTS = `\${{ join(needs.*.result, ' ') }}`
/** What a change sets off before it lands. */
const CHANGE_EVENTS = ['pull_request', 'pull_request_target', 'merge_group']

const folder = join(import.meta.dirname, '..', '.github', 'workflows')
const read = (/** @type {string} */ file) => parse(readFileSync(join(folder, file), 'utf8'))
/** @type {{ jobs: { 'ci-ok': Gate } & Record<string, object> }} */
const { jobs } = read('ci.yml')
const { 'ci-ok': gate, ...checks } = jobs
/** @type {string[]} */
const problems = []

for (const file of readdirSync(folder).filter((name) => name !== 'ci.yml')) {
  const { on } = read(file)
  const started = CHANGE_EVENTS.filter((event) => Object.hasOwn(on, event))
  if (started.length > 0) problems.push(`${file} runs on ${started}; make it a job of ci.yml`)
}
for (const [id, job] of Object.entries(checks)) {
  if (!gate.needs.includes(id)) problems.push(`ci-ok does not need the job ${id}`)
  if ('continue-on-error' in job)
    problems.push(`${id} has continue-on-error, which hides a failure`)
}
if (gate.if !== 'always()') problems.push('ci-ok must have if: always()')
const succeeded = gate.needs.map(() => 'success')
for (const { run = '', env } of gate.steps) {
  if (env?.['RESULTS'] !== RESULTS)
    problems.push(`A step of ci-ok does not get RESULTS: ${RESULTS}`)
  if (!passes(run, succeeded)) problems.push('ci-ok fails when every job succeeds')
  for (const result of ['failure', 'cancelled', 'skipped']) {
    for (const at of succeeded.keys()) {
      const isHidden = passes(run, succeeded.with(at, result))
      if (isHidden) problems.push(`ci-ok passes when a job ends with ${result}`)
    }
  }
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
else console.log(`ci-ok covers ${Object.keys(checks).length} jobs`)

/** Whether the script succeeds, run as GitHub's runner does. @param {string} script @param {string[]} results */
function passes(script, results) {
  const env = { ...process.env, RESULTS: results.join(' ') }
  const { status } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], { env })
  return status === 0
}
