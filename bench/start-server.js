import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {() => Promise<Record<string, number>>} countRequests By method, since the start.
 * @property {() => void} stop
 */

const START_LIMIT_MS = 10_000

/**
 * Starts the local server and waits until it listens.
 *
 * @returns {Promise<Server>}
 */
export async function startServer() {
  const script = fileURLToPath(new URL('server.js', import.meta.url))
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const signal = AbortSignal.timeout(START_LIMIT_MS)
    const [line] = await Promise.race([once(child.stdout, 'data', { signal }), failAtEnd(child)])
    const url = String(line).trim()
    return {
      url,
      countRequests: () => countRequests(url),
      stop: () => child.kill('SIGKILL'),
    }
  } catch (cause) {
    child.kill('SIGKILL')
    throw new Error('The local server did not start', { cause })
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<never>}
 */
async function failAtEnd(child) {
  const [code] = await once(child, 'exit')
  throw new Error(`It ended with exit code ${code}`)
}

/** @param {string} url */
async function countRequests(url) {
  const answer = await fetch(`${url}/requests`, { signal: AbortSignal.timeout(START_LIMIT_MS) })
  return /** @type {Promise<Record<string, number>>} */ (answer.json())
}
