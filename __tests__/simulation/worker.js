import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'

/** @import * as Explore from './explore-schedules.ts' */

// Thousands of errors are thrown, and their stacks are never read.
Error.stackTraceLimit = 0
// Load lazy modules now, so that loading never takes a turn.
await import(toUrl('src', 'github', 'bundle.js'))
/** @type {typeof Explore} */
const { exploreSchedules } = await import(toUrl('__tests__', 'simulation', 'explore-schedules.js'))

parentPort?.on('message', async ({ seed, schedules, path }) => {
  parentPort?.postMessage(await exploreSchedules(seed, schedules, path))
})

/** @param {string[]} parts */
function toUrl(...parts) {
  return pathToFileURL(join(workerData, ...parts)).href
}
