import { randomUUID } from 'node:crypto'
import { once, setMaxListeners } from 'node:events'
import { createServer, STATUS_CODES } from 'node:http'
import { handleControl, isControlPath } from './control-plane.js'
import { FaultQueue } from './faults.js'
import { enterpriseBase, githubBase, isGitHubPath } from './github/github-api.js'
import { describeFailure as describeGitHubFailure } from './github/refusal.js'
import { createGitHubHalf } from './github/sandbox-github.js'
import { encodeResponse, parseJson, readBody, readHead, sendPayload } from './http.js'
import { assertKeySeed, inventSecret, KeyStore } from './junction/key-store.js'
import { createManagementApi } from './junction/management-api.js'
import { respondWithFault } from './respond-with-fault.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Controls, Exchange, RecordedRequest, Sandbox, SandboxOptions, ServiceRequest } from './types.ts' */

/**
 * Starts a sandbox on loopback, which stands in for the services that the actions talk to.
 *
 * @param {SandboxOptions} [options]
 * @returns {Promise<Sandbox>}
 */
export async function startSandbox(options = {}) {
  const {
    port = 0,
    pageSize = 100,
    repository = 'octo-org/example',
    now = () => new Date(),
    storeLabel = (label) => label,
    orgKey = inventSecret('org_admin'),
    orgId = randomUUID(),
    teamIds = [randomUUID(), randomUUID(), randomUUID()],
  } = options

  const keys = new KeyStore(now)
  const orgKeyId = keys.add({ label: 'Sandbox', role: 'org_admin', key: orgKey }).id
  const github = createGitHubHalf(repository, now)
  const serveJunction = createManagementApi({ orgId, teamIds, keys, pageSize, now, storeLabel })
  const faults = new FaultQueue()
  /** @type {RecordedRequest[]} */
  const requests = []
  const stopping = new AbortController()
  // Each held request adds a listener; many are not a leak.
  setMaxListeners(0, stopping.signal)

  /** @type {Controls} */
  const controls = {
    // Omit the predefined key: tests count the keys that were created since.
    keys: () => keys.all().filter(({ id }) => id !== orgKeyId),
    seedKey(seed) {
      assertKeySeed(seed)
      return structuredClone(keys.add(seed))
    },
    misbehave: (fault) => faults.add(fault),
    behave: () => faults.clear(),
    requests,
    github: github.view,
    allKeys: () => keys.all(),
  }

  const server = createServer((request, response) => {
    handleRequest(request, response).catch((/** @type {unknown} */ error) => {
      // A bug of the sandbox must not look like a fault that a test requested.
      process.stderr.write(`The sandbox failed: ${String(error)}\n`)
      response.destroy()
    })
  })
  // Only a fault closes a connection, never the clock: a client that a slow machine holds up finds it open.
  server.keepAliveTimeout = 0
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : port}`

  /** @type {Promise<void> | undefined} */
  let stopped

  return {
    url,
    managementUrl: `${url}/management`,
    orgKey,
    orgKeyId,
    orgId,
    teamIds: [...teamIds],
    keys: controls.keys,
    activeKeys: () => controls.keys().filter(({ revokedAt }) => revokedAt === null),
    addKey: controls.seedKey,
    githubUrl: `${url}${githubBase}`,
    ghesUrl: `${url}${enterpriseBase}`,
    githubToken: github.githubToken,
    workflowToken: github.workflowToken,
    repository: github.repository,
    github: github.view,
    requests,
    misbehave: controls.misbehave,
    behave: controls.behave,
    stop() {
      stopped ??= close()
      return stopped
    },
  }

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   */
  async function handleRequest(request, response) {
    const head = readHead(request)
    const isControl = isControlPath(head.path)
    const query = Object.fromEntries(head.query)
    /** @type {RecordedRequest} */
    const record = { ...head, query, body: null, status: null }
    if (!isControl) requests.push(record)
    const exchange = openExchange(response, record, head.path)

    const text = await readBody(request).catch(() => undefined)
    if (text === undefined) return
    if (text === null) {
      sendPayload(exchange, encodeResponse({ status: 413, body: describeFailure(head.path, 413) }))
      return
    }
    const call = { ...head, text }
    if (isControl) {
      sendPayload(exchange, encodeResponse(handleControl(controls, call)))
      return
    }
    record.body = text === '' ? null : (parseJson(text) ?? text)
    await respondWithFault(exchange, faults.take(head), () => doWork(call))
  }

  /** @param {ServiceRequest} call */
  function doWork(call) {
    const notFound = { status: 404, body: describeFailure(call.path, 404) }
    return serveJunction(call) ?? github.service(call) ?? notFound
  }

  /**
   * @param {ServerResponse} response
   * @param {RecordedRequest} record
   * @param {string} path
   * @returns {Exchange}
   */
  function openExchange(response, record, path) {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    return {
      response,
      now,
      over: gone.signal,
      stopped: stopping.signal,
      noteStatus(status) {
        record.status = status
      },
      describeFailure: (status, headers) => describeFailure(path, status, headers),
    }
  }

  async function close() {
    stopping.abort()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
}

/** The default body of a failure. @param {string} path @param {number} status @param {Record<string, string>} [headers] */
function describeFailure(path, status, headers) {
  const reason = STATUS_CODES[status] ?? 'Unknown'
  return isGitHubPath(path) ? describeGitHubFailure(status, reason, headers) : { detail: reason }
}
