import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Addresses
 * @property {string} near By HTTP, on loopback.
 * @property {string} far By HTTPS, 25 ms away each way.
 * @property {string} certificate PEM, of the HTTPS server.
 *
 * @typedef {object} Work What the server saw since its start.
 * @property {Record<string, number>} requests By method.
 * @property {{ junction: number, github: number }} connections By service, those on which a request came.
 *
 * @typedef {object} Server
 * @property {Addresses} addresses
 * @property {() => Promise<Work>} readWork
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
    /** @type {Addresses} */
    const addresses = JSON.parse(String(line))
    return {
      addresses,
      readWork: () => readWork(addresses.near),
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
async function readWork(url) {
  const response = await fetch(`${url}/work`, { signal: AbortSignal.timeout(START_LIMIT_MS) })
  return /** @type {Promise<Work>} */ (response.json())
}
