import { randomUUID } from 'node:crypto'
import { once, setMaxListeners } from 'node:events'
import { createServer } from 'node:http'
import { encodeAnswer, sendPayload } from './answer.js'
import { answerWithFault } from './answer-with-fault.js'
import { answerControl, isControlPath } from './control-plane.js'
import { describeFailure } from './describe-failure.js'
import { FaultQueue } from './fault-queue.js'
import { enterpriseBase, githubBase } from './github/github-path.js'
import { createGitHubHalf } from './github/sandbox-github.js'
import { isUuid } from './is-uuid.js'
import { assertKeySeed, inventSecret, KeyStore } from './junction/key-store.js'
import { createManagementApi } from './junction/management-api.js'
import { readBody } from './read-body.js'
import { beginRecord, parseRecordedBody, readHead } from './request-log.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Answer, Exchange } from './answer.js' */
/** @import { Controls } from './control-plane.js' */
/** @import { Fault } from './faults.js' */
/** @import { SandboxGitHub } from './github/sandbox-github.js' */
/** @import { KeySeed, SandboxKey } from './junction/key-store.js' */
/** @import { RecordedRequest, ServiceRequest } from './request-log.js' */

/**
 * @typedef {object} SandboxOptions
 * @property {number} [port] Default 0, which is a free port.
 * @property {string} [orgKey] The ready-made Org Management Key.
 * @property {string} [orgId]
 * @property {string[]} [teamIds]
 * @property {number} [pageSize] Keys on a page of the list; default 100.
 * @property {string} [repository] Full name of the ready-made repository; default
 *   `octo-org/example`. Its owner is an organisation.
 * @property {() => Date} [now] The services' clock.
 */

/**
 * A running sandbox.
 *
 * @typedef {object} Sandbox
 * @property {string} url
 * @property {string} managementUrl Base URL of the Management API, with a path as the vendor's has.
 * @property {string} orgKey The ready-made Org Management Key.
 * @property {string} orgKeyId Its id; the API lists it like every other key.
 * @property {string} orgId
 * @property {string[]} teamIds
 * @property {() => SandboxKey[]} keys Every key but the ready-made one, revoked ones included.
 * @property {() => SandboxKey[]} liveKeys Those that are not revoked.
 * @property {(seed: KeySeed) => SandboxKey} addKey
 * @property {string} githubUrl Base URL of the stand-in for api.github.com.
 * @property {string} ghesUrl The same as GitHub Enterprise Server has it, without Codespaces.
 * @property {string} githubToken May do everything that is not withheld.
 * @property {string} workflowToken May do what a workflow's own token may: no secrets.
 * @property {string} repository Full name of the ready-made repository.
 * @property {SandboxGitHub} github What the GitHub half holds, and how to set it up.
 * @property {RecordedRequest[]} requests
 * @property {(fault: Fault) => void} misbehave Queues a fault.
 * @property {() => void} behave Forgets the faults still to come.
 * @property {() => Promise<void>} stop Closes everything at once, held answers included.
 */

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
  } = options
  const { orgKey, orgId, teamIds } = settleIdentity(options)
  if (!Number.isSafeInteger(pageSize) || pageSize < 1) {
    throw new TypeError('pageSize must be a whole number, 1 or more.')
  }

  const store = new KeyStore(now)
  const orgKeyId = store.add({ label: 'Sandbox', role: 'org_admin', key: orgKey }).id
  const github = createGitHubHalf(repository, now)
  const services = [
    createManagementApi({ orgId, teamIds, keys: store, pageSize, now }),
    github.service,
  ]
  const faults = new FaultQueue()
  /** @type {RecordedRequest[]} */
  const requests = []
  const stopping = new AbortController()
  // Each held request listens; many of them are no leak.
  setMaxListeners(0, stopping.signal)

  /** @type {Controls} */
  const controls = {
    // The ready-made key is left out: whoever counts keys asks for those that were made since.
    keys: () => store.all().filter(({ id }) => id !== orgKeyId),
    seedKey(seed) {
      assertKeySeed(seed)
      const key = store.add(seed)
      return { ...key, teamIds: [...key.teamIds] }
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
    answer(request, response).catch((/** @type {unknown} */ error) => {
      // A fault of the sandbox itself must not pass for one that a test asked for.
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
    liveKeys: () => controls.keys().filter(({ revokedAt }) => revokedAt === null),
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
   * @returns {Promise<void>}
   */
  async function answer(request, response) {
    const head = readHead(request)
    const isControl = isControlPath(head.path)
    const record = beginRecord(head)
    if (!isControl) requests.push(record)
    const exchange = openExchange(response, record, head.path)

    const text = await readBody(request).catch(() => undefined)
    if (text === undefined) return
    if (text === null) {
      sendPayload(exchange, encodeAnswer({ status: 413, body: describeFailure(head.path, 413) }))
      return
    }
    const call = { ...head, text }
    if (isControl) {
      sendPayload(exchange, encodeAnswer(answerControl(controls, call)))
      return
    }
    record.body = parseRecordedBody(text)
    await answerWithFault(exchange, faults.take(head), () => doWork(call))
  }

  /**
   * @param {ServiceRequest} call
   * @returns {Answer | Promise<Answer>}
   */
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

  /** @returns {Promise<void>} */
  async function close() {
    stopping.abort()
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
}

/**
 * Invents what the caller does not fix, and refuses what the Management API could never hold.
 *
 * @param {SandboxOptions} options
 * @returns {{ orgKey: string, orgId: string, teamIds: string[] }}
 */
function settleIdentity({
  orgKey = inventSecret('org_admin'),
  orgId = randomUUID(),
  teamIds = [randomUUID(), randomUUID(), randomUUID()],
}) {
  if (!/^mg_[\x21-\x7e]+$/.test(orgKey)) {
    throw new TypeError('The Org Management Key must begin with mg_ and hold no spaces.')
  }
  if (!isUuid(orgId)) throw new TypeError('The organisation id must be a UUID.')
  if (teamIds.length === 0 || !teamIds.every(isUuid)) {
    throw new TypeError('The team ids must be UUIDs, at least one.')
  }
  return { orgKey, orgId: orgId.toLowerCase(), teamIds: teamIds.map((id) => id.toLowerCase()) }
}
