import type { ServerResponse } from 'node:http'
import type {
  EnvironmentReset,
  SandboxEnvironment,
  SandboxGitHub,
  SandboxPullRequest,
  SandboxRepository,
  SandboxSecret,
} from './github/types.ts'
import type { KeySeed, SandboxKey } from './junction/types.ts'

/** Options of a sandbox. */
export interface SandboxOptions {
  /** Default 0, which picks a free port. */
  port?: number
  /** The ready-made Org Management Key. */
  orgKey?: string
  orgId?: string
  teamIds?: string[]
  /** Keys on a page of the list; default 100. */
  pageSize?: number
  /** Full name of the ready-made repository; default `octo-org/example`. Its owner is an organization. */
  repository?: string
  /** The services' clock. */
  now?: () => Date
}

/** A running sandbox. */
export interface Sandbox {
  url: string
  /** Base URL of the Management API, with a path like the vendor's. */
  managementUrl: string
  /** The ready-made Org Management Key. */
  orgKey: string
  /** Its ID; the API lists it like every other key. */
  orgKeyId: string
  orgId: string
  teamIds: string[]
  /** Every key but the ready-made one, revoked ones included. */
  keys: () => SandboxKey[]
  /** Those that are not revoked. */
  activeKeys: () => SandboxKey[]
  addKey: (seed: KeySeed) => SandboxKey
  /** Base URL of the stand-in for api.github.com. */
  githubUrl: string
  /** The same for GitHub Enterprise Server, without Codespaces. */
  ghesUrl: string
  /** May do everything that is not withheld. */
  githubToken: string
  /** May do what a workflow's own token may: no secrets. */
  workflowToken: string
  /** Full name of the ready-made repository. */
  repository: string
  /** The state of the GitHub half, and how to set it up. */
  github: SandboxGitHub
  requests: RecordedRequest[]
  /** Queues a fault. */
  misbehave: (fault: Fault) => void
  /** Removes the pending faults. */
  behave: () => void
  /** Closes everything immediately, including held responses. */
  stop: () => Promise<void>
}

/** What the control plane can read and change. An invalid seed or fault is a TypeError. */
export interface Controls {
  keys: () => SandboxKey[]
  seedKey: (seed: unknown) => SandboxKey
  misbehave: (fault: unknown) => void
  behave: () => void
  requests: readonly RecordedRequest[]
  github: SandboxGitHub
  seedGitHub: (seed: unknown) => void
  /** Finds the Management Key, active or revoked, that has this value. */
  findKeyId: (value: string | null) => string | null
  /** Everything that must not be shown. */
  secrets: () => string[]
}

/** What the control plane shows for each topic. */
export interface ControlViews {
  keys: { keys: ShownKey[] }
  secrets: { secrets: ShownSecret[] }
  github: {
    organizations: string[]
    repositories: SandboxRepository[]
    environments: SandboxEnvironment[]
    pullRequests: SandboxPullRequest[]
    environmentResets: EnvironmentReset[]
  }
  /** Secrets are redacted. */
  requests: { requests: RecordedRequest[] }
}

/** A Management Key without its value. */
export interface ShownKey extends Omit<SandboxKey, 'key' | 'revokedAt'> {
  revoked: boolean
}

/** A secret without its value, with the ID of the Management Key that it contains, if any. */
export interface ShownSecret extends Omit<SandboxSecret, 'value'> {
  matches: string | null
}

/** A request as a service gets it. */
export interface ServiceRequest {
  method: string
  path: string
  query: URLSearchParams
  /** Names in lowercase. */
  headers: Record<string, string>
  /** The body, unparsed. */
  text: string
}

/** A stand-in for one service; undefined for other paths. */
export type Service = (
  request: ServiceRequest,
) => ServiceResponse | Promise<ServiceResponse> | undefined

/** A service's response: `body` is sent as JSON, and not at all when undefined. */
export interface ServiceResponse {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** An encoded response. */
export interface Payload {
  status: number
  headers: Record<string, string>
  bytes: Buffer
}

/** One request in progress: where to send the response, and how to notice that the client is gone. */
export interface Exchange {
  response: ServerResponse
  /** Clock of the `Date` header. */
  now: () => Date
  /** Aborted once the connection is gone. */
  over: AbortSignal
  /** Aborted once the sandbox stops. */
  stopped: AbortSignal
  /** Called with the status when the head is sent. */
  noteStatus: (status: number) => void
  /** Creates the body of a failure as the called service would. */
  describeFailure: (status: number, headers?: Record<string, string>) => unknown
}

/** One request as the sandbox received it, including secrets. */
export interface RecordedRequest {
  method: string
  /** As received, without the query. */
  path: string
  /** A repeated parameter is joined with commas. */
  query: Record<string, string>
  /** Names in lowercase. */
  headers: Record<string, string>
  /** Parsed if it is JSON, otherwise the text; `null` when there is none. */
  body: unknown
  /** `null` until a response is sent. */
  status: number | null
  /** When it arrived, in milliseconds of real time. */
  at: number
}

/** Which requests something applies to; without conditions, all. */
export interface RequestMatch {
  /** Only requests with this method. */
  method?: string
  /** Only paths (without the query) that contain or match this. */
  path?: string | RegExp
}

/** One fault that the sandbox can inject. */
export type Fault = RequestMatch & FaultTiming & FaultKind

/** When a fault applies; by default, to the next request. */
export interface FaultTiming {
  /** How many matching requests to skip first; default 0. */
  skip?: number
  /** How many matching requests it applies to; default 1, `Infinity` for all. */
  times?: number
  /** Latency before anything else happens. */
  delayMs?: number
}

/** Before the work, or after it, when for example the key exists. */
export type FaultMoment = 'before' | 'work'

/** What a fault does. */
export type FaultKind =
  | StatusFault
  /** Latency, then the usual response. */
  | { kind: 'delay'; delayMs: number }
  /** The connection is reset. */
  | { kind: 'reset'; when?: FaultMoment }
  /** The response is never sent. */
  | { kind: 'hold'; when?: FaultMoment }
  /** No response; the work is done `delayMs` later. */
  | { kind: 'late'; delayMs: number }
  /** Half the promised body, then the end. */
  | { kind: 'truncate' }
  /** Status 200 with a body that is not JSON. */
  | { kind: 'garble' }
  /** The JSON response without these fields. */
  | { kind: 'omit'; fields: string[] }
  /** The response padded to this size, streamed. */
  | { kind: 'huge'; bytes: number }
  /** One byte of body per `delayMs`. */
  | { kind: 'slow-body'; delayMs: number }
  /** Default status 307. */
  | { kind: 'redirect'; location: string; status?: number }
  /** The usual response without its `Date` header. */
  | { kind: 'no-date' }

/** Another status than the usual one. */
export interface StatusFault {
  kind: 'status'
  status: number
  /** Seconds, or an HTTP date. */
  retryAfter?: number | string
  /**
   * A string is sent unchanged, anything else as JSON. Default: what the service sends for such a
   * status, for GitHub also for a rate limit in the headers.
   */
  body?: unknown
  headers?: Record<string, string>
  /** Default `before`. */
  after?: FaultMoment
}

/** A condition for one value, and its wording after "must be". */
export interface Rule {
  holds: (value: unknown) => boolean
  expected: string
}

/** The required and optional fields of an object; no others are allowed. */
export interface Shape {
  needs?: Record<string, Rule>
  takes?: Record<string, Rule>
}
