import { spawnSync } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { runStep } from './run-step.js'

/** @import { Case } from './cases.js' */
/** @import { Server } from './start-server.js' */

/**
 * Says which of these commands this machine lacks, if any.
 *
 * @param {readonly string[]} commands
 * @returns {string | undefined}
 */
export function findMissing(commands) {
  const missing = commands.filter((command) => {
    const { status } = spawnSync(command, ['--version'], { stdio: 'ignore', timeout: 10_000 })
    return status !== 0
  })
  return missing.length === 0 ? undefined : missing.join(', ')
}

/**
 * Runs a step once and throws unless the server saw exactly the requests it has to send.
 *
 * @param {Case} one
 * @param {string} folder
 * @param {Server} server
 * @returns {Promise<void>}
 */
export async function checkWork(one, folder, server) {
  const before = await server.countRequests()
  runStep(one, folder)
  const after = await server.countRequests()
  const sent = Object.fromEntries(
    Object.entries(after)
      .map(([method, count]) => /** @type {const} */ ([method, count - (before[method] ?? 0)]))
      .filter(([, count]) => count > 0),
  )
  if (!isDeepStrictEqual(sent, one.requests)) {
    throw new Error(
      `${one.name}: it sent ${JSON.stringify(sent)} instead of ${JSON.stringify(one.requests)}`,
    )
  }
}

/**
 * Measures every case once a round, each round beginning with another one, so that whatever slows the
 * machine for a while slows all of them.
 *
 * @param {Case[]} cases
 * @param {number} rounds
 * @param {(one: Case) => number} measure
 * @returns {Promise<Map<Case, number[]>>}
 */
export async function measureInterleaved(cases, rounds, measure) {
  /** @type {Map<Case, number[]>} */
  const values = new Map(cases.map((one) => [one, []]))
  for (let round = 0; round < rounds; round += 1) {
    const first = round % cases.length
    for (const one of [...cases.slice(first), ...cases.slice(0, first)]) {
      values.get(one)?.push(measure(one))
      // Lets a signal in.
      await setImmediate()
    }
  }
  return values
}
