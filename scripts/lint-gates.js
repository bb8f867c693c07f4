import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

// A job that no gate waits for can fail unnoticed. In each workflow with a gate (a job whose ID ends in -ok),
// this fails unless the gate needs every other job and always runs.

const folder = join(import.meta.dirname, '..', '.github', 'workflows')
const problems = readdirSync(folder)
  .filter((file) => file.endsWith('.yml'))
  .flatMap((file) => {
    const { jobs } = parse(readFileSync(join(folder, file), 'utf8'))
    return findProblems(jobs).map((problem) => `${file}: ${problem}`)
  })

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

/**
 * @param {Record<string, { needs?: string[], if?: string }>} jobs
 * @returns {string[]}
 */
function findProblems(jobs) {
  return Object.entries(jobs)
    .filter(([id]) => id.endsWith('-ok'))
    .flatMap(([id, gate]) => [
      ...Object.keys(jobs)
        .filter((other) => other !== id && !gate.needs?.includes(other))
        .map((other) => `${id} does not need the job ${other}`),
      ...(gate.if === 'always()' ? [] : [`${id} must have if: always()`]),
    ])
}
