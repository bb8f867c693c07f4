import { RunnerLog } from '../local-runner/mask-log.js'
import { layOutTable, wrapLine } from './layout.js'

const COLORED = process.stdout.isTTY && !process.env['NO_COLOR']

const COLORS = /** @type {const} */ ([
  [/^ *Error: /, 31],
  [/^ *Warning: /, 33],
  [/^ *##\[debug\]/, 35],
  [/^▼ /, 36],
  [/^── /, 1],
])

/** Shows the logs of jobs on stdout. Masks everything; keeps what was shown, to search it for keys. */
export class Screen {
  shown = ''
  /** Of the job that is shown. */
  log = new RunnerLog()

  /** @param {string} text */
  write(text) {
    for (const line of this.log.mask(text).split('\n')) {
      // Before it is broken: a key in two pieces would be found by nobody.
      this.shown += `${line}\n`
      const color = COLORED ? COLORS.find(([pattern]) => pattern.test(line))?.[1] : undefined
      for (const piece of wrapLine(line)) {
        process.stdout.write(color ? `\u001B[${color}m${piece}\u001B[0m\n` : `${piece}\n`)
      }
    }
  }

  /** @param {string[]} lines */
  writeAll(lines) {
    for (const line of lines) this.write(line)
  }

  /**
   * Shows the folded head of a step as the runner writes it; empty values are left out.
   *
   * @param {string} title
   * @param {Record<string, Record<string, string>>} sections
   */
  writeHead(title, sections) {
    const lines = Object.entries(sections).flatMap(([name, values]) => [
      `${name}:`,
      ...Object.entries(values)
        .filter(([, value]) => value !== '')
        .map(([key, value]) => `  ${key}: ${value}`),
    ])
    for (const line of [`##[group]${title}`, ...lines, '##[endgroup]']) {
      this.writeAll(this.log.write(line))
    }
  }

  /**
   * Shows rows in columns, the first of them as a head.
   *
   * @param {string[][]} rows
   */
  writeTable(rows) {
    // Mask first, as in `write`.
    const masked = rows.map((row) => row.map((cell) => this.log.mask(cell)))
    this.shown += `${masked.map((row) => row.join(' ')).join('\n')}\n`
    for (const line of layOutTable(masked)) process.stdout.write(`${line}\n`)
  }
}
