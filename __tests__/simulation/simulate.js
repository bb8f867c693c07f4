/**
 * Plays jobs of two or three steps over simulated services, in orders that fast-check chooses, and checks what
 * the action's promises against the state of the services:
 *
 *     npm run simulate                                    # 100,000 schedules
 *     npm run simulate -- --schedules 5000 --seed 7
 *     npm run simulate -- --seed 7 --path 41:3            # one, as a violation names it
 */
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { compileSimulation } from './compile.js'

/** @import { Exploration } from './explore-schedules.ts' */

const HELP = `Plays jobs of parallel steps over simulated services, and judges what is left.

Usage: npm run simulate -- [options]

  --schedules N  how many (default: 100000)
  --seed N       which (default: another one each time)
  --path PATH    only one of a seed's, as a violation names it
  --src FOLDER   the sources to run (default: src)
  --workers N    how many threads (default: as many as there are cores)
  --help         show this text
`

/** The schedules of one seed of fast-check. */
const BATCH = 500

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    path: { type: 'string' },
    src: { type: 'string', default: join(import.meta.dirname, '..', '..', 'src') },
    workers: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(HELP)
else process.exitCode = await simulate()

/** @returns {Promise<number>} The exit code. */
async function simulate() {
  const folder = compileSimulation(values.src)
  const began = Date.now()
  try {
    const batches = planBatches()
    /** @type {Exploration[]} */
    const done = []
    const work = async () => {
      const worker = new Worker(join(import.meta.dirname, 'worker.js'), { workerData: folder })
      for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
        const result = await runBatch(worker, batch)
        done.push(result)
        // The others would find the same.
        if (result.found !== undefined) batches.length = 0
      }
      await worker.terminate()
    }
    await Promise.all(Array.from({ length: Number(values.workers) }, work))
    const schedules = done.reduce((sum, one) => sum + one.schedules, 0)
    const seconds = ((Date.now() - began) / 1000).toFixed(1)
    const found = done.flatMap((one) => one.found ?? [])
    for (const one of found) report(one)
    process.stdout.write(
      `${schedules} schedules from seed ${values.seed} in ${seconds} s, ${found.length} violations\n`,
    )
    return found.length > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @typedef {{ seed: number, schedules: number, path?: string }} Batch */

/** @returns {Batch[]} */
function planBatches() {
  const seed = Number(values.seed)
  if (values.path !== undefined) return [{ seed, schedules: BATCH, path: values.path }]
  const schedules = Number(values.schedules)
  return Array.from({ length: Math.ceil(schedules / BATCH) }, (_, index) => ({
    seed: seed + index,
    schedules: Math.min(BATCH, schedules - index * BATCH),
  }))
}

/**
 * @param {Worker} worker
 * @param {Batch} batch
 * @returns {Promise<Exploration>}
 */
async function runBatch(worker, batch) {
  worker.postMessage(batch)
  const [result] = await once(worker, 'message')
  return result
}

/** @param {NonNullable<Exploration['found']>} found */
function report({ seed, path, violations, scenario, log }) {
  process.stdout.write(
    [
      ...violations,
      '',
      scenario,
      '',
      ...log,
      '',
      `Again: npm run simulate -- --seed ${seed} --path ${path}`,
      '',
    ].join('\n'),
  )
}
