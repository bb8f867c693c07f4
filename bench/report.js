import { arch, cpus, loadavg, type } from 'node:os'
import { median, quantile } from './statistics.js'

/** @import { Case } from './cases.js' */
/** @import { Download } from './downloads.js' */

/**
 * @typedef {object} Report
 * @property {{ one: Case, missing: string | undefined, times: number[] | undefined, peaks: number[] | undefined }[]} rows
 * @property {{ times: number[], peaks: number[] | undefined }} idle The unit: `node -e 0`.
 * @property {Download[]} downloads
 * @property {string} nodeVersion
 * @property {number} rounds
 * @property {string} command
 */

/**
 * Renders the measurements as Markdown.
 *
 * @param {Report} report
 * @returns {string}
 */
export function renderReport({ rows, idle, downloads, nodeVersion, rounds, command }) {
  return [
    ...renderTable(
      ['step', 'time (× `node -e 0`)', 'wanted', 'peak memory (× `node -e 0`)', 'wanted'],
      rows.map(({ one, missing, times, peaks }) => [
        missing === undefined ? one.name : `${one.name} (not measured: no ${missing} here)`,
        renderRatio(times, idle.times),
        one.wantedTime ?? '',
        missing === undefined && peaks === undefined
          ? 'no python3'
          : renderRatio(peaks, idle.peaks),
        one.wantedMemory ?? '',
      ]),
    ),
    '',
    ...renderTable(
      ['download', 'KB', 'wanted'],
      downloads.map(({ name, bytes, wanted }) => [
        name,
        bytes === undefined ? '–' : (bytes / 1000).toFixed(1),
        wanted,
      ]),
    ),
    '',
    `\`${command}\`: Node.js ${nodeVersion}, ${describeMachine()}, ${new Date().toISOString().slice(0, 10)}; ` +
      `medians of ${rounds} interleaved rounds; ${describeIdle(idle)}.`,
    '',
  ].join('\n')
}

/** @param {Report['idle']} idle */
function describeIdle({ times, peaks }) {
  const quartiles = `${quantile(times, 0.25).toFixed(0)} to ${quantile(times, 0.75).toFixed(0)}`
  const memory = peaks === undefined ? '' : `, and ${(median(peaks) / 1024).toFixed(0)} MiB`
  return `\`node -e 0\` took ${median(times).toFixed(0)} ms (half of them ${quartiles} ms)${memory}`
}

function describeMachine() {
  const all = cpus()
  const load = loadavg()[0]?.toFixed(1)
  return `${type()} ${arch()}, ${all.length} × ${all[0]?.model.trim() ?? 'CPU'}, load ${load}`
}

/**
 * @param {number[] | undefined} values
 * @param {number[] | undefined} unit
 */
function renderRatio(values, unit) {
  return values === undefined || unit === undefined
    ? '–'
    : (median(values) / median(unit)).toFixed(2)
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
function renderTable(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
