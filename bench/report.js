import { arch, cpus, loadavg, type } from 'node:os'
import { median, quantile } from './statistics.js'

/** @import { Case } from './cases.js' */
/** @import { Download } from './downloads.js' */
/** @import { Work } from './start-server.js' */

/** @typedef {{ one: Case, missing: string | undefined, times: number[] | undefined, peaks: number[] | undefined, work: Work | undefined }} Row */

/**
 * @typedef {object} Report
 * @property {Row[]} near Steps with services on loopback, by HTTP.
 * @property {Row[]} far Steps with services 50 ms there and back away, by HTTPS.
 * @property {[what: string, value: number, limit: number][]} verdicts
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
export function renderReport({
  near,
  far,
  verdicts,
  idle,
  downloads,
  nodeVersion,
  rounds,
  command,
}) {
  return [
    ...renderTable(
      ['step', 'time (× `node -e 0`)', 'wanted', 'peak memory (× `node -e 0`)', 'wanted'],
      near.map(({ one, missing, times, peaks }) => [
        nameCase(one, missing),
        renderRatio(times, idle.times),
        one.wantedTime ?? '',
        renderRatio(peaks, idle.peaks),
        one.wantedMemory ?? '',
      ]),
    ),
    '',
    ...renderTable(
      ['over HTTPS, 25 ms each way', 's', 'half of them', 'connections', 'requests'],
      far.map(({ one, missing, times = [], work }) => [
        nameCase(one, missing),
        renderSeconds(times, 0.5),
        `${renderSeconds(times, 0.25)} to ${renderSeconds(times, 0.75)}`,
        work === undefined ? '–' : String(sum(Object.values(work.connections))),
        work === undefined ? '–' : String(sum(Object.values(work.requests))),
      ]),
    ),
    '',
    ...renderTable(
      ['verdict', 'measured', 'wanted', ''],
      verdicts.map(([what, value, limit]) => [
        what,
        Number.isNaN(value) ? '–' : value.toFixed(2),
        `≤ ${limit}`,
        Number.isNaN(value) ? 'not measured' : value <= limit ? 'met' : 'missed',
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

/**
 * @param {Case} one
 * @param {string | undefined} missing
 */
function nameCase({ name }, missing) {
  return missing === undefined ? name : `${name} (not measured: no ${missing} here)`
}

/**
 * @param {number[]} times
 * @param {number} share
 */
function renderSeconds(times, share) {
  return times.length === 0 ? '–' : (quantile(times, share) / 1000).toFixed(2)
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
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
