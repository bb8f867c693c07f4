import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createStepFiles, readStepFiles } from '../local-runner/step-files.js'
import { NEW_KEY } from './server.js'

/** @import { Case } from './types.ts' */

const LIMIT_MS = 60_000
const PRELOAD = ['--require', join(import.meta.dirname, 'peak-memory.cjs')]

/**
 * Runs a step once, in fresh files below the folder. Throws when it did not do its work.
 *
 * @param {Case} one
 * @param {string} folder
 * @param {{ memory?: boolean }} [options]
 * @returns {Promise<{ ms: number, peakKb: number, state: Record<string, string> }>} Wall time of the whole process; its
 *   peak memory, 0 unless it was asked for; what it saved for the post step.
 */
export async function runStep(one, folder, { memory = false } = {}) {
  const own = mkdtempSync(join(folder, 'step-'))
  const files = createStepFiles(own, {})
  const [program = '', ...args] = one.command
  const began = process.hrtime.bigint()
  const child = spawn(program, memory ? [...PRELOAD, ...args] : args, {
    cwd: files.GITHUB_WORKSPACE,
    env: { ...one.env, ...files },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  })
  const streams = child.stdio.map((stream) => (stream && 'read' in stream ? text(stream) : ''))
  const [code, signal] = await once(child, 'exit')
  const ms = Number(process.hrtime.bigint() - began) / 1e6
  const [, stdout = '', stderr = '', peak] = await Promise.all(streams)
  const { outputs, state } = readStepFiles(files)
  rmSync(own, { recursive: true, force: true })

  const { key, key_id: id } = Object.fromEntries(outputs)
  const delivered = key === NEW_KEY.key && id === NEW_KEY.id
  const masked = stdout.includes(`::add-mask::${NEW_KEY.key}\n`)
  const done = code === 0 && !/::warning|::error/.test(stdout)
  if (!done || (one.delivers && !(delivered && masked))) {
    throw new Error(`${one.name} did not do its work (${signal ?? code})\n${stdout}${stderr}`)
  }
  return { ms, peakKb: Number(peak), state: Object.fromEntries(state) }
}
