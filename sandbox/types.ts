import type { ServerResponse } from 'node:http'

export interface SandboxOptions {
  /** Default 0, which picks a free port. */
  port?: number
  /** The ready-made Org Management Key. */
  orgKey?: string
  /** In lowercase, as the others. */
  orgId?: string
  teamIds?: string[]
  /** Keys on a page of the list; default 100. */
  pageSize?: number
  /** Full name of the ready-made repository; default `octo-org/example`. Its owner is an organization. */
  repository?: string
  /** The services' clock. */
  now?: () => Date
  /** What a new key's label becomes: a service may trim or fold it. Unchanged by default. */
  storeLabel?: (label: string) => string
}

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
  activeKeys: () => SandboxKey[]
  addKey: (seed: KeySeed) => SandboxKey
  /** Base URL of the stand-in for api.github.com. */
  githubUrl: string
  /** The same for GitHub Enterprise Server, which has neither Codespaces nor agents secrets. */
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
  misbehave: (fault: Fault) => void
  behave: () => void
  /** Closes everything immediately, including held responses. */
  stop: () => Promise<void>
}

/** What the control plane can read and change. An invalid seed or fault is a TypeError. */
export interface Controls extends Pick<Sandbox, 'keys' | 'behave' | 'requests' | 'github'> {
  seedKey: (seed: unknown) => SandboxKey
  misbehave: (fault: unknown) => void
  /** Every Management Key, the ready-made one included. */
  allKeys: () => SandboxKey[]
}

/** What the control plane shows for each topic. */
export interface ControlViews {
  keys: { keys: ShownKey[] }
  secrets: { secrets: ShownSecret[] }
  requests: { requests: ShownRequest[] }
}

/** A Management Key without its value. */
export interface ShownKey extends Omit<SandboxKey, 'key' | 'revokedAt'> {
  revoked: boolean
}

/** A secret without its value, with the ID of the Management Key that it contains, if any. */
export interface ShownSecret extends Omit<SandboxSecret, 'value'> {
  matches: string | null
}

/** A request without what may be secret. */
export type ShownRequest = Pick<RecordedRequest, 'method' | 'path' | 'status' | 'body'>

export interface ServiceRequest {
  method: string
  /** As received, without the query. */
  path: string
  query: URLSearchParams
  /** Names in lowercase. */
  headers: Record<string, string>
  /** The body, unparsed. */
  text: string
}

/** A service's response: `body` is sent as JSON, and not at all when undefined. */
export interface ServiceResponse {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

export interface Payload extends Required<Omit<ServiceResponse, 'body'>> {
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
export interface RecordedRequest extends Omit<ServiceRequest, 'query' | 'text'> {
  query: Record<string, string>
  /** Parsed if it is JSON, otherwise the text; `null` when there is none. */
  body: unknown
  /** `null` until a response is sent. */
  status: number | null
}

/** Which requests something applies to; without conditions, all. */
export interface RequestMatch {
  method?: string
  /** Only paths (without the query) that contain or match this. */
  path?: string | RegExp
}

/** One fault that the sandbox can inject. */
export type Fault = FaultTiming & FaultKind

/** When a fault applies; by default, to the next request. */
export interface FaultTiming extends RequestMatch {
  /** How many matching requests to skip first; default 0. */
  skip?: number
  /** How many matching requests it applies to; default 1, `Infinity` for all. */
  times?: number
  /** Latency before anything else happens. */
  delayMs?: number
}

/** Before the work, or after it, when for example the key exists. */
type FaultMoment = 'before' | 'work'

/** What each does says `welcome.js`. */
export type FaultKind =
  | StatusFault
  | { kind: 'delay'; delayMs: number }
  | { kind: 'reset'; when?: FaultMoment }
  | { kind: 'hold'; when?: FaultMoment }
  | { kind: 'truncate' }
  | { kind: 'garble' }
  | { kind: 'omit'; fields: string[] }
  | { kind: 'huge'; bytes: number }
  | { kind: 'slow-body'; delayMs: number }
  | { kind: 'redirect'; location: string; status?: number }
  | { kind: 'no-date' }

export interface StatusFault {
  kind: 'status'
  status: number
  /** Seconds, or an HTTP date. */
  retryAfter?: number | string
  /**
   * A string is sent unchanged, as a page if it begins with `<`; anything else as JSON. Default: what
   * the service sends for such a status, for GitHub also for a rate limit or a location in the headers.
   */
  body?: unknown
  /** Names in lowercase. */
  headers?: Record<string, string>
  /** Default `before`. */
  after?: FaultMoment
}

/** Where in a request or an object a value stands. */
export type Place = (string | number)[]

/** One entry of the Management API's published validation error. */
export interface Problem {
  type: string
  loc: Place
  msg: string
  input: unknown
}

export interface Rule {
  /** Its wording after "must be". */
  expected: string
  find: (value: unknown, loc: Place) => Problem[]
}

export interface Shape {
  needs?: Record<string, Rule>
  takes?: Record<string, Rule>
  /** Whether it may have other fields too; by default, it may not. */
  ignoresOthers?: boolean
}

export type KeyRole = 'org_admin' | 'team_admin'

/** A Management Key in the sandbox, including its secret value. */
export interface SandboxKey {
  id: string
  label: string
  createdAt: string
  role: KeyRole
  teamIds: string[]
  key: string
  revokedAt: string | null
}

/** What a key can be seeded with. `createdAt` may be any string, a bad date included. */
export type KeySeed = Pick<SandboxKey, 'label'> &
  Partial<Pick<SandboxKey, 'teamIds' | 'role' | 'createdAt'>>

/** A Team API Key as the API shows it, and what the sandbox notes with it. */
export interface SandboxTeamApiKey {
  id: string
  label: string
  value: string
  team_id: string
  created_at: string
  /** Environment and region. */
  place: string
  deleted: boolean
}

/** The fields that bodies have, once checked; an operation reads those that its rules name. */
export interface ManagementBody {
  label: string
  role: KeyRole
  team_id: string
  team_role_bindings?: { team_id: string }[] | null
}

/** A request to the Management API, checked. */
interface ManagementCall {
  /** From the path. */
  params: Record<string, string>
  query: URLSearchParams
  body: ManagementBody
  /** The key that authenticates it. */
  signer: SandboxKey
}

/** What a path accepts with one method. */
export interface ManagementOperation {
  /** Whether a Team Management Key may call it; by default, only an Org Management Key. */
  admitsTeamKeys?: boolean
  query?: Shape
  body?: Shape
  handle: (call: ManagementCall) => ServiceResponse
}

/** How the owner of the sandbox reads and sets up the GitHub half. Returns copies. */
export interface SandboxGitHub {
  addOrganization: (login: string) => void
  /** A private one; one that exists is left as it is. */
  addRepository: (fullName: string) => SandboxRepository
  /** One that exists is left as it is. */
  addEnvironment: (fullName: string, name: string, protection?: Protection) => SandboxEnvironment
  /** Open by default; one that exists gets the state that is given. A merged one is closed. */
  addPullRequest: (
    fullName: string,
    number: number,
    options?: { state?: PullRequestState; merged?: boolean },
  ) => void
  addSecret: (seed: SecretSeed) => SandboxSecret
  /** Takes a permission from `githubToken`. */
  withhold: (withholding: Withholding) => void
  grant: () => void
  breakPublicKey: (broken: BrokenPublicKey) => void
  shareKeyIds: () => void
  repositories: () => SandboxRepository[]
  environments: () => SandboxEnvironment[]
  /** Opened; `value` is `null` when the box did not open. */
  secrets: () => SandboxSecret[]
}

export interface SandboxRepository {
  id: number
  owner: string
  name: string
  fullName: string
}

/** The protection of an environment; the sandbox keeps it, unread, until a write removes it. */
export type Protection = Record<string, unknown>

export interface SandboxEnvironment {
  id: number
  owner: string
  repo: string
  name: string
  protection: Protection
  createdAt: string
  updatedAt: string
}

/** As the API has it: a merged pull request is closed. */
export type PullRequestState = 'open' | 'closed'

export interface SandboxPullRequest {
  owner: string
  repo: string
  number: number
  state: PullRequestState
  merged: boolean
  createdAt: string
  closedAt: string | null
}

export type SecretStoreName = 'actions' | 'dependabot' | 'codespaces' | 'agents'

/** A place that stores secrets and has its own key pair; names as first written. */
export interface Destination {
  store: SecretStoreName
  scope: 'repository' | 'environment' | 'organization'
  /** A repository's owner, or the organization. */
  owner: string
  repo?: string
  environment?: string
}

/** Who may read an organization's secret. */
export type Visibility = 'all' | 'private' | 'selected'

/** A secret, opened. */
export interface SandboxSecret extends Destination {
  /** In uppercase. */
  name: string
  /** `null` when its destination's private key did not open the box. */
  value: string | null
  /** Of an organization's secret. */
  visibility?: Visibility
  /** With visibility `selected`. */
  selectedRepositoryIds?: number[]
  createdAt: string
  updatedAt: string
}

/**
 * What a secret can be seeded with. Its place is an environment when one is named, else the
 * repository, else the organization `owner`. Default value: some other, as an old key's would be.
 */
type SecretSeed = Omit<Partial<SandboxSecret>, 'scope' | 'createdAt'> & {
  name: string
  owner: string
}

/** What the predefined token may not do; 403 by default, or 404 as if it were not visible. */
export type Withholding = RequestMatch & { path: string | RegExp; status?: 403 | 404 }

/** Whose public key is broken, and how: 33 bytes; all zero; no `key`. */
export interface BrokenPublicKey {
  path: string | RegExp
  flaw: 'too-long' | 'all-zero' | 'missing'
}

export interface KeyPair {
  keyId: string
  publicKey: Uint8Array
  privateKey: Uint8Array
}

/** A request on its way to an endpoint of GitHub. */
interface Call {
  request: ServiceRequest
  /** Base URL under which it was called. */
  apiUrl: string
}

/** What a path accepts. */
export interface Endpoint {
  /** The permission it asks for, such as `secrets`: to read for GET, to write for all other methods. */
  permission: string
  /** The permission to write, if it differs. */
  writePermission?: string
  methods: Record<string, (call: Call) => ServiceResponse | Promise<ServiceResponse>>
}
