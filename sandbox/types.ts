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

/** How a sandbox is to be set up. */
export interface SandboxOptions {
  /** Default 0, which is a free port. */
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
  /** Base URL of the Management API, with a path as the vendor's has. */
  managementUrl: string
  /** The ready-made Org Management Key. */
  orgKey: string
  /** Its id; the API lists it like every other key. */
  orgKeyId: string
  orgId: string
  teamIds: string[]
  /** Every key but the ready-made one, revoked ones included. */
  keys: () => SandboxKey[]
  /** Those that are not revoked. */
  liveKeys: () => SandboxKey[]
  addKey: (seed: KeySeed) => SandboxKey
  /** Base URL of the stand-in for api.github.com. */
  githubUrl: string
  /** The same as GitHub Enterprise Server has it, without Codespaces. */
  ghesUrl: string
  /** May do everything that is not withheld. */
  githubToken: string
  /** May do what a workflow's own token may: no secrets. */
  workflowToken: string
  /** Full name of the ready-made repository. */
  repository: string
  /** What the GitHub half holds, and how to set it up. */
  github: SandboxGitHub
  requests: RecordedRequest[]
  /** Queues a fault. */
  misbehave: (fault: Fault) => void
  /** Forgets the faults still to come. */
  behave: () => void
  /** Closes everything at once, held answers included. */
  stop: () => Promise<void>
}

/** What a sandbox lets itself be told from outside its process. A bad seed or fault is a TypeError. */
export interface Controls {
  keys: () => SandboxKey[]
  seedKey: (seed: unknown) => SandboxKey
  misbehave: (fault: unknown) => void
  behave: () => void
  requests: readonly RecordedRequest[]
  github: SandboxGitHub
  seedGitHub: (seed: unknown) => void
  /** Names the Management Key, live or revoked, that has this value. */
  findKeyId: (value: string | null) => string | null
  /** Everything that must not be shown. */
  secrets: () => string[]
}

/** What the control plane shows of each of its topics. */
export interface ControlViews {
  keys: { keys: ShownKey[] }
  secrets: { secrets: ShownSecret[] }
  github: {
    organisations: string[]
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

/** A secret without its value, and the id of the Management Key that this value is, if it is one. */
export interface ShownSecret extends Omit<SandboxSecret, 'value'> {
  matches: string | null
}

/** A request as a service answers it. */
export interface ServiceRequest {
  method: string
  path: string
  query: URLSearchParams
  /** Names in lower case. */
  headers: Record<string, string>
  /** The body, unparsed. */
  text: string
}

/** A stand-in for one service; undefined when the path is none of its own. */
export type Service = (request: ServiceRequest) => Answer | Promise<Answer> | undefined

/** What a service says to a request: `body` is sent as JSON, and not at all when undefined. */
export interface Answer {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** An answer ready for the wire. */
export interface Payload {
  status: number
  headers: Record<string, string>
  bytes: Buffer
}

/** One request being answered: where the answer goes, and how to learn that nobody waits any more. */
export interface Exchange {
  response: ServerResponse
  /** Clock of the `Date` header. */
  now: () => Date
  /** Aborted once the connection is gone. */
  over: AbortSignal
  /** Aborted once the sandbox stops. */
  stopped: AbortSignal
  /** Told the status as its head is sent. */
  noteStatus: (status: number) => void
  /** Writes the body of a failure as the service that was called would. */
  describeFailure: (status: number, headers?: Record<string, string>) => unknown
}

/** One request as the sandbox saw it, secrets and all. */
export interface RecordedRequest {
  method: string
  /** As received, without the query. */
  path: string
  /** A parameter given twice is joined by commas. */
  query: Record<string, string>
  /** Names in lower case. */
  headers: Record<string, string>
  /** Parsed when it is JSON, else the text; `null` when there was none. */
  body: unknown
  /** `null` as long as no answer was sent. */
  status: number | null
  /** When it arrived, in milliseconds of real time. */
  at: number
}

/** Which requests something applies to; without conditions it is all of them. */
export interface RequestMatch {
  /** Only requests with this method. */
  method?: string
  /** Only paths (without the query) that contain or match this. */
  path?: string | RegExp
}

/** One way in which the sandbox can be told to misbehave. */
export type Fault = RequestMatch & FaultTiming & FaultKind

/** When a fault strikes; one that is told nothing befalls the next request. */
export interface FaultTiming {
  /** So many matching requests pass unharmed first; default 0. */
  skip?: number
  /** So many matching requests are befallen; default 1, `Infinity` for all. */
  times?: number
  /** Latency before anything else happens. */
  delayMs?: number
}

/** With nothing done, or with the work done, such as a key that exists by then. */
export type FaultMoment = 'before' | 'work'

/** What a fault does. */
export type FaultKind =
  | StatusFault
  /** Latency, then the usual answer. */
  | { kind: 'delay'; delayMs: number }
  /** The connection is reset. */
  | { kind: 'reset'; when?: FaultMoment }
  /** The answer is never sent. */
  | { kind: 'hold'; when?: FaultMoment }
  /** A hold whose work is done `delayMs` later. */
  | { kind: 'late'; delayMs: number }
  /** Half the promised body, then the end. */
  | { kind: 'truncate' }
  /** Status 200 with a body that is not JSON. */
  | { kind: 'garble' }
  /** The JSON answer without these fields. */
  | { kind: 'omit'; fields: string[] }
  /** The answer padded to this size, streamed. */
  | { kind: 'huge'; bytes: number }
  /** One byte of body per `delayMs`. */
  | { kind: 'slow-body'; delayMs: number }
  /** Default status 307. */
  | { kind: 'redirect'; location: string; status?: number }
  /** The usual answer without its `Date` header. */
  | { kind: 'no-date' }

/** Another status than the usual one. */
export interface StatusFault {
  kind: 'status'
  status: number
  /** Seconds, or an HTTP date. */
  retryAfter?: number | string
  /**
   * A string goes out as it is, anything else as JSON. Default: what the service says to such a
   * status, on GitHub's side also to a rate limit that the headers speak of.
   */
  body?: unknown
  headers?: Record<string, string>
  /** Default `before`. */
  after?: FaultMoment
}

/** What one value has to be, and how to say so after "must be". */
export interface Rule {
  holds: (value: unknown) => boolean
  expected: string
}

/** The fields of an object: those it needs, those it may have, and no others. */
export interface Shape {
  needs?: Record<string, Rule>
  takes?: Record<string, Rule>
}
