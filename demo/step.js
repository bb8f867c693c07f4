import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pickHostEnvironment, runMain, runPost } from '../local-runner/run-action.js'

/** @import { RunOptions, RunResult } from '../local-runner/types.ts' */
/** @import { Screen } from './screen.js' */
/** @import { Stage, Step } from './types.ts' */

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TIMEOUT_MINUTES = 2

/**
 * Runs an action and shows it as a runner does, but without the inputs that have their default.
 *
 * @param {Stage} stage
 * @param {Step} step
 * @returns {Promise<RunResult>}
 */
export async function runStep(stage, step) {
  stage.screen.writeHead(`Run ${step.name}`, { with: step.inputs })
  const main = await runMain(toRunOptions(stage, step))
  writeEnd(stage.screen, main)
  return main
}

/**
 * Runs an action's post step.
 *
 * @param {Stage} stage
 * @param {Step} step
 * @param {RunResult} main
 * @param {boolean} used Whether the steps in between went well.
 * @returns {Promise<RunResult>}
 */
export async function runPostStep(stage, step, main, used) {
  stage.screen.write(`\n── Post Run ${step.name}`)
  stage.screen.write('Post job cleanup.')
  const status = main.outcome === 'success' && used ? 'success' : 'failure'
  const post = await runPost({
    ...toRunOptions(stage, step),
    context: {
      github: step.github,
      job: { status: stage.interrupt.happened ? 'cancelled' : status },
    },
    env: main.env,
    state: main.state,
  })
  writeEnd(stage.screen, post)
  return post
}

/**
 * Runs a later step that gets the key in its environment, unless the job already failed or was interrupted.
 *
 * @param {Stage} stage
 * @param {RunResult} main
 * @returns {Promise<boolean>} Whether it could use the key.
 */
export async function useKey({ sandbox, log, screen, interrupt }, main) {
  if (main.outcome !== 'success' || interrupt.happened) return false
  screen.write('\n── Use the key')
  const env = {
    MANAGEMENT_KEY: main.outputs['key'] ?? '',
    KEYS_URL: `${sandbox.managementUrl}/v1/org/${sandbox.orgId}/management_key`,
  }
  log.startStep()
  screen.writeHead('Run node use-key.js', { env })
  const script = fileURLToPath(new URL('use-key.js', import.meta.url))
  const { failed, output } = await new Promise((resolve) => {
    execFile(
      process.execPath,
      [script],
      { env: { ...pickHostEnvironment(), ...env } },
      (error, stdout, stderr) =>
        resolve({ failed: error !== null, output: (stdout + stderr).trimEnd() }),
    )
  })
  for (const line of output.split('\n')) screen.writeAll(log.read(line))
  return !failed
}

/** @param {Stage} stage @param {Step} step @returns {RunOptions} */
function toRunOptions({ log, screen, debug }, { folder, inputs, github }) {
  return {
    actionDir: join(ROOT, folder),
    inputs,
    context: { github },
    debug,
    log,
    timeoutMs: TIMEOUT_MINUTES * 60_000,
    onShown: (line) => screen.write(line),
  }
}

/** @param {Screen} screen @param {RunResult} result */
function writeEnd(screen, { exitCode, signal, timedOut }) {
  if (timedOut) screen.write(`Error: The step was stopped after ${TIMEOUT_MINUTES} minutes`)
  else if (signal) screen.write(`Error: The step ended by ${signal}`)
  else if (exitCode !== 0) screen.write(`Error: Process completed with exit code ${exitCode}.`)
}
