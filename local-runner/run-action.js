import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { readActionMetadata } from './action-metadata.js'
import { LineCutter } from './cut-lines.js'
import { createJobContext, evaluateDefault } from './job-context.js'
import { RunnerLog } from './mask-log.js'
import { createStepFiles, readStepFiles } from './step-files.js'

/** @import { Readable } from 'node:stream' */
/** @import { ActionMetadata, ActionProcess, ActionRun, FullJobContext, Pairs, ProcessEnd, RunnerCommand, RunOptions, RunResult, StepFiles } from './types.ts' */

/** The only variables that a clean environment takes from the host. */
const HOST_VARIABLES = new Set([
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'TMP',
  'TEMP',
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
])

/**
 * Runs the main script of an action to its end.
 *
 * @param {RunOptions} options
 * @returns {Promise<RunResult>}
 */
export function runMain(options) {
  return start('main', options).finished
}

/**
 * Runs the post script of an action to its end.
 *
 * @param {RunOptions} options
 * @returns {Promise<RunResult>}
 */
export function runPost(options) {
  return start('post', options).finished
}

/**
 * Starts a script of an action and returns its process. Its files are deleted when it ends.
 *
 * @param {'main' | 'post'} stage
 * @param {RunOptions} options
 * @returns {ActionRun}
 */
export function start(stage, options) {
  const metadata = readActionMetadata(options.actionDir)
  const script = metadata[stage]
  if (script === undefined) throw new Error(`The action in ${options.actionDir} has no ${stage}`)
  const context = createJobContext(options.context)
  const inputs = resolveInputs(metadata, options.inputs, context)
  const folder = mkdtempSync(join(tmpdir(), 'local-runner-'))
  try {
    const files = createStepFiles(folder, options.event)
    const child = spawn(
      options.node ?? process.execPath,
      [...(options.nodeArgs ?? []), resolve(options.actionDir, script)],
      {
        cwd: files.GITHUB_WORKSPACE,
        env: {
          ...createStepEnvironment(options, context, inputs),
          ...files,
          ...options.overrides,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      },
    )
    const finished = follow(child, files, options)
    return {
      child,
      finished: finished.finally(() => removeFolder(folder)),
      cancel: (grace) => cancel(child, grace),
    }
  } catch (error) {
    removeFolder(folder)
    throw error
  }
}

/**
 * The inputs of a step, as its log lists them: those given, then the remaining defaults.
 *
 * @param {ActionMetadata} metadata
 * @param {Record<string, string> | undefined} given
 * @param {FullJobContext} context
 * @returns {Record<string, string>}
 */
export function resolveInputs(metadata, given = {}, context = createJobContext()) {
  const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
  const defaults = Object.entries(metadata.inputs)
    .filter(([name]) => !names.has(name.toLowerCase()))
    .map(([name, input]) => [name, evaluateDefault(input.default, context)])
  return { ...given, ...Object.fromEntries(defaults) }
}

/**
 * The part of the host's environment that a step gets: no proxies, no tokens, no GITHUB_*.
 *
 * @returns {Record<string, string>}
 */
export function pickHostEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && HOST_VARIABLES.has(name.toUpperCase()) ? [[name, value]] : [],
    ),
  )
}

/**
 * What a step gets in its environment, except for the files it writes to. Later entries win, in the
 * runner's order: a step's `env:` cannot change what the runner sets.
 *
 * @param {Pick<RunOptions, 'env' | 'state' | 'debug'>} options
 * @param {FullJobContext} context
 * @param {Record<string, string>} inputs
 * @returns {Record<string, string | undefined>}
 */
export function createStepEnvironment(options, context, inputs) {
  const { token: _, ...github } = context.github
  return {
    ...pickHostEnvironment(),
    CI: 'true',
    ...options.env,
    ...rename(options.state ?? {}, (name) => `STATE_${name}`),
    ...rename(inputs, (name) => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`),
    ...rename(github, (name) => `GITHUB_${name.toUpperCase()}`),
    ...rename(context.runner, (name) => `RUNNER_${name.toUpperCase()}`),
    ...(options.debug ? { RUNNER_DEBUG: '1' } : {}),
    GITHUB_ACTIONS: 'true',
  }
}

/**
 * @param {Record<string, string>} record
 * @param {(name: string) => string} change
 * @returns {Record<string, string>}
 */
function rename(record, change) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [change(name), value]))
}

/**
 * Reads a process to its end, then its files, even after a crash, as the runner does.
 *
 * @param {ActionProcess} child
 * @param {StepFiles} files
 * @param {RunOptions} options
 * @returns {Promise<RunResult>}
 */
async function follow(child, files, options) {
  const log = options.log ?? new RunnerLog({ secrets: options.secrets, debug: options.debug })
  const { commands, annotations, masks, problems } = log
  const [command0, annotation0, mask0, problem0] = [commands, annotations, masks, problems].map(
    (list) => list.length,
  )
  /** @type {string[]} */
  const lines = []
  /** @type {string[]} */
  const shown = []
  /** @param {string[]} texts */
  const show = (texts) => {
    for (const text of texts) {
      shown.push(text)
      options.onShown?.(text)
    }
  }
  /** @param {'stdout' | 'stderr'} stream */
  const takeFrom = (stream) => (/** @type {string} */ line) => {
    lines.push(line)
    options.onLine?.(line, stream)
    show(log.read(line))
  }
  log.startStep()
  const stdout = readStream(child.stdout, takeFrom('stdout'))
  const stderr = readStream(child.stderr, takeFrom('stderr'))
  const end = await waitForEnd(child, options)

  const { failures, refusals, ...left } = readStepFiles(files)
  for (const problem of [...failures, ...refusals]) show(log.write(`##[error]${problem}`))
  const failed = end.exitCode !== 0 || problems.length > (problem0 ?? 0) || failures.length > 0
  const fromLog = commands.slice(command0)
  return {
    ...end,
    outcome: failed ? 'failure' : 'success',
    stdout: stdout(),
    stderr: stderr(),
    lines,
    shown,
    annotations: annotations.slice(annotation0),
    masks: masks.slice(mask0),
    problems: [...problems.slice(problem0), ...failures, ...refusals],
    outputs: mergePairs([...pairsOf(fromLog, 'set-output'), ...left.outputs]),
    state: mergePairs([
      ...Object.entries(options.state ?? {}),
      ...pairsOf(fromLog, 'save-state'),
      ...left.state,
    ]),
    env: Object.fromEntries(left.env),
    path: left.path,
    summary: left.summary,
  }
}

/**
 * @param {Readable} stream
 * @param {(line: string) => void} take
 * @returns {() => string} All that came so far.
 */
function readStream(stream, take) {
  const cutter = new LineCutter()
  /** @type {Buffer[]} */
  const chunks = []
  stream.on('data', (/** @type {Buffer} */ chunk) => {
    chunks.push(chunk)
    cutter.push(chunk).forEach(take)
  })
  stream.on('end', () => cutter.end().forEach(take))
  return () => Buffer.concat(chunks).toString()
}

/**
 * @param {ActionProcess} child
 * @param {RunOptions} options
 * @returns {Promise<ProcessEnd>}
 */
function waitForEnd(child, { timeoutMs = 60_000, signalAfter }) {
  return new Promise((settle, reject) => {
    let timedOut = false
    const limit = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, timeoutMs)
    const signalTimer =
      signalAfter && setTimeout(() => child.kill(signalAfter.signal), signalAfter.ms)
    const stopTimers = () => {
      clearTimeout(limit)
      clearTimeout(signalTimer)
    }
    child.once('error', (error) => {
      stopTimers()
      reject(error)
    })
    child.once('close', (exitCode, signal) => {
      stopTimers()
      settle({ exitCode, signal, timedOut })
    })
  })
}

/**
 * What an action set in the old way, with commands in its log, which the runner still accepts.
 *
 * @param {RunnerCommand[]} commands
 * @param {'set-output' | 'save-state'} name
 * @returns {Pairs}
 */
function pairsOf(commands, name) {
  return commands.flatMap(({ name: found, properties, data }) => {
    const key = properties['name']
    return found === name && key !== undefined ? [[key, data]] : []
  })
}

/**
 * Later values win; names differ by more than their case.
 *
 * @param {readonly (readonly [string, string])[]} pairs
 * @returns {Record<string, string>}
 */
function mergePairs(pairs) {
  /** @type {Map<string, readonly [string, string]>} */
  const merged = new Map()
  for (const [name, value] of pairs) {
    const first = merged.get(name.toLowerCase())?.[0] ?? name
    merged.set(name.toLowerCase(), [first, value])
  }
  return Object.fromEntries(merged.values())
}

/**
 * @param {ActionProcess} child
 * @param {{ interruptMs?: number, terminateMs?: number }} [grace]
 */
function cancel(child, { interruptMs = 7500, terminateMs = 2500 } = {}) {
  child.kill('SIGINT')
  const timers = [
    setTimeout(() => child.kill('SIGTERM'), interruptMs),
    setTimeout(() => child.kill('SIGKILL'), interruptMs + terminateMs),
  ]
  child.once('close', () => timers.forEach(clearTimeout))
}

/** @param {string} folder */
function removeFolder(folder) {
  // Windows may hold a file of the ended process for a moment.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}
