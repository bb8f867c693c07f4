/**
 * Measures what a user waits for: the action's steps as whole processes, beside what they might have
 * written instead, interleaved, each as a ratio to a Node.js that does nothing. To be read, not tested.
 *
 *     npm run bench -- --rounds 101
 *     npm run bench -- --against ../other-checkout   (adds its steps, by its own action.yml and dist/)
 *     npm run bench -- --only 'secrets|revoke'       (steps whose name matches)
 *
 * BENCH_NODE or BUNDLE_NODE names the Node.js 24 to measure with, if this is another one.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { listCases } from './cases.js'
import { renderReport } from './report.js'
import { runStep } from './run-step.js'
import { startServer } from './server.js'

/** @import { Case, Measured, Work } from './types.ts' */

const ROOT = join(import.meta.dirname, '..')
/** Memory hardly varies. */
const MEMORY_ROUNDS = 7

/**
 * @param {string} folder For what the steps write.
 * @param {ReturnType<typeof readOptions>} options
 */
async function bench(folder, { rounds, against, only }) {
  const node = findNode24()
  const { near, far, certificate, work } = await startServer()
  const certificateFile = join(folder, 'server.pem')
  writeFileSync(certificateFile, certificate)
  const actions = [{ root: ROOT, isOther: false }]
  if (against !== undefined) actions.push({ root: resolve(against), isOther: true })
  const cases = await listCases(
    { node: node.path, near, far, certificateFile },
    actions,
    async (main) => (await runStep(main, folder)).state,
  )
  /** @type {Measured[]} */
  const all = []
  for (const [index, one] of cases.entries()) {
    // The first is the unit.
    if (index > 0 && !only.test(one.name)) continue
    try {
      all.push(await tryOnce(one, folder, work))
    } catch (error) {
      if (!one.isOptional) throw error
      process.stderr.write(`Not measured, because a tool is not here: ${one.name}\n`)
    }
  }
  process.stderr.write(`Measuring ${all.length} steps in ${rounds} rounds…\n`)
  await interleave(all, rounds, async ({ one, times }) => {
    times.push((await runStep(one, folder)).ms)
  })
  const local = all.filter(({ one }) => one.distance === 'near' && one.command[0] === node.path)
  await interleave(local, Math.min(rounds, MEMORY_ROUNDS), async ({ one, peaks }) => {
    peaks.push((await runStep(one, folder, { memory: true })).peakKb)
  })
  process.stdout.write(renderReport(all, { root: ROOT, nodeVersion: node.version, rounds }))
}

/**
 * Measures each step once a round, each round beginning with another one, so that whatever slows the
 * machine for a while slows all of them.
 *
 * @param {Measured[]} all
 * @param {number} rounds
 * @param {(measured: Measured) => Promise<void>} measure
 */
async function interleave(all, rounds, measure) {
  for (let round = 0; round < rounds; round += 1) {
    const first = round % all.length
    for (const measured of [...all.slice(first), ...all.slice(0, first)]) {
      if (round < (measured.one.mostRounds ?? rounds)) await measure(measured)
    }
  }
}

/**
 * Runs a step once and throws unless the server saw the requests that are its work.
 *
 * @param {Case} one
 * @param {string} folder
 * @param {Work} work
 * @returns {Promise<Measured>}
 */
async function tryOnce(one, folder, work) {
  work.requests.length = 0
  work.connections.clear()
  await runStep(one, folder)
  for (const [method, wanted] of Object.entries(one.requests)) {
    const count = work.requests.filter((seen) => seen === method).length
    if (count !== wanted) throw new Error(`${one.name}: ${count} ${method} instead of ${wanted}`)
  }
  const [requests, connections] = [work.requests.length, work.connections.size]
  return { one, requests, connections, times: [], peaks: [] }
}

function findNode24() {
  const path = process.env['BENCH_NODE'] || process.env['BUNDLE_NODE'] || process.execPath
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
  const version = stdout?.trim() ?? 'not a program'
  if (version.startsWith('v24.')) return { path, version }
  const name = `node-${process.platform}-${process.arch}`
  throw new Error(
    `Runners start the action with Node.js 24, but ${path} is ${version}. To get one:
  npm install --prefix /tmp/node24 --no-save ${name}@24
  BENCH_NODE=/tmp/node24/node_modules/${name}/bin/node npm run bench`,
  )
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '31' },
      against: { type: 'string' },
      only: { type: 'string', default: '' },
    },
  })
  if (!/^[1-9]\d*$/.test(values.rounds)) throw new Error('--rounds takes a number, 1 or more')
  return { ...values, rounds: Number(values.rounds), only: new RegExp(values.only) }
}

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
try {
  await bench(folder, readOptions())
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
