import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { play } from './play.js'
import { scenarios } from './scenario.js'
import { World } from './world.js'

export const HELP = `Plays jobs of parallel steps over simulated services, and judges what is left.

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

interface Batch {
  readonly seed: number
  readonly schedules: number
  readonly path?: string
}

/** The result of a batch: `found` describes the smallest schedule that broke a promise. */
interface Exploration {
  readonly schedules: number
  readonly found: string | undefined
}

/** Simulates as the arguments say, in orders that fast-check chooses. Returns the exit code. */
export async function run(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      schedules: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      path: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
    },
  })
  const began = Date.now()
  const batches = planBatches(Number(values.seed), Number(values.schedules), values.path)
  const done: Exploration[] = []
  const work = async () => {
    const worker = new Worker(fileURLToPath(import.meta.url))
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      worker.postMessage(batch)
      const [result] = await once(worker, 'message')
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
  const total = `${schedules} schedules from seed ${values.seed} in ${seconds} s, ${found.length} violations`
  process.stdout.write([...found, total, ''].join('\n'))
  return found.length > 0 ? 1 : 0
}

function planBatches(seed: number, schedules: number, path: string | undefined): Batch[] {
  if (path !== undefined) return [{ seed, schedules: BATCH, path }]
  return Array.from({ length: Math.ceil(schedules / BATCH) }, (_, index) => ({
    seed: seed + index,
    schedules: Math.min(BATCH, schedules - index * BATCH),
  }))
}

/** Plays a batch, or only the schedule at its path, until one breaks a promise. */
async function playBatch({ seed, schedules, path }: Batch): Promise<Exploration> {
  const property = fc.asyncProperty(orders, scenarios, async (order, scenario) => {
    const { violations } = await play(scenario, new World(createScheduler(order)))
    if (violations.length > 0) throw new Error(violations.map(({ what }) => what).join('\n'))
  })
  const parameters = { seed, numRuns: schedules, ...(path !== undefined && { path }) }
  const { counterexample, counterexamplePath, numRuns } = await fc.check(property, parameters)
  if (counterexample === null) return { schedules: numRuns, found: undefined }
  const [order, scenario] = counterexample
  const { violations, story } = await play(scenario, new World(createScheduler(order)))
  const lines = [
    ...violations.map(({ promise, what }) => `promise ${promise}: ${what}`),
    '',
    fc.stringify(scenario),
    '',
    ...story.steps.flatMap(({ name, runs }) =>
      runs.flatMap(({ stage, endedBy, lines }) => [
        `${name}, ${stage} (ended by ${endedBy}):`,
        ...lines.map((line) => `  ${line}`),
      ]),
    ),
    '',
    `Again: npm run simulate -- --seed ${seed} --path ${counterexamplePath}`,
  ]
  return { schedules: numRuns, found: lines.join('\n') }
}

/** A number for each order of turns. */
const orders = fc.noShrink(fc.nat())

/** The same one each time: a clone of fast-check's scheduler goes on where the former clone ended. */
function createScheduler(order: number): fc.Scheduler {
  const [scheduler] = fc.sample(fc.scheduler(), { seed: order, numRuns: 1 })
  if (scheduler === undefined) throw new Error('fast-check generated no scheduler')
  return scheduler
}

if (!isMainThread && parentPort !== null) {
  // Thousands of errors are thrown, and their stacks are never read.
  Error.stackTraceLimit = 0
  const port = parentPort
  // Load lazy modules now, so that loading never takes a turn.
  const { loadSodium } = await import('../../src/github/secrets.js')
  await Promise.all([loadSodium(), import('tweetnacl'), import('blakejs')])
  await import('../../src/github/bundle.js')
  port.on('message', async (batch: Batch) => port.postMessage(await playBatch(batch)))
}
