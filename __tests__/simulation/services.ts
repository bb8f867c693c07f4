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

/** The services of the sandbox in simulated time, without connections. */
export class Services {
  readonly #world: World
  readonly #scenario: Scenario
  readonly #store: KeyStore
  readonly #github: ReturnType<typeof createGitHubHalf>
  readonly #management: ReturnType<typeof createManagementApi>
  readonly #orgKeyId: string
  readonly #makers = new Map<string, string>()
  readonly #faults = { list: 0, revoke: 0, look: 0 }
  /** What must not be shown. */
  readonly sealed: string[] = []

  constructor(world: World, scenario: Scenario) {
    this.#world = world
    this.#scenario = scenario
    const now = () => new Date(this.now())
    this.#store = new KeyStore(now)
    this.#orgKeyId = this.#store.add({ label: 'Fake', role: 'org_admin', key: ORG_KEY }).id
    const keys = this.#store
    const rest = { pageSize: 100, now, storeLabel: (label: string) => label }
    this.#management = createManagementApi({ orgId: ORG_ID, teamIds: TEAMS, keys, ...rest })
    this.#github = createGitHubHalf(REPOSITORY, now)
  }

  /** Whether lists, revocations and rollbacks succeeded often enough in the end. */
  get availability(): { readonly listing: boolean; readonly revoking: boolean } {
    const { list, revoke, look: looks } = this.#faults
    return { listing: list < TOO_MANY, revoking: revoke < TOO_MANY && looks < TOO_MANY }
  }

  get githubToken(): string {
    return this.#github.githubToken
  }

  /** Milliseconds since the epoch by the services' clock. */
  now(): number {
    return this.#world.now() + this.#scenario.skewMs
  }

  /** The current state. */
  look(): OracleWorld {
    return look(this.standIns, (id) => this.#makers.get(id) ?? null)
  }

  get standIns(): StandIns {
    const keys = () => this.#store.all().filter(({ id }) => id !== this.#orgKeyId)
    return { keys, addKey: (seed) => this.#store.add(seed), github: this.#github.view }
  }

  /** Plays a request with its faults. */
  async exchange(request: HttpRequest, process: StepProcess): Promise<HttpResponse> {
    const what = classify(request)
    const fault = process.takeFault(what)
    const { kind, delayMs = 0, backMs = 0 } = fault
    if (kind !== 'delay') this.#count(what, kind === 'status' ? fault.status : 503)
    const isCut = process.gone.then(() => this.#world.wait(OBEYED_AFTER_RESET_MS))
    await Promise.race([this.#world.wait(delayMs), isCut])
    if (kind === 'unreachable') throw new ConnectionError('no connection', 'unreachable')
    // A 403 to the read of a team shows that the key is accepted.
    if (kind === 'status' && fault.after !== 'work')
      return this.#respond(what === 'team' ? 503 : fault.status)
    const apply = () => this.#apply(request, what, process)
    if (kind === 'reset') {
      if (fault.when === 'work')
        void this.#world.wait(Math.min(backMs, OBEYED_AFTER_RESET_MS)).then(apply)
      throw new ConnectionError('the connection broke', 'broken')
    }
    if (kind === 'hold' && fault.when !== 'work') return never()
    const response = await apply()
    if (kind === 'hold') return never()
    await this.#world.wait(backMs)
    return this.#distort(response, fault)
  }

  #distort(response: HttpResponse, fault: Fault): HttpResponse {
    if (fault.kind === 'truncate') return { ...response, body: `${response.body.slice(0, 20)}…` }
    if (fault.kind === 'omit') return { ...response, body: response.body.replace(/,"key":.*/, '}') }
    if (fault.kind !== 'status') return response
    // A request rejected by these had no effect.
    return this.#respond([403, 429].includes(fault.status) ? 500 : fault.status)
  }

  #count(what: Request, status: number): void {
    // A permanent rejection is not retried.
    const weight = status < 500 && status !== 429 ? TOO_MANY : 1
    if (what === 'look' || what === 'delete') this.#faults.look += weight
    else if (what === 'list' || what === 'revoke') this.#faults[what] += weight
  }

  #respond(status: number, body?: unknown): HttpResponse {
    const date = new Date(this.now()).toUTCString()
    return { status, headers: { date }, body: body === undefined ? '' : JSON.stringify(body) }
  }

  async #apply(request: HttpRequest, what: Request, { step }: StepProcess): Promise<HttpResponse> {
    const { method, url, headers, body = '' } = request
    const { pathname: path, searchParams: query } = new URL(url)
    if (what === 'team' && !this.#isAccepted(headers['x-management-key'])) return this.#respond(401)
    const call = { method, path, query, headers, text: body }
    const done = await (this.#management(call) ?? this.#github.service(call))
    const [, id] = (what === 'create' && /"id":"([^"]+)"/.exec(JSON.stringify(done?.body))) || []
    if (id !== undefined) this.#makers.set(id, step)
    this.sealed.push(...(body.match(/(?<="encrypted_value":")[^"]+/) ?? []))
    return this.#respond(done?.status ?? 404, done?.body)
  }

  #isAccepted(value: string | undefined): boolean {
    const key = this.#store.findActive((one) => one.key === value)
    if (key === undefined) return false
    return this.now() - Date.parse(key.createdAt) >= this.#scenario.acceptedAfterMs
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
