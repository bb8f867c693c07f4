import type { OracleKey, OracleSecret, OracleWorld } from '../../explore/types.ts'
import { ConnectionError } from '../../src/core/errors.js'
import type { HttpRequest, HttpResponse } from '../../src/http/exchange.js'
import { type Actor, never } from './wiring.js'
import type { World } from './world.js'

/** The fate of one request. */
export interface Fault {
  /**
   * - `none`: it gets its response.
   * - `unreachable`, `refused`: it has no effect; no connection, or a response with `status`.
   * - `vanished`, `cut`: it has no effect; no response until the timeout, or a broken connection.
   * - `lost`, `reset`: it takes effect; no response until the timeout, or a connection that breaks before.
   * - `failed`, `garbled`, `keyless`: it takes effect; a response with `status`, half a response, one without the key.
   */
  readonly kind: (typeof FAULT_KINDS)[number]
  readonly status: number
  /** The latency of the request and of the response, in milliseconds. */
  readonly outMs: number
  readonly backMs: number
}

/** The kinds of faults. */
export const FAULT_KINDS = [
  'none',
  'unreachable',
  'refused',
  'vanished',
  'cut',
  'lost',
  'reset',
  'failed',
  'garbled',
  'keyless',
] as const

/** How long after a connection broke a request may still take effect, in milliseconds. */
const OBEYED_AFTER_RESET_MS = 200

/** This many faults may exhaust all attempts of a search or a revocation. */
const TOO_MANY = 4

/** How the services' clocks differ from the machine's. */
export interface ServiceClocks {
  readonly skewMs: number
  /** How much the clock that dates keys is behind the other. */
  readonly lagMs: number
}

/** What distinguishes the services of one simulation. */
export interface ServiceSettings {
  readonly clocks: ServiceClocks
  /** From what age on a key is accepted, in milliseconds. */
  readonly acceptedAfterMs: number
}

type MutableKey = { -readonly [Name in keyof OracleKey]: OracleKey[Name] }

/** Hides a value as a sealed box does. */
export function seal(value: string): string {
  return [...value].reverse().join('')
}

/** The Management API and GitHub's secrets, with their actual state. */
export class Services {
  readonly #world: World
  readonly #clocks: ServiceClocks
  readonly #acceptedAfterMs: number
  readonly #takeFault: (actor: Actor) => Fault
  readonly #keys: MutableKey[] = []
  readonly #secrets = new Map<string, OracleSecret & { readonly updatedAt: string }>()
  readonly #faults = { list: 0, revoke: 0, look: 0 }

  constructor(
    world: World,
    { clocks, acceptedAfterMs }: ServiceSettings,
    takeFault: (actor: Actor) => Fault,
  ) {
    this.#world = world
    this.#clocks = clocks
    this.#acceptedAfterMs = acceptedAfterMs
    this.#takeFault = takeFault
  }

  /** Whether lists, revocations and rollbacks succeeded often enough in the end. */
  get availability(): { readonly listing: boolean; readonly revoking: boolean } {
    const { list, revoke, look } = this.#faults
    return { listing: list < TOO_MANY, revoking: revoke < TOO_MANY && look < TOO_MANY }
  }

  /** The current state. */
  look(): OracleWorld {
    return {
      keys: this.#keys.map((key) => ({ ...key })),
      secrets: [...this.#secrets.values()].map(({ place, name, value }) => ({
        place,
        name,
        value,
      })),
    }
  }

  /** Creates a key of the given age. */
  addKey(label: string, teamIds: readonly string[], madeBy: string | null, ageMs = 0): MutableKey {
    const number = String(this.#keys.length + 1).padStart(12, '0')
    const created = this.#world.now() + this.#clocks.skewMs - this.#clocks.lagMs - ageMs
    const key = {
      id: `00000000-0000-4000-8000-${number}`,
      value: `mg_fake_${number}_value`,
      label,
      teamIds,
      createdAt: new Date(created).toISOString(),
      revoked: false,
      madeBy,
    }
    this.#keys.push(key)
    return key
  }

  /** Adds a secret that was written some time ago. */
  addSecret(place: string, name: string, value: string, ageMs = 0): void {
    const written = Math.floor((this.#world.now() - ageMs) / 1000) * 1000
    const updatedAt = new Date(written).toISOString()
    this.#secrets.set(`${name} in ${place}`, { place, name, value, updatedAt })
  }

  /** Plays a request with its faults. */
  async exchange(request: HttpRequest, actor: Actor): Promise<HttpResponse> {
    const fault = this.#takeFault(actor)
    this.#count(request, fault)
    const { kind, status, outMs, backMs } = fault
    await this.#world.wait(outMs)
    const answerWith = (body: string, code: number) => ({
      status: code,
      headers: this.#date(),
      body,
    })
    if (kind === 'unreachable') throw new ConnectionError('no connection', 'unreachable')
    if (kind === 'cut') throw new ConnectionError('the connection broke', 'broken')
    if (kind === 'vanished') return never()
    // A 403 to the read of a team shows that the key is accepted.
    if (kind === 'refused') return answerWith('', isTeamUrl(request.url) ? 503 : status)
    if (kind === 'reset') {
      void this.#world
        .wait(Math.min(backMs, OBEYED_AFTER_RESET_MS))
        .then(() => this.#apply(request, actor))
      throw new ConnectionError('the connection broke', 'broken')
    }
    const response = this.#apply(request, actor)
    if (kind === 'lost') return never()
    await this.#world.wait(backMs)
    // A request rejected by these had no effect.
    if (kind === 'failed') return answerWith('', [403, 429].includes(status) ? 500 : status)
    if (kind === 'garbled') return { ...response, body: `${response.body.slice(0, 20)}…` }
    if (kind === 'keyless') return { ...response, body: response.body.replace(/,"key":.*/, '}') }
    return response
  }

  #count({ method, url }: HttpRequest, { kind, status }: Fault): void {
    if (kind === 'none') return
    // A permanent rejection is not retried.
    const weight = status < 500 && status !== 429 ? TOO_MANY : 1
    if (isSecretUrl(url)) {
      if (method !== 'PUT') this.#faults.look += weight
    } else if (method === 'GET') this.#faults.list += isTeamUrl(url) ? 0 : weight
    else if (method === 'DELETE') this.#faults.revoke += weight
  }

  #date(): Readonly<Record<string, string>> {
    return { date: new Date(this.#world.now() + this.#clocks.skewMs).toUTCString() }
  }

  #apply({ method, url, headers, body = '' }: HttpRequest, { step }: Actor): HttpResponse {
    const response = (status: number, content: unknown) => ({
      status,
      headers: this.#date(),
      body: JSON.stringify(content),
    })
    if (isSecretUrl(url)) return response(...this.#changeSecret(method, url, body))
    if (method === 'POST') {
      const { label, team_role_bindings: bindings } = JSON.parse(body)
      const teamIds = bindings.map(({ team_id: id }: { team_id: string }) => id)
      const key = this.addKey(label, teamIds, step)
      return response(200, { ...show(key), key: key.value })
    }
    if (isTeamUrl(url)) {
      const isAccepted = this.#isAccepted(headers['x-management-key'])
      return response(isAccepted ? 200 : 401, { id: url.split('/').at(-1) })
    }
    if (method === 'GET') {
      const teamId = new URL(url).searchParams.get('team_id')
      const data = this.#keys
        .filter(({ revoked, teamIds }) => !revoked && (teamId === null || teamIds.includes(teamId)))
        .map(show)
      return response(200, { data, next_cursor: null })
    }
    const key = this.#keys.find(({ id, revoked }) => !revoked && url.endsWith(id))
    if (key === undefined) return response(404, {})
    key.revoked = true
    return response(200, show(key))
  }

  #isAccepted(value: string | undefined): boolean {
    const key = this.#keys.find((one) => one.value === value && !one.revoked)
    if (key === undefined) return false
    const { skewMs, lagMs } = this.#clocks
    const age = this.#world.now() + skewMs - lagMs - Date.parse(key.createdAt)
    return age >= this.#acceptedAfterMs
  }

  #changeSecret(method: string, url: string, body: string): readonly [number, unknown] {
    const { searchParams } = new URL(url)
    const [place, name] = [searchParams.get('place') ?? '', searchParams.get('name') ?? '']
    const secret = this.#secrets.get(`${name} in ${place}`)
    if (method === 'PUT') {
      this.addSecret(place, name, seal(JSON.parse(body).sealed))
      return [secret === undefined ? 201 : 204, null]
    }
    if (secret === undefined) return [404, null]
    if (method === 'GET') return [200, { updatedAt: secret.updatedAt }]
    this.#secrets.delete(`${name} in ${place}`)
    return [204, null]
  }
}

/** Base URL of the secrets. */
export const SECRETS_URL = 'https://fake-github.example/secrets'

function isSecretUrl(url: string): boolean {
  return url.startsWith(SECRETS_URL)
}

function isTeamUrl(url: string): boolean {
  return url.includes('/team/')
}

function show({ id, label, teamIds, createdAt }: OracleKey) {
  const bindings = teamIds.map((teamId) => ({ team_id: teamId }))
  return { id, label, role: 'team_admin', created_at: createdAt, team_role_bindings: bindings }
}
