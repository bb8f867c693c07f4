/**
 * Measures what a user waits for: the action's steps as whole processes, beside what they might have
 * written instead, each as a ratio to a Node.js that does nothing. Results are to be read, not tested.
 *
 *     npm run bench
 *     BENCH_NODE=/path/to/node-24 npm run bench -- --rounds 101
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { baseline, bashStep, eightLines, mainStep, postStep } from './cases.js'
import { measureDownloads } from './downloads.js'
import { findNode24 } from './find-node.js'
import { checkWork, findMissing, measureInterleaved } from './measure.js'
import { renderReport } from './report.js'
import { runStep } from './run-step.js'
import { startServer } from './start-server.js'

/** @import { Server } from './start-server.js' */

const DEFAULT_ROUNDS = 31
/** Memory hardly varies, and measuring it costs a second process. */
const MEMORY_ROUNDS = 7

/**
 * @param {Server} server
 * @param {string} folder For what the steps write.
 * @param {{ path: string, version: string }} node
 * @param {number} rounds
 */
async function bench(server, folder, node, rounds) {
  const setup = { node: node.path, apiUrl: server.url }
  const main = mainStep(setup)
  const { state } = runStep(main, folder)
  const idle = baseline(setup)
  const cases = [
    idle,
    main,
    postStep(setup, state, 'never'),
    postStep(setup, state, 'always'),
    bashStep(setup),
    eightLines(setup),
  ]
  const missing = new Map(cases.map((one) => [one, findMissing(one.needs)]))
  const runnable = cases.filter((one) => missing.get(one) === undefined)
  for (const one of runnable) await checkWork(one, folder, server)

  process.stderr.write(`Measuring ${runnable.length} steps in ${rounds} rounds…\n`)
  const times = await measureInterleaved(runnable, rounds, (one) => runStep(one, folder).ms)
  const noMemory = findMissing(['python3'])
  const peaks =
    noMemory === undefined
      ? await measureInterleaved(
          runnable,
          Math.min(rounds, MEMORY_ROUNDS),
          (one) => runStep(one, folder, { memory: true }).peakKb,
        )
      : undefined

  const rows = cases.map((one) => ({
    one,
    missing: missing.get(one),
    times: times.get(one),
    peaks: peaks?.get(one),
  }))
  process.stdout.write(
    renderReport({
      rows,
      idle: { times: times.get(idle) ?? [], peaks: peaks?.get(idle) },
      downloads: measureDownloads(),
      nodeVersion: node.version,
      rounds,
      command: rounds === DEFAULT_ROUNDS ? 'npm run bench' : `npm run bench -- --rounds ${rounds}`,
    }),
  )
}

/** @returns {number} */
function readRounds() {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: String(DEFAULT_ROUNDS) } },
  })
  if (!/^[1-9]\d{0,4}$/.test(values.rounds)) {
    throw new Error(`--rounds takes a whole number, 1 or more, not "${values.rounds}"`)
  }
  return Number(values.rounds)
}

async function run() {
  const rounds = readRounds()
  const node = findNode24(process.env)
  const folder = mkdtempSync(join(tmpdir(), 'bench-'))
  // Also when a signal or an error ends this process; the server ends with it by itself.
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
  const server = await startServer()
  try {
    await bench(server, folder, node, rounds)
  } finally {
    server.stop()
  }
}

try {
  await run()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
