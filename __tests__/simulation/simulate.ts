import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parentPort, Worker } from 'node:worker_threads'
import * as fc from 'fast-check'
import { describeViolations } from '../../explore/oracle.js'
import { createRandom } from '../../explore/random.js'
import { type Scenario, scenarios } from './scenario.js'
import { Simulation } from './simulation.js'
import { World } from './world.js'

/** The schedules of one seed of fast-check. */
const BATCH = 500

interface Batch {
  readonly seed: number
  readonly schedules: number
  /** Of the only schedule to play; `''` for all. */
  readonly path: string
}

/** Simulates as the options say. Returns the exit code. */
async function simulate(): Promise<number> {
  const { values } = parseArgs({
    options: {
      /** How many, and of which seed; another one each time by default. */
      schedules: { type: 'string', default: '100000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      /** Only one of a seed, as a violation names it. */
      path: { type: 'string', default: '' },
    },
  })
  const { path } = values
  const [schedules, seed] = [Number(values.schedules), Number(values.seed)]
  const began = Date.now()
  const count = path === '' ? Math.ceil(schedules / BATCH) : 1
  const batches = Array.from({ length: count }, (_, index) => ({
    seed: seed + index,
    schedules: Math.min(BATCH, schedules - index * BATCH),
    path,
  }))
  let played = 0
  const found: string[] = []
  const work = async () => {
    const worker = new Worker(fileURLToPath(import.meta.url))
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      worker.postMessage(batch)
      const [breach] = await once(worker, 'message')
      played += batch.schedules
      if (breach === '') continue
      found.push(breach)
      // The others would find the same.
      batches.length = 0
    }
    await worker.terminate()
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  const seconds = ((Date.now() - began) / 1000).toFixed(1)
  const total = `${played} schedules from seed ${seed} in ${seconds} s, ${found.length} violations`
  process.stdout.write([...found, total, ''].join('\n'))
  return found.length > 0 ? 1 : 0
}

/** Plays a batch, or only the schedule at its path. Returns the smallest one that breaks a promise, or `''`. */
async function playBatch({ seed, schedules, path }: Batch): Promise<string> {
  const play = (order: number, scenario: Scenario) =>
    new Simulation(scenario, new World(createRandom(order))).play()
  const property = fc.asyncProperty(
    fc.noShrink(fc.nat()),
    scenarios,
    async (order, scenario) => (await play(order, scenario)).violations.length === 0,
  )
  const parameters = { seed, numRuns: schedules, ...(path !== '' && { path }) }
  const { counterexample, counterexamplePath } = await fc.check(property, parameters)
  if (counterexample === null) return ''
  const { violations, story } = await play(...counterexample)
  const logs = story.steps.flatMap(({ name, runs }) =>
    runs.flatMap(({ stage, exitCode, lines }) => [
      `${name}, ${stage} (exit code ${exitCode}):`,
      ...lines.map((line) => `  ${line}`),
    ]),
  )
  const command = `simulate -- --seed ${seed} --path ${counterexamplePath}`
  return describeViolations(violations, [fc.stringify(counterexample), ...logs], command)
}

if (parentPort === null) process.exitCode = await simulate()
else {
  // Thousands of errors are thrown, and their stacks are never read.
  Error.stackTraceLimit = 0
  const port = parentPort
  // Load lazy modules now, so that loading never takes a turn.
  const { loadSodium } = await import('../../src/github/seal.js')
  await Promise.all([loadSodium(), import('tweetnacl'), import('blakejs')])
  await import('../../src/github/bundle.js')
  port.on('message', async (batch: Batch) => port.postMessage(await playBatch(batch)))
}
