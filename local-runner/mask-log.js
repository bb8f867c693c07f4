import { parseCommand, trimStart } from './runner-command.js'
import { SecretMask } from './secret-mask.js'

/** @import { Annotation, RunnerCommand, StepRecord } from './types.ts' */

/** In UTF-16 units, after masking; what is cut off stands nowhere. */
const MAX_MESSAGE = 4096
/** Of each level and step; the others stand in the log only. */
const MAX_ANNOTATIONS = 10

/** Why a command fails its step. */
class CommandFailure extends Error {}

/** The commands: what each does, and whether `echo` and debug logging show the line itself. */
const COMMANDS =
  /** @type {Readonly<Record<string, { echo?: true, run: (log: RunnerLog, command: RunnerCommand, line: string) => string[] }>>} */ ({
    'add-mask': { run: (log, { data }) => log.addMask(data) },
    'add-matcher': { echo: true, run: changeMatchers },
    'add-path': { echo: true, run: refuseDisabled },
    debug: { run: (log, { data }) => log.debug(data) },
    echo: { echo: true, run: (log, { data }) => log.switchEcho(data) },
    endgroup: { echo: true, run: (log) => log.write('##[endgroup]') },
    error: { run: annotate },
    group: { echo: true, run: (log, { data }) => log.write(`##[group]${data}`) },
    notice: { run: annotate },
    'remove-matcher': { echo: true, run: changeMatchers },
    'save-state': { echo: true, run: (log, command) => keepPair(log, 'state', command) },
    'set-env': { echo: true, run: refuseDisabled },
    'set-output': { echo: true, run: (log, command) => keepPair(log, 'outputs', command) },
    'stop-commands': { run: (log, { data }, line) => log.pause(data, line) },
    warning: { run: annotate },
  })
const COMMAND_NAMES = /** @type {ReadonlySet<string>} */ (new Set(Object.keys(COMMANDS)))

/** The runner's view of a job's log: executes the commands in it and shows the rest, masked. */
export class RunnerLog {
  /** How the job stands after the steps that shared this log. @type {'success' | 'failure' | 'cancelled'} */
  jobStatus = 'success'
  /** The runner was shut down: no further step starts. */
  isShutDown = false
  /** What the current step left in the log. @type {StepRecord} */
  step

  #mask = new SecretMask()
  #debug
  #echo = false
  #inGroup = false
  /** @type {string | undefined} */
  #resumeToken

  /** @param {{ secrets?: readonly string[] | undefined, debug?: boolean | undefined }} [options] */
  constructor({ secrets = [], debug = false } = {}) {
    for (const secret of secrets) this.#mask.add(secret)
    this.#debug = debug
    this.step = this.startStep()
  }

  /** Begins a step: groups, paused commands, echo and counts end with the previous one. */
  startStep() {
    this.#echo = this.#debug
    this.#inGroup = false
    this.#resumeToken = undefined
    this.step = {
      counts: { error: 0, warning: 0, notice: 0 },
      ...{ annotations: [], masks: [], problems: [], outputs: [], state: [] },
      failed: false,
      lost: undefined,
    }
    return this.step
  }

  /** Masks a text with every secret known so far. @param {string} text @returns {string} */
  mask(text) {
    return this.#mask.apply(text)
  }

  /**
   * The outputs of a step that can become outputs of its job: not empty, and without a secret.
   *
   * @param {Record<string, string>} outputs
   * @returns {Record<string, string>}
   */
  toJobOutputs(outputs) {
    const passed = Object.entries(outputs).filter(([, v]) => v !== '' && this.mask(v) === v)
    return Object.fromEntries(passed)
  }

  /**
   * Takes one raw line of a process and returns the lines that the log shows for it. Throws for
   * what only the real runner can do.
   *
   * @param {string} line
   * @returns {string[]}
   */
  read(line) {
    if (this.step.lost !== undefined) return []
    const token = this.#resumeToken
    const known = token === undefined ? COMMAND_NAMES : new Set([...COMMAND_NAMES, token])
    const command = parseCommand(line, known)
    if (command === undefined) return this.write(line)
    if (token !== undefined) {
      if (command.name !== token) {
        return [...this.debug('Commands are stopped.'), ...this.write(line)]
      }
      this.#resumeToken = undefined
      return [...this.write(line), ...this.debug('Commands are executed again.')]
    }
    const { echo = false, run } = COMMANDS[command.name] ?? {}
    const shown = this.#echo && echo ? this.write(line) : []
    try {
      return [...shown, ...(run?.(this, command, line) ?? [])]
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error
      return [...shown, ...this.fail(`Command failed: ${line}`, error.message)]
    }
  }

  /**
   * Shows a line the runner itself writes, `##[tag]` and all.
   *
   * @param {string} text
   * @returns {string[]}
   */
  write(text) {
    // Masked as a whole before it is split: a secret may span lines.
    const lines = this.mask(text).split('\n')
    return lines.flatMap((line) => {
      const [whole = '', tag = ''] = /^##\[(group|endgroup|error|warning|notice)\]/.exec(line) ?? []
      const rest = line.slice(whole.length)
      if (tag.endsWith('group')) {
        this.#inGroup = tag === 'group'
        return this.#inGroup ? [`▼ ${rest}`] : []
      }
      const shown = tag === '' ? line : `${tag.charAt(0).toUpperCase()}${tag.slice(1)}: ${rest}`
      return [this.#inGroup ? `  ${shown}` : shown]
    })
  }

  /**
   * Makes an annotation and its line of the log.
   *
   * @param {Annotation['level']} level
   * @param {string} text
   * @param {Record<string, string>} [properties]
   * @returns {string[]}
   */
  annotate(level, text, properties = {}) {
    const { counts, annotations } = this.step
    // Half a character at the cut becomes U+FFFD.
    const message = Buffer.from(this.mask(text).slice(0, MAX_MESSAGE)).toString()
    counts[level] += 1
    // A blank message counts, and becomes no annotation.
    if (counts[level] <= MAX_ANNOTATIONS && trimStart(message) !== '') {
      annotations.push({ level, message, properties })
    }
    return message === '' ? [] : this.write(`##[${level}]${message}`)
  }

  /**
   * Reports what the runner rejects without failing the step.
   *
   * @param {string} problem
   * @returns {string[]}
   */
  reject(problem) {
    this.step.problems.push(problem)
    return this.annotate('error', problem)
  }

  /** Fails the step, with an error for each text. @param {string[]} texts @returns {string[]} */
  fail(...texts) {
    this.step.failed = true
    return texts.flatMap((text) => this.reject(text))
  }

  /** @param {string} text @returns {string[]} */
  debug(text) {
    if (!this.#debug) return []
    return text.split(/\r?\n/).flatMap((line) => this.write(`##[debug]${line}`))
  }

  /** @param {string} value @returns {string[]} */
  addMask(value) {
    if (trimStart(value) === '') return this.annotate('warning', 'add-mask has no value.')
    const echo = this.#echo ? this.write('::add-mask::***') : []
    this.#mask.add(value)
    this.step.masks.push(value)
    return echo
  }

  /** @param {string} token @param {string} line @returns {string[]} */
  pause(token, line) {
    const name = token.toLowerCase()
    if (name === '' || name === 'pause-logging' || COMMAND_NAMES.has(name)) {
      // The runner stops reading the step's output, and fails it when its files are read.
      this.step.lost = 'stop-commands needs a token that is not the name of a command.'
      return []
    }
    this.#resumeToken = name
    if (token.length > 6) this.#mask.add(token)
    return [...this.write(line), ...this.debug('Commands are stopped.')]
  }

  /** @param {string} data @returns {string[]} */
  switchEcho(data) {
    const value = data.trim().toLowerCase()
    if (value !== 'on' && value !== 'off') throw new CommandFailure('echo takes "on" or "off".')
    this.#echo = value === 'on'
    return this.debug(`Echo is ${value}.`)
  }
}

/** @param {RunnerLog} log @param {RunnerCommand} command @param {string} line */
function annotate(log, { name, properties, data }, line) {
  if (!hasPlainPlace(properties)) {
    throw new Error(`The local runner does not play the rules for lines and columns: ${line}`)
  }
  return log.annotate(/** @type {Annotation['level']} */ (name), data, properties)
}

/**
 * Whether the runner passes an annotation's lines and columns on as they are.
 *
 * @param {Record<string, string>} properties
 */
function hasPlainPlace({ line, endline = line, col, endcolumn = col }) {
  const given = [line, endline, col, endcolumn].filter((value) => value !== undefined)
  if (given.length === 0) return true
  if (line === undefined || !given.every((value) => /^\d{1,9}$/.test(value))) return false
  if (col === undefined) return endcolumn === undefined && Number(endline) >= Number(line)
  return endline === line && Number(endcolumn) >= Number(col)
}

/** @param {RunnerLog} log @param {'outputs' | 'state'} kind @param {RunnerCommand} command */
function keepPair(log, kind, { name: command, properties: { name }, data }) {
  if (name === undefined) throw new CommandFailure(`${command} needs a name.`)
  log.step[kind].push([name, data])
  return log.debug(`${name}='${data}'`)
}

/** @param {RunnerLog} _log @param {RunnerCommand} command @returns {never} */
function refuseDisabled(_log, { name }) {
  throw new CommandFailure(`${name} is disabled. Use the environment file.`)
}

/**
 * Problem matchers are not played: only what leaves them as they are.
 *
 * @param {RunnerLog} log
 * @param {RunnerCommand} command
 * @param {string} line
 */
function changeMatchers(log, { name, properties: { owner }, data }, line) {
  const isOwnerOnly = name === 'remove-matcher' && owner !== undefined
  if (isOwnerOnly && data === '') return []
  if (data !== '' && !isOwnerOnly) {
    throw new Error(`The local runner does not play problem matchers: ${line}`)
  }
  return log.annotate('warning', `${name} needs a file or, to remove, an owner.`)
}
