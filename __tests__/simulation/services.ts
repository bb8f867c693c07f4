import type { Fault } from '../../explore/fault-plans.js'
import type { OracleWorld } from '../../explore/oracle.js'
import {
  ORG_ID,
  ORG_KEY,
  REPOSITORY,
  REQUESTS,
  type Request,
  TEAMS,
} from '../../explore/scenarios.js'
import { look, type StandIns } from '../../explore/stand-ins.js'
import { createGitHubHalf } from '../../sandbox/github/sandbox-github.js'
import { KeyStore } from '../../sandbox/junction/key-store.js'
import { createManagementApi } from '../../sandbox/junction/management-api.js'
import { ConnectionError } from '../../src/core/errors.js'
import type { HttpRequest, HttpResponse } from '../../src/http/exchange.js'
import type { Scenario } from './scenario.js'
import type { StepProcess } from './step-process.js'
import { never } from './wiring.js'
import type { World } from './world.js'

/** Where the sandbox has GitHub's API. */
export const GITHUB_API_URL = 'https://fake.example/github'

/** How long after a connection broke a request may still take effect, in milliseconds. */
const OBEYED_AFTER_RESET_MS = 200

/** This many faults may exhaust all attempts of a search or a revocation. */
const TOO_MANY = 4

export type Services = ReturnType<typeof createServices>

/** The services of the sandbox in simulated time, without connections. */
export function createServices(world: World, { skewMs, acceptedAfterMs }: Scenario) {
  /** Milliseconds since the epoch by the services' clock. */
  const tell = () => world.now() + skewMs
  const now = () => new Date(tell())
  const store = new KeyStore(now)
  const orgKey = store.add({ label: 'Fake', role: 'org_admin', key: ORG_KEY })
  const rest = { pageSize: 100, now, storeLabel: (label: string) => label }
  const manage = createManagementApi({ orgId: ORG_ID, teamIds: TEAMS, keys: store, ...rest })
  const { service: serveGitHub, view: github, githubToken } = createGitHubHalf(REPOSITORY, now)
  const makers = new Map<string, string>()
  const faults = { list: 0, revoke: 0, look: 0 }
  /** What must not be shown. */
  const sealed: string[] = []
  const standIns: StandIns = {
    keys: () => store.all().filter(({ id }) => id !== orgKey.id),
    addKey: (seed) => store.add(seed),
    github,
  }

  function count(what: Request, status: number): void {
    // A permanent rejection is not retried.
    const weight = status < 500 && status !== 429 ? TOO_MANY : 1
    if (what === 'look' || what === 'delete') faults.look += weight
    else if (what === 'list' || what === 'revoke') faults[what] += weight
  }

  function respond(status: number, body?: unknown): HttpResponse {
    const date = now().toUTCString()
    return { status, headers: { date }, body: body === undefined ? '' : JSON.stringify(body) }
  }

  function isAccepted(value: string | undefined): boolean {
    const key = store.findActive((one) => one.key === value)
    return key !== undefined && tell() - Date.parse(key.createdAt) >= acceptedAfterMs
  }

  async function apply(request: HttpRequest, what: Request, step: string): Promise<HttpResponse> {
    const { method, url, headers, body = '' } = request
    const { pathname: path, searchParams: query } = new URL(url)
    if (what === 'team' && !isAccepted(headers['x-management-key'])) return respond(401)
    const call = { method, path, query, headers, text: body }
    const done = await (manage(call) ?? serveGitHub(call))
    const [, id] = (what === 'create' && /"id":"([^"]+)"/.exec(JSON.stringify(done?.body))) || []
    if (id !== undefined) makers.set(id, step)
    sealed.push(...(body.match(/(?<="encrypted_value":")[^"]+/) ?? []))
    return respond(done?.status ?? 404, done?.body)
  }

  /** Obeys a request, as far as its fault lets it. */
  async function endIn(fault: Fault, status: number, obey: () => Promise<HttpResponse>) {
    const { kind, backMs = 0 } = fault
    if (kind === 'unreachable') throw new ConnectionError('no connection', 'unreachable')
    if (kind === 'status' && fault.after !== 'work') return respond(status)
    if (kind === 'reset') {
      if (fault.when === 'work') void world.wait(Math.min(backMs, OBEYED_AFTER_RESET_MS)).then(obey)
      throw new ConnectionError('the connection broke', 'broken')
    }
    if (kind === 'hold' && fault.when !== 'work') return never<HttpResponse>()
    const response = await obey()
    if (kind === 'hold') return never<HttpResponse>()
    await world.wait(backMs)
    return distort(response, fault)
  }

  function distort(response: HttpResponse, fault: Fault): HttpResponse {
    if (fault.kind === 'truncate') return { ...response, body: `${response.body.slice(0, 20)}…` }
    if (fault.kind === 'omit') return { ...response, body: response.body.replace(/,"key":.*/, '}') }
    if (fault.kind !== 'status') return response
    // A request rejected by these had no effect.
    return respond([403, 429].includes(fault.status) ? 500 : fault.status)
  }

  return {
    githubToken,
    sealed,
    standIns,
    now: tell,
    look: (): OracleWorld => look(standIns, (id) => makers.get(id) ?? null),
    /** Whether lists, revocations and rollbacks succeeded often enough in the end. */
    listAvailable: () => ({
      listing: faults.list < TOO_MANY,
      revoking: faults.revoke < TOO_MANY && faults.look < TOO_MANY,
    }),
    /** Plays a request with its faults. */
    exchange: async (request: HttpRequest, process: StepProcess): Promise<HttpResponse> => {
      const what = classify(request)
      const fault = process.takeFault(what)
      const { kind, delayMs = 0 } = fault
      // A 403 to the read of a team shows that the key is accepted.
      const status = kind === 'status' && what !== 'team' ? fault.status : 503
      if (kind !== 'delay') count(what, status)
      const isCut = process.gone.then(() => world.wait(OBEYED_AFTER_RESET_MS))
      await Promise.race([world.wait(delayMs), isCut])
      return endIn(fault, status, () => apply(request, what, process.step))
    },
  }
}

/** What is none of them is a look. */
function classify({ method, url }: HttpRequest): Request {
  const kinds = Object.keys(REQUESTS) as Request[]
  return (
    kinds.find((kind) => REQUESTS[kind].method === method && url.includes(REQUESTS[kind].path)) ??
    'look'
  )
}
