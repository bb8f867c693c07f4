import { COMMAND_NAMES, parseCommand } from './runner-command.js'
import { SecretMask } from './secret-mask.js'

/** @import { Annotation, RunnerCommand } from './types.ts' */

/** How the web log shows the runner's own tags. */
const TAGS = /** @type {const} */ ([
  ['##[error]', 'Error: '],
  ['##[warning]', 'Warning: '],
  ['##[notice]', 'Notice: '],
])

/** Commands that a debug log does not echo, or that any log shows. */
const QUIET = new Set([
  'add-mask',
  'debug',
  'endgroup',
  'error',
  'group',
  'notice',
  'stop-commands',
  'warning',
])

/** The runner's view of a job's log: executes the commands in it and shows the rest, masked. */
export class RunnerLog {
  /** Commands executed so far, over all steps. @type {RunnerCommand[]} */
  commands = []
  /** Annotations made so far, over all steps. @type {Annotation[]} */
  annotations = []
  /** Values of all `add-mask` commands so far, raw. @type {string[]} */
  masks = []
  /** Commands the runner could not carry out; each fails its step. @type {string[]} */
  problems = []

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
    this.startStep()
  }

  /** Begins a step: groups, paused commands and echo end with the previous one. */
  startStep() {
    this.#echo = this.#debug
    this.#inGroup = false
    this.#resumeToken = undefined
  }

  /**
   * Masks a text with every secret known so far.
   *
   * @param {string} text
   * @returns {string}
   */
  mask(text) {
    return this.#mask.apply(text)
  }

  /**
   * Takes one raw line of a process and returns the lines that the log shows for it.
   *
   * @param {string} line
   * @returns {string[]}
   */
  read(line) {
    const token = this.#resumeToken
    const known = token === undefined ? COMMAND_NAMES : new Set([...COMMAND_NAMES, token])
    const command = parseCommand(line, known)
    if (command === undefined) return this.write(line)
    if (token !== undefined) {
      if (command.name === token) this.#resumeToken = undefined
      return this.write(line)
    }
    this.commands.push(command)
    const echo = this.#echo && !QUIET.has(command.name) ? this.write(line) : []
    return [...echo, ...this.#execute(command, line)]
  }

  /**
   * Shows a line the runner itself writes, `##[tag]` and all.
   *
   * @param {string} text
   * @returns {string[]}
   */
  write(text) {
    // Masked as a whole before it is split: a secret may span lines.
    const [first = '', ...rest] = this.mask(text).split(/\r\n|[\r\n]/)
    if (first.startsWith('##[endgroup]')) {
      this.#inGroup = false
      return []
    }
    if (first.startsWith('##[group]')) {
      this.#inGroup = true
      return [`▼ ${first.slice('##[group]'.length)}`, ...rest.map((line) => `  ${line}`)]
    }
    const tag = TAGS.find(([raw]) => first.startsWith(raw))
    const lines = tag ? [tag[1] + first.slice(tag[0].length), ...rest] : [first, ...rest]
    return this.#inGroup ? lines.map((line) => `  ${line}`) : lines
  }

  /**
   * @param {RunnerCommand} command
   * @param {string} line
   * @returns {string[]}
   */
  #execute(command, line) {
    switch (command.name) {
      case 'add-mask':
        return this.#addMask(command.data)
      case 'debug':
        return this.#writeDebug(command.data)
      case 'error':
      case 'warning':
      case 'notice':
        return this.#annotate(command.name, command)
      case 'group':
        return this.write(`##[group]${command.data}`)
      case 'endgroup':
        return this.write('##[endgroup]')
      case 'stop-commands':
        return this.#pause(command.data, line)
      case 'echo':
        return this.#switchEcho(command.data)
      case 'set-env':
      case 'add-path':
        return this.#fail(`The ${command.name} command is disabled`)
      case 'set-output':
      case 'save-state':
        return command.properties['name'] === undefined
          ? this.#fail(`The ${command.name} command needs a name`)
          : []
      default:
        return []
    }
  }

  /** @param {string} value */
  #addMask(value) {
    if (value.trim() === '') return this.write('##[warning]add-mask got an empty value')
    const echo = this.#echo ? this.write('::add-mask::***') : []
    this.#mask.add(value)
    this.masks.push(value)
    return echo
  }

  /** @param {string} text */
  #writeDebug(text) {
    if (!this.#debug) return []
    return text.split(/\r?\n/).flatMap((line) => this.write(`##[debug]${line}`))
  }

  /**
   * @param {Annotation['level']} level
   * @param {RunnerCommand} command
   */
  #annotate(level, command) {
    this.annotations.push({
      level,
      message: this.mask(command.data),
      properties: command.properties,
    })
    return command.data === '' ? [] : this.write(`##[${level}]${command.data}`)
  }

  /**
   * @param {string} token
   * @param {string} line
   */
  #pause(token, line) {
    const name = token.toLowerCase()
    if (name === '' || name === 'pause-logging' || COMMAND_NAMES.has(name)) {
      return this.#fail('stop-commands got an invalid token')
    }
    this.#resumeToken = name
    if (token.length > 6) this.#mask.add(token)
    return this.write(line)
  }

  /** @param {string} data */
  #switchEcho(data) {
    const value = data.trim().toLowerCase()
    if (value !== 'on' && value !== 'off') return this.#fail('echo takes on or off')
    this.#echo = value === 'on'
    return []
  }

  /** @param {string} problem */
  #fail(problem) {
    this.problems.push(problem)
    return this.write(`##[error]${problem}`)
  }
}
