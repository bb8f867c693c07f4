import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RunnerLog } from './mask-log.js'

/** @import { Pairs, StepFiles, StepRemains } from './types.ts' */

const MAX_SUMMARY_BYTES = 1024 * 1024
/** Only the Windows runner treats CR LF as a line end; elsewhere the CR belongs to the value. */
const LINE_END = process.platform === 'win32' ? /\r?\n$/ : /\n$/

/**
 * How each file is read, in the runner's order. One that throws fails the step; what came before
 * the bad line counts, and the other files are read all the same.
 *
 * @type {Readonly<Record<string, (file: string, left: StepRemains, log: RunnerLog) => string[]>>}
 */
const READERS = {
  GITHUB_PATH: (file, left) => {
    for (const line of splitLines(decode(readOptional(file)))) {
      if (line !== '') left.path = [line, ...left.path.filter((other) => other !== line)]
    }
    return []
  },
  GITHUB_ENV: (file, left, log) => {
    /** @type {string[]} */
    const shown = []
    for (const [name, value] of readPairs(file)) {
      if (name.toUpperCase() === 'NODE_OPTIONS') {
        shown.push(...log.reject('NODE_OPTIONS is refused.'))
        continue
      }
      // In this order: later steps get it even so.
      left.env.push([name, value])
      nameOf(name)
    }
    return shown
  },
  GITHUB_STEP_SUMMARY: (file, left, log) => {
    const bytes = readOptional(file)
    left.rawSummary = decode(bytes)
    if (bytes.length > MAX_SUMMARY_BYTES) {
      return log.reject('GITHUB_STEP_SUMMARY is refused: it has more than 1 MiB.')
    }
    const lines = splitLines(left.rawSummary)
    const text = lines.map((line) => `${log.mask(line)}\n`).join('')
    // Beyond the limit, which masks and the last line end count for, it is lost without a word.
    left.summary = Buffer.byteLength(text) > MAX_SUMMARY_BYTES ? '' : text
    return []
  },
  GITHUB_STATE: (file, left) => {
    for (const pair of readPairs(file)) left.state.push(pair)
    return []
  },
  GITHUB_OUTPUT: (file, left) => {
    for (const [name, value] of readPairs(file)) left.outputs.push([nameOf(name), value])
    return []
  },
}

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
 * Reads what a step left in its files, and reports to the log what is wrong with them.
 *
 * @param {Readonly<Record<string, string>>} files By the variable that names each.
 * @param {RunnerLog} [log]
 * @returns {StepRemains}
 */
export function readStepFiles(files, log = new RunnerLog()) {
  /** @type {StepRemains} */
  const left = { outputs: [], state: [], env: [], path: [], summary: '', rawSummary: '', shown: [] }
  for (const [name, read] of Object.entries(READERS)) {
    try {
      left.shown.push(...read(files[name] ?? '', left, log))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      left.shown.push(...log.fail(`${name} could not be read.`, reason))
    }
  }
  return left
}

/**
 * Reads the pairs in GITHUB_OUTPUT, GITHUB_STATE or GITHUB_ENV: `NAME=value` lines and
 * `NAME<<DELIMITER` blocks, in order. Throws at the first line that is neither.
 *
 * @param {string} text
 * @returns {Generator<Pairs[number]>}
 */
export function* parseFileCommand(text) {
  const lines = text.split(/(?<=\n)/)
  for (let at = 0; at < lines.length; at += 1) {
    const line = cutLineEnd(lines[at] ?? '')
    if (line === '') continue
    const [, name = '', mark, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? []
    if (mark === undefined) throw new Error(`Neither NAME=value nor NAME<<DELIMITER: ${line}`)
    if (mark === '=') {
      yield [name, rest]
      continue
    }
    if (name === '' || rest === '') throw new Error(`Neither side of << may be empty: ${line}`)
    const end = lines.findIndex((other, index) => index > at && cutLineEnd(other) === rest)
    if (end < 0) throw new Error(`The block of ${name} has no line ${rest}`)
    yield [name, cutLineEnd(lines.slice(at + 1, end).join(''))]
    at = end
  }
}

/** @param {string} file */
function readPairs(file) {
  // Unlike the others, a folder in its place is an error.
  return parseFileCommand(decode(statSync(file, { throwIfNoEntry: false }) && readFileSync(file)))
}

/** A file that the action deleted counts as empty. @param {string} file */
function readOptional(file) {
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
  return isFile ? readFileSync(file) : Buffer.alloc(0)
}

/** By its byte order mark, which is dropped: PowerShell writes UTF-16. @param {Uint8Array} [bytes] */
function decode(bytes) {
  const isUtf16 = bytes?.[0] === 0xff && bytes[1] === 0xfe
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes)
}

/** @param {string} text */
function splitLines(text) {
  const lines = text.split(/\r\n|[\r\n]/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

/** @param {string} line */
function cutLineEnd(line) {
  return line.replace(LINE_END, '')
}

/** @param {string} name */
function nameOf(name) {
  if (name === '') throw new Error('A name is empty.')
  return name
}
