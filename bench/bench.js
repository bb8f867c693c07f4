/**
 * Measures what a user waits for: the action's steps as whole processes, beside what they might have
 * written instead, each as a ratio to a Node.js that does nothing. Results are to be read, not tested.
 *
 *     npm run bench
 *     BENCH_NODE=/path/to/node-24 npm run bench -- --rounds 101
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  baseline,
  bashStep,
  companionStep,
  eightLines,
  ghStep,
  loadModule,
  mainStep,
  postStep,
  pythonStep,
  secretsStep,
} from './cases.js'
import { measureDownloads } from './downloads.js'
import { findNode24 } from './find-node.js'
import { checkWork, findMissing, measureInterleaved } from './measure.js'
import { renderReport } from './report.js'
import { runStep } from './run-step.js'
import { startServer } from './start-server.js'
import { median } from './statistics.js'

/** @import { Case, Setup } from './cases.js' */
/** @import { Server, Work } from './start-server.js' */

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
  const { addresses } = server
  const certificateFile = join(folder, 'server.pem')
  writeFileSync(certificateFile, addresses.certificate)
  /** @type {Setup} */
  const near = { node: node.path, addresses, certificateFile, distance: 'near' }
  /** @type {Setup} */
  const far = { ...near, distance: 'far' }
  const { state } = runStep(mainStep(near), folder)
  const idle = baseline(near)
  const one = { near: secretsStep(near, 1, '≤ 4.0'), far: secretsStep(far, 1) }
  const ten = { near: secretsStep(near, 10), far: secretsStep(far, 10) }
  const forty = { near: secretsStep(near, 40), far: secretsStep(far, 40) }
  const main = mainStep(near)
  const nearCases = [
    idle,
    loadModule(near, 'node:http'),
    loadModule(near, 'dist/index.cjs', join(import.meta.dirname, '..', 'dist', 'index.cjs')),
    main,
    postStep(near, state, 'never'),
    postStep(near, state, 'always'),
    bashStep(near),
    eightLines(near),
    one.near,
    ten.near,
    forty.near,
    pythonStep(near, 1),
    pythonStep(near, 10),
  ]
  const farCases = [
    mainStep(far),
    bashStep(far),
    one.far,
    ten.far,
    forty.far,
    pythonStep(far, 1),
    pythonStep(far, 10),
    ghStep(far, 1),
    ghStep(far, 10),
    companionStep(far, 'revoke'),
    companionStep(far, 'prune'),
  ]
  const cases = [...nearCases, ...farCases]
  const missing = new Map(cases.map((one) => [one, findMissing(one.needs)]))
  const runnable = cases.filter((one) => missing.get(one) === undefined)
  /** @type {Map<Case, Work>} */
  const works = new Map()
  for (const one of runnable) works.set(one, await checkWork(one, folder, server))

  process.stderr.write(`Measuring ${runnable.length} steps in ${rounds} rounds…\n`)
  const times = await measureInterleaved(runnable, rounds, (one) => runStep(one, folder).ms)
  const noMemory = findMissing(['python3'])
  const peaks =
    noMemory === undefined
      ? await measureInterleaved(
          runnable.filter((one) => nearCases.includes(one) && one.mostRounds === undefined),
          Math.min(rounds, MEMORY_ROUNDS),
          (one) => runStep(one, folder, { memory: true }).peakKb,
        )
      : undefined

  /** @param {Case} one */
  const toRow = (one) => ({
    one,
    missing: missing.get(one),
    times: times.get(one),
    peaks: peaks?.get(one),
    work: works.get(one),
  })
  const mid = (/** @type {Case} */ one) => median(times.get(one) ?? [])
  const memory = (/** @type {Case} */ one) => median(peaks?.get(one) ?? [])
  const downloads = measureDownloads()
  const archive = (downloads[0]?.bytes ?? Number.NaN) / 1000
  process.stdout.write(
    renderReport({
      // Its pauses make a ratio that says nothing; the verdicts have it in seconds.
      near: nearCases.filter((one) => one !== forty.near).map(toRow),
      far: farCases.map(toRow),
      verdicts: [
        ['create, × `node -e 0`', mid(main) / mid(idle), 1.8],
        ['one secret, × `node -e 0`', mid(one.near) / mid(idle), 4],
        ['ten secrets, × one', mid(ten.near) / mid(one.near), 2],
        ['ten secrets over HTTPS, × one', mid(ten.far) / mid(one.far), 3],
        ['forty secrets, s', mid(forty.near) / 1000, 25],
        ['forty secrets over HTTPS, s', mid(forty.far) / 1000, 25],
        ['memory of one secret, × `node -e 0`', memory(one.near) / memory(idle), 1.6],
        ['archive, KB', archive, 226],
      ],
      idle: { times: times.get(idle) ?? [], peaks: peaks?.get(idle) },
      downloads,
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
