import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { createJobContext, evaluate, holds } from './job-context.js'
import { RunnerLog } from './mask-log.js'
import { createStepFiles, readStepFiles } from './step-files.js'

/** @import { Readable } from 'node:stream' */
/** @import { ActionMetadata, ActionProcess, ActionRun, Cancellation, FullJobContext, ProcessEnd, RunOptions, RunResult, StepFiles, StepRecord, StepRemains } from './types.ts' */

/** Of a process that never ran, or that nobody watches any longer. */
const UNKNOWN_END = { exitCode: null, signal: null, timedOut: false }
/** The only variables that a clean environment takes from the host. */
const HOST_VARIABLES =
  /^(?:PATH|HOME|LANG|TMPDIR|TMP|TEMP|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE)$/i

/**
 * Reads what a runner needs to know about the action in a folder.
 *
 * @param {string} actionDir
 * @returns {ActionMetadata}
 */
export function readActionMetadata(actionDir) {
  const text = readFileSync(join(actionDir, 'action.yml'), 'utf8')
  // "failsafe": every scalar is its text, as it is for the runner. `1.10` stays `1.10`.
  const { inputs = {}, runs } = parse(text, { schema: 'failsafe' })
  return { inputs, main: runs.main, post: runs.post, postIf: runs['post-if'] ?? 'always()' }
}

/** Runs main to its end. @param {RunOptions} options @returns {Promise<RunResult>} */
export function runMain(options) {
  return start('main', options).finished
}

/** Runs post to its end. @param {RunOptions} options @returns {Promise<RunResult>} */
export function runPost(options) {
  return start('post', options).finished
}

/**
 * Starts a script of an action, unless its condition or the job's end forbids it. Its files are
 * deleted when its process ends.
 *
 * @param {'main' | 'post'} stage
 * @param {RunOptions} options
 * @returns {ActionRun}
 */
export function start(stage, options) {
  const metadata = readActionMetadata(options.actionDir)
  const script = metadata[stage]
  if (script === undefined) throw new Error(`The action in ${options.actionDir} has no ${stage}`)
  const log = options.log ?? new RunnerLog({ secrets: options.secrets, debug: options.debug })
  const context = createJobContext({
    ...options.context,
    job: { status: log.jobStatus, ...options.context?.job },
  })
  const condition = (stage === 'post' ? metadata.postIf : options.if) ?? 'always()'
  const status = log.jobStatus === 'success' ? context.job['status'] : log.jobStatus
  if (log.isShutDown || !holds(condition, status ?? '')) return skip(options)

  const inputs = resolveInputs(metadata, options.inputs, context)
  const env = createStepEnvironment(options, context, inputs)
  const unsafe = Object.keys(env).find((name) => name.startsWith('ACTIONS_ALLOW_UNSECURE_'))
  if (unsafe !== undefined) throw new Error(`The local runner does not play ${unsafe}`)
  const folder = mkdtempSync(join(tmpdir(), 'local-runner-'))
  try {
    const files = createStepFiles(folder, options.event)
    const child = spawn(
      options.node ?? process.execPath,
      [...(options.nodeArgs ?? []), resolve(options.actionDir, script)],
      {
        cwd: files.GITHUB_WORKSPACE,
        env: { ...env, ...files, ...options.overrides },
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      },
    )
    // A condition that holds for a cancelled job protects the step; that of a plain main does not.
    const isProtected =
      (stage === 'post' || options.if !== undefined) && holds(condition, 'cancelled')
    return follow(
      { child, files, folder, log, options, isProtected },
      listDoubts(metadata, options),
    )
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
    .map(([name, input]) => [name, evaluate(input.default ?? '', context)])
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
      value !== undefined && HOST_VARIABLES.test(name) ? [[name, value]] : [],
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
 * What the runner warns of before it starts a step.
 *
 * @param {ActionMetadata} metadata
 * @param {RunOptions} options
 * @returns {string[]}
 */
function listDoubts({ inputs }, { inputs: given = {} }) {
  const known = new Set(Object.keys(inputs).map((name) => name.toLowerCase()))
  const unknown = Object.keys(given).filter((name) => !known.has(name.toLowerCase()))
  const deprecated = Object.keys(given).flatMap((name) => {
    const words = inputs[name]?.deprecationMessage
    return words === undefined ? [] : [`The input ${name} is deprecated: ${words}`]
  })
  if (unknown.length === 0) return deprecated
  return [...deprecated, `The action has no input ${unknown.join(', ')}.`]
}

/** A step that does not run. @param {RunOptions} options @returns {ActionRun} */
function skip(options) {
  const { step } = new RunnerLog()
  const texts = { stdout: '', stderr: '', lines: [], shown: [] }
  const result = describe(options, { ...UNKNOWN_END, ...texts }, step, readStepFiles({}), 'skipped')
  const finished = Promise.resolve(result)
  return { child: undefined, finished, gone: Promise.resolve(), cancel: () => undefined }
}

/**
 * Reads a process to its end, then its files, even after a crash, as the runner does.
 *
 * @param {{ child: ActionProcess, files: StepFiles, folder: string, log: RunnerLog, options: RunOptions, isProtected: boolean }} step
 * @param {string[]} doubts
 * @returns {ActionRun}
 */
function follow({ child, files, folder, log, options, isProtected }, doubts) {
  const record = log.startStep()
  /** @type {Pick<RunResult, 'stdout' | 'stderr' | 'lines' | 'shown'>} */
  const texts = { stdout: '', stderr: '', lines: [], shown: [] }
  let isOver = false
  let isCancelled = false
  /** @type {unknown} */
  let refusal
  /** @param {string[]} lines */
  const show = (lines) => {
    for (const line of lines) {
      texts.shown.push(line)
      options.onShown?.(line)
    }
  }
  for (const doubt of doubts) show(log.annotate('warning', doubt))
  for (const stream of /** @type {const} */ (['stdout', 'stderr'])) {
    readLines(child[stream], (text, lines) => {
      // Nobody reads what an unreachable process still says.
      if (isOver) return
      texts[stream] += text
      for (const line of lines) {
        texts.lines.push(line)
        options.onLine?.(line, stream)
        try {
          show(log.read(line))
        } catch (error) {
          refusal ??= error
          child.kill('SIGKILL')
        }
      }
    })
  }

  const ended = waitForEnd(child, options.timeoutMs)
  /** @type {(end: ProcessEnd) => void} */
  let abandon = () => undefined
  /** @type {Promise<ProcessEnd>} */
  const abandoned = new Promise((settle) => {
    abandon = settle
  })
  const finished = Promise.race([ended, abandoned]).then((end) => {
    isOver = true
    if (refusal !== undefined) throw refusal
    const left = readStepFiles(files, log)
    show(left.shown)
    if (record.lost !== undefined) show(log.fail(record.lost))
    if (isCancelled) show(log.annotate('error', 'The step was cancelled.'))
    const ending = end.exitCode !== 0 || record.failed ? 'failure' : 'success'
    const outcome = isCancelled ? 'cancelled' : ending
    const result = describe(options, { ...end, ...texts }, record, left, outcome)
    if (log.jobStatus === 'success' && result.conclusion === 'failure') log.jobStatus = 'failure'
    return result
  })
  const gone = Promise.allSettled([ended, finished]).then(() => removeFolder(folder))

  /** @param {Cancellation} [how] */
  const cancel = ({ shutdown = false, unreachable = false, ...grace } = {}) => {
    log.jobStatus = shutdown ? 'failure' : 'cancelled'
    log.isShutDown ||= shutdown
    const isRunning = !isOver && child.exitCode === null && child.signalCode === null
    if (!isRunning || (isProtected && !shutdown)) return
    isCancelled = true
    if (unreachable) abandon(UNKNOWN_END)
    else terminate(child, grace)
  }
  return { child, finished, gone, cancel }
}

/**
 * @param {RunOptions} options
 * @param {ProcessEnd & Pick<RunResult, 'stdout' | 'stderr' | 'lines' | 'shown'>} process
 * @param {StepRecord} record
 * @param {StepRemains} left
 * @param {RunResult['outcome']} outcome
 * @returns {RunResult}
 */
function describe({ state = {}, continueOnError }, process, record, left, outcome) {
  const { annotations, masks, problems } = record
  const { path, summary, rawSummary } = left
  return {
    ...{ ...process, annotations, masks, problems, path, summary, rawSummary, outcome },
    conclusion: continueOnError && outcome === 'failure' ? 'success' : outcome,
    outputs: mergePairs([...record.outputs, ...left.outputs]),
    state: mergePairs([...Object.entries(state), ...record.state, ...left.state]),
    env: Object.fromEntries(left.env),
  }
}

/**
 * Cuts a stream into lines as the runner does: at LF, CR LF, and a CR that stands alone.
 *
 * @param {Readable} stream
 * @param {(text: string, lines: string[]) => void} take Gets what came, and the lines that it completes.
 */
function readLines(stream, take) {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (/** @type {string} */ text) => {
    // A CR at the very end may be the first half of a CR LF: it waits for what follows.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    take(text, lines)
  })
  stream.on('end', () => take('', rest === '' ? [] : [rest.replace(/\r$/, '')]))
}

/** @param {ActionProcess} child @param {number} [timeoutMs] @returns {Promise<ProcessEnd>} */
async function waitForEnd(child, timeoutMs = 60_000) {
  let timedOut = false
  const limit = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  try {
    const [exitCode, signal] = await once(child, 'close')
    return { exitCode, signal, timedOut }
  } finally {
    clearTimeout(limit)
  }
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

/** @param {ActionProcess} child @param {Cancellation} grace */
function terminate(child, { interruptMs = 7500, terminateMs = 2500 }) {
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
