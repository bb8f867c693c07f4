import { randomUUID } from 'node:crypto'
import { once, setMaxListeners } from 'node:events'
import { createServer, STATUS_CODES } from 'node:http'
import { handleControl, isControlPath } from './control-plane.js'
import { FaultQueue } from './faults.js'
import { enterpriseBase, githubBase, isGitHubPath } from './github/github-api.js'
import { describeFailure as describeGitHubFailure } from './github/refusal.js'
import { createGitHubHalf } from './github/sandbox-github.js'
import { encodeResponse, readBody, readHead, sendPayload } from './http.js'
import { assertKeySeed, inventSecret, KeyStore } from './junction/key-store.js'
import { createManagementApi } from './junction/management-api.js'
import { beginRecord, parseRecordedBody } from './request-log.js'
import { respondWithFault } from './respond-with-fault.js'
import { fits, uuid } from './shape.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Controls, Exchange, RecordedRequest, Sandbox, SandboxOptions, Service, ServiceRequest } from './types.ts' */

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
  } = options
  const { orgKey, orgId, teamIds } = settleIdentity(options)
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new TypeError('pageSize must be a whole number, 1 or more.')
  }

  const store = new KeyStore(now)
  const orgKeyId = store.add({ label: 'Sandbox', role: 'org_admin', key: orgKey }).id
  const github = createGitHubHalf(repository, now)
  /** @type {Service[]} */
  const services = [
    createManagementApi({ orgId, teamIds, keys: store, pageSize, now, storeLabel }),
    github.service,
  ]
  const faults = new FaultQueue()
  /** @type {RecordedRequest[]} */
  const requests = []
  const stopping = new AbortController()
  // Each held request adds a listener; many are not a leak.
  setMaxListeners(0, stopping.signal)

  /** @type {Controls} */
  const controls = {
    // Omit the predefined key: tests count the keys that were created since.
    keys: () => store.all().filter(({ id }) => id !== orgKeyId),
    seedKey(seed) {
      assertKeySeed(seed)
      return structuredClone(store.add(seed))
    },
    misbehave: (fault) => faults.add(fault),
    behave: () => faults.clear(),
    requests,
    github: github.view,
    seedGitHub: github.seed,
    findKeyId: (value) => store.all().find(({ key }) => key === value)?.id ?? null,
    secrets: () => [
      ...store.all().map(({ key }) => key),
      ...github.view.secrets().flatMap(({ value }) => (value === null ? [] : [value])),
    ],
  }

  const server = createServer((request, response) => {
    handleRequest(request, response).catch((/** @type {unknown} */ error) => {
      // A bug of the sandbox must not look like a fault that a test requested.
      process.stderr.write(`The sandbox failed: ${String(error)}\n`)
      response.destroy()
    })
  })
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
    const record = beginRecord(head)
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
    record.body = parseRecordedBody(text)
    await respondWithFault(exchange, faults.take(head), () => doWork(call))
  }

  /** @param {ServiceRequest} call */
  function doWork(call) {
    for (const service of services) {
      const found = service(call)
      if (found !== undefined) return found
    }
    return { status: 404, body: describeFailure(call.path, 404) }
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

/**
 * Creates the default body of a failure, as the called service would.
 *
 * @param {string} path
 * @param {number} status
 * @param {Record<string, string>} [headers] Those that are sent with it.
 */
function describeFailure(path, status, headers) {
  const reason = STATUS_CODES[status] ?? 'Unknown'
  return isGitHubPath(path) ? describeGitHubFailure(status, reason, headers) : { detail: reason }
}

/**
 * Fills in what the caller omits, and rejects what the Management API could never contain.
 *
 * @param {SandboxOptions} options
 */
function settleIdentity({
  orgKey = inventSecret('org_admin'),
  orgId = randomUUID(),
  teamIds = [randomUUID(), randomUUID(), randomUUID()],
}) {
  if (!/^mg_[\x21-\x7e]+$/.test(orgKey)) {
    throw new TypeError('The Org Management Key must begin with mg_ and contain no spaces.')
  }
  if (!fits(uuid, orgId)) throw new TypeError('The organization ID must be a UUID.')
  if (teamIds.length === 0 || !teamIds.every((id) => fits(uuid, id))) {
    throw new TypeError('The team IDs must be UUIDs, at least one.')
  }
  return { orgKey, orgId: orgId.toLowerCase(), teamIds: teamIds.map((id) => id.toLowerCase()) }
}
