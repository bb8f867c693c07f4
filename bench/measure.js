import { spawnSync } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { runStep } from './run-step.js'

/** @import { Case } from './cases.js' */
/** @import { Server, Work } from './start-server.js' */

/** How to find out whether something is there that is not a command. */
const PROBES = new Map([['PyNaCl', ['python3', '-c', 'import nacl.public']]])

/**
 * Says which of these commands this machine lacks, if any.
 *
 * @param {readonly string[]} commands
 * @returns {string | undefined}
 */
export function findMissing(commands) {
  const missing = commands.filter((command) => {
    const [program = '', ...args] = PROBES.get(command) ?? [command, '--version']
    const { status } = spawnSync(program, args, { stdio: 'ignore', timeout: 10_000 })
    return status !== 0
  })
  return missing.length === 0 ? undefined : missing.join(', ')
}

/**
 * Runs a step once and throws unless the server saw exactly the requests it has to send, on no more connections than it
 * may open. Returns what the server saw.
 *
 * @param {Case} one
 * @param {string} folder
 * @param {Server} server
 * @returns {Promise<Work>}
 */
export async function checkWork(one, folder, server) {
  const before = await server.readWork()
  runStep(one, folder)
  const after = await server.readWork()
  const requests = Object.fromEntries(
    Object.entries(after.requests)
      .map(
        ([method, count]) =>
          /** @type {const} */ ([method, count - (before.requests[method] ?? 0)]),
      )
      .filter(([, count]) => count > 0),
  )
  if (!isDeepStrictEqual(requests, one.requests)) {
    throw new Error(
      `${one.name}: it sent ${JSON.stringify(requests)} instead of ${JSON.stringify(one.requests)}`,
    )
  }
  const connections = {
    junction: after.connections.junction - before.connections.junction,
    github: after.connections.github - before.connections.github,
  }
  const most = one.mostConnections ?? connections
  if (connections.junction > most.junction || connections.github > most.github) {
    throw new Error(`${one.name}: it opened ${JSON.stringify(connections)} connections`)
  }
  return { requests, connections }
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
      if (round >= (one.mostRounds ?? rounds)) continue
      values.get(one)?.push(measure(one))
      // Lets a signal in.
      await setImmediate()
    }
  }
  return values
}
