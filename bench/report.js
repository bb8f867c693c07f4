import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'

/** @import { Measured } from './types.ts' */

/**
 * Renders the measurements as Markdown. The first one is the unit.
 *
 * @param {Measured[]} all
 * @param {{ root: string, nodeVersion: string, rounds: number }} run
 * @returns {string}
 */
export function renderReport(all, { root, nodeVersion, rounds }) {
  const idle = all[0] ?? { times: [], peaks: [] }
  const compares = all.some(({ one }) => one.isOther)
  const head = compares ? ['× other build'] : []
  /** @param {Measured} row */
  const compare = ({ one, times }) => {
    const isSame = (/** @type {Measured} */ { one: { name, distance, isOther } }) =>
      isOther && name === one.name && distance === one.distance
    return compares ? [renderRatio(times, all.find(isSame)?.times)] : []
  }
  /** @param {Measured['one']['distance']} distance */
  const listRows = (distance) => all.filter(({ one }) => !one.isOther && one.distance === distance)
  const middle = renderQuantiles(idle.times, 1)
  return [
    ...renderTable(
      ['on loopback', 'time, × `node -e 0`', ...head, 'peak memory, × `node -e 0`'],
      listRows('near').map((row) => [
        row.one.name,
        renderRatio(row.times, idle.times),
        ...compare(row),
        renderRatio(row.peaks, idle.peaks),
      ]),
    ),
    '',
    ...renderTable(
      ['over HTTPS, 25 ms each way', 's', ...head, 'connections', 'requests'],
      listRows('far').map((row) => [
        row.one.name,
        renderQuantiles(row.times, 1000),
        ...compare(row),
        String(row.connections),
        String(row.requests),
      ]),
    ),
    '',
    `${describeDownload(root)} Node.js ${nodeVersion}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}, ` +
      `${new Date().toISOString().slice(0, 10)}; medians (half of all values) of ${rounds} interleaved rounds; ` +
      `\`node -e 0\`: ${middle} ms, ${(quantile(idle.peaks, 0.5) / 1024).toFixed(0)} MiB.`,
    '',
  ].join('\n')
}

/**
 * What a runner downloads before the action can start, and the part of it that runs.
 *
 * @param {string} root
 */
function describeDownload(root) {
  const dist = readdirSync(join(root, 'dist'))
    .map((name) => statSync(join(root, 'dist', name)).size)
    .reduce((sum, size) => sum + size, 0)
  const { status, stdout } = spawnSync('git', ['archive', '--format=tar.gz', '-9', 'HEAD'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 256 * 1024 * 1024,
  })
  const archive = status === 0 ? `${(stdout.length / 1000).toFixed(1)} KB` : 'not measured'
  return `Archive of the last commit: ${archive}; \`dist/\`: ${(dist / 1000).toFixed(1)} KB.`
}

/** @param {number[]} values @param {number[]} [unit] */
function renderRatio(values, unit = []) {
  const ratio = quantile(values, 0.5) / quantile(unit, 0.5)
  return Number.isNaN(ratio) ? '–' : ratio.toFixed(2)
}

/**
 * @param {number[]} times
 * @param {number} unit In milliseconds.
 */
function renderQuantiles(times, unit) {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
    (quantile(times, share) / unit).toFixed(unit === 1 ? 0 : 2),
  )
  return `${middle} (${low} to ${high})`
}

/**
 * The value below which a share of the values lies, between neighbors if need be.
 *
 * @param {readonly number[]} values
 * @param {number} share
 */
function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low = Number.NaN, high = low] = sorted.slice(Math.floor(place))
  return low + (high - low) * (place % 1)
}

/** @param {string[]} head @param {string[][]} rows */
function renderTable(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
