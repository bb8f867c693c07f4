import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createStepFiles, readStepFiles } from '../local-runner/step-files.js'
import { NEW_KEY } from './keys.js'

/** @import { Case } from './cases.js' */

/**
 * @typedef {object} StepRun
 * @property {number} ms Wall time of the whole process.
 * @property {number} peakKb 0 unless it was asked for.
 * @property {Record<string, string>} state What it saved for the post step.
 */

const LIMIT_MS = 60_000
/** Without Python's site packages, which would be most of the helper's own memory. */
const MEMORY_HELPER = [
  'python3',
  '-I',
  '-S',
  fileURLToPath(new URL('peak-memory.py', import.meta.url)),
]

/**
 * Runs a step once, in fresh files below the folder. Throws when it did not do its work.
 *
 * @param {Case} one
 * @param {string} folder
 * @param {{ memory?: boolean }} [options]
 * @returns {StepRun}
 */
export function runStep(one, folder, { memory = false } = {}) {
  const own = mkdtempSync(join(folder, 'step-'))
  const files = createStepFiles(own, {})
  const [program = '', ...args] = memory ? [...MEMORY_HELPER, ...one.command] : one.command
  const began = process.hrtime.bigint()
  const run = spawnSync(program, args, {
    cwd: files.GITHUB_WORKSPACE,
    env: { ...one.env, ...files },
    stdio: ['ignore', 'pipe', 'pipe', ...(memory ? [/** @type {const} */ ('pipe')] : [])],
    encoding: 'utf8',
    timeout: LIMIT_MS,
    // The helper passes it on to the process that it measures.
    killSignal: memory ? 'SIGTERM' : 'SIGKILL',
  })
  const ms = Number(process.hrtime.bigint() - began) / 1e6
  const { outputs, state } = readStepFiles(files)
  rmSync(own, { recursive: true, force: true })

  const problem = findProblem(one, run, Object.fromEntries(outputs))
  if (problem !== undefined) {
    throw new Error(`${one.name}: ${problem}\n${run.stdout ?? ''}${run.stderr ?? ''}`)
  }
  return { ms, peakKb: Number(run.output[3] ?? 0), state: Object.fromEntries(state) }
}

/**
 * @param {Case} one
 * @param {import('node:child_process').SpawnSyncReturns<string>} run
 * @param {Record<string, string>} outputs
 * @returns {string | undefined}
 */
function findProblem({ handsOn }, { error, status, signal, stdout }, outputs) {
  if (error !== undefined) return error.message
  if (status !== 0) return `it ended with ${signal ?? `exit code ${status}`}`
  if (stdout.includes('::warning') || stdout.includes('::error')) return 'it complained'
  if (!handsOn) return undefined
  if (!stdout.includes(`::add-mask::${NEW_KEY.key}\n`)) return 'it did not mask the key'
  const delivered = outputs['key'] === NEW_KEY.key && outputs['key_id'] === NEW_KEY.id
  return delivered ? undefined : 'it did not hand the key on'
}
