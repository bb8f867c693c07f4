import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseFileCommand } from './file-command.js'

/** @import { Pairs, StepFiles, StepRemains } from './types.ts' */

const MAX_SUMMARY_BYTES = 1024 * 1024

/**
 * Creates the files and folders of one step inside an empty folder.
 *
 * @param {string} folder
 * @param {unknown} event Payload of the event that started the run.
 * @returns {StepFiles}
 */
export function createStepFiles(folder, event) {
  const files = {
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    GITHUB_ENV: join(folder, 'env'),
    GITHUB_PATH: join(folder, 'path'),
    GITHUB_STEP_SUMMARY: join(folder, 'step_summary'),
  }
  for (const path of Object.values(files)) writeFileSync(path, '')
  const others = {
    GITHUB_EVENT_PATH: join(folder, 'event.json'),
    GITHUB_WORKSPACE: join(folder, 'workspace'),
    RUNNER_TEMP: join(folder, 'temp'),
  }
  writeFileSync(others.GITHUB_EVENT_PATH, JSON.stringify(event ?? {}))
  mkdirSync(others.GITHUB_WORKSPACE)
  mkdirSync(others.RUNNER_TEMP)
  return { ...files, ...others }
}

/**
 * Reads what a step left in its files. The runner fails the step for `failures` and only reports `refusals`.
 *
 * @param {StepFiles} files
 * @returns {StepRemains}
 */
export function readStepFiles(files) {
  /** @type {string[]} */
  const failures = []
  /** @type {string[]} */
  const refusals = []
  /**
   * @param {keyof StepFiles} file
   * @returns {Pairs}
   */
  const readPairs = (file) => {
    try {
      return parseFileCommand(readText(files[file]))
    } catch (error) {
      failures.push(`${file}: ${error instanceof Error ? error.message : error}`)
      return []
    }
  }
  const outputs = readPairs('GITHUB_OUTPUT')
  if (outputs.some(([name]) => name === '')) failures.push('GITHUB_OUTPUT: an output has no name')
  const env = readPairs('GITHUB_ENV')
  const allowed = env.filter(([name]) => name.toUpperCase() !== 'NODE_OPTIONS')
  if (allowed.length < env.length) refusals.push('GITHUB_ENV: NODE_OPTIONS is refused')
  const summary = readText(files.GITHUB_STEP_SUMMARY)
  if (Buffer.byteLength(summary) > MAX_SUMMARY_BYTES) {
    refusals.push('GITHUB_STEP_SUMMARY: more than 1 MiB is refused')
  }
  const path = readText(files.GITHUB_PATH)
    .split(/\r\n|[\r\n]/)
    .filter((line) => line !== '')
  const state = readPairs('GITHUB_STATE')
  return { outputs, state, env: allowed, path, summary, failures, refusals }
}

/**
 * A file that the action deleted counts as empty.
 *
 * @param {string} path
 */
function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}
