/** @import { RunnerLog } from '../local-runner/mask-log.js' */

const COLOURED = process.stdout.isTTY && !process.env['NO_COLOR']

const COLOURS = /** @type {const} */ ([
  [/^ *Error: /, 31],
  [/^ *Warning: /, 33],
  [/^ *##\[debug\]/, 35],
  [/^▼ /, 36],
  [/^── /, 1],
])

/** Shows a job's log on stdout. Masks everything; keeps what was shown, to search it for keys. */
export class Screen {
  shown = ''
  #log

  /** @param {RunnerLog} log */
  constructor(log) {
    this.#log = log
  }

  /** @param {string} text */
  write(text) {
    for (const line of this.#log.mask(text).split('\n')) {
      this.shown += `${line}\n`
      const colour = COLOURED ? COLOURS.find(([pattern]) => pattern.test(line))?.[1] : undefined
      process.stdout.write(colour ? `\u001B[${colour}m${line}\u001B[0m\n` : `${line}\n`)
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
      this.writeAll(this.#log.write(line))
    }
  }

  /**
   * Shows rows in columns.
   *
   * @param {string[][]} rows
   */
  writeTable(rows) {
    const widths = (rows[0] ?? []).map((_, column) =>
      Math.max(...rows.map((row) => (row[column] ?? '').length)),
    )
    for (const row of rows) {
      const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0))
      this.write(cells.join('  ').trimEnd())
    }
  }
}
