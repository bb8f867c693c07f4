import type { RequestMatch, ServiceRequest, ServiceResponse } from '../types.ts'
import type { AccountStore } from './account-store.js'
import type { PublicKeyFaults } from './public-key-faults.js'
import type { SecretStore } from './secret-store.js'

/** How the owner of the sandbox reads and sets up the GitHub half. Returns copies. */
export interface SandboxGitHub {
  addOrganization: (login: string) => void
  /** Private by default; one that exists is left as it is. */
  addRepository: (fullName: string, options?: { private?: boolean }) => SandboxRepository
  /** One that exists is left as it is. */
  addEnvironment: (fullName: string, name: string, protection?: Protection) => SandboxEnvironment
  /** Open by default; one that exists gets the state that is given. A merged one is closed. */
  addPullRequest: (
    fullName: string,
    number: number,
    options?: { state?: PullRequestState; merged?: boolean },
  ) => SandboxPullRequest
  closePullRequest: (
    fullName: string,
    number: number,
    options?: { merged?: boolean },
  ) => SandboxPullRequest
  addSecret: (seed: SecretSeed) => SandboxSecret
  /** Takes a permission from `githubToken`. */
  withhold: (withholding: Withholding) => void
  /** Restores every withheld permission. */
  grant: () => void
  breakPublicKey: (broken: BrokenPublicKey) => void
  /** Gives destinations new key pairs; `path` is that of the public key, without the base. */
  rotateKeys: (options?: { path?: string | RegExp }) => void
  /** From now on, all key pairs have the same ID. */
  shareKeyIds: () => void
  repositories: () => SandboxRepository[]
  organizations: () => string[]
  environments: () => SandboxEnvironment[]
  pullRequests: () => SandboxPullRequest[]
  /** Each write to an environment that existed. */
  environmentResets: () => EnvironmentReset[]
  /** Opened; `value` is `null` when the box did not open. */
  secrets: () => SandboxSecret[]
}

/** A repository. */
export interface SandboxRepository {
  id: number
  owner: string
  name: string
  fullName: string
  private: boolean
}

/** The protection of an environment; the sandbox keeps it, unread, until a write removes it. */
export type Protection = Record<string, unknown>

/** An environment of a repository. */
export interface SandboxEnvironment {
  id: number
  owner: string
  repo: string
  name: string
  protection: Protection
  createdAt: string
  updatedAt: string
}

/** A write to an environment that existed, which took its protection away. */
export interface EnvironmentReset {
  owner: string
  repo: string
  environment: string
  before: Protection
  at: string
}

/** As the API has it: a merged pull request is closed. */
export type PullRequestState = 'open' | 'closed'

/** A pull request of a repository. */
export interface SandboxPullRequest {
  owner: string
  repo: string
  number: number
  state: PullRequestState
  merged: boolean
  createdAt: string
  closedAt: string | null
}

/** The stores of secrets that GitHub has. */
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

/** The content of a write to a secret. */
export interface SecretContent {
  /** Without one, an update keeps the value there is. */
  value: string | null | undefined
  /** Of an organization's secret. */
  visibility: Visibility | undefined
  /** With visibility `selected`. */
  selectedRepositoryIds: number[]
}

/**
 * What a secret can be seeded with. Its place is an environment when one is named, else the
 * repository, else the organization `owner`.
 */
export interface SecretSeed {
  name: string
  /** Default: some other value, as an old key's would be. */
  value?: string | null
  /** Default `actions`. */
  store?: SecretStoreName
  owner: string
  repo?: string
  environment?: string
  /** An organization's secret only; default `private`. */
  visibility?: Visibility
  /** With visibility `selected` only. */
  selectedRepositoryIds?: number[]
}

/** A seed for the GitHub half, from outside its process. */
export interface GitHubSeed {
  organizations?: string[]
  /** Full names. */
  repositories?: string[]
  environments?: { repository: string; name: string }[]
  pullRequests?: { repository: string; number: number; state?: PullRequestState }[]
  withholdings?: Withholding[]
}

/** What the predefined token may not do; 403 by default, or 404 as if it were not visible. */
export type Withholding = RequestMatch & { path: string | RegExp; status?: 403 | 404 }

/** Whose public key is broken, and how: 33 bytes; characters outside base64; no `key`. */
export interface BrokenPublicKey {
  path: string | RegExp
  flaw: 'too-long' | 'not-base64' | 'missing'
}

/** The X25519 key pair of a destination, 32 bytes each. */
export interface KeyPair {
  keyId: string
  publicKey: Uint8Array
  privateKey: Uint8Array
}

/** The state of the GitHub half. */
export interface GitHubState {
  accounts: AccountStore
  secrets: SecretStore
  publicKeyFaults: PublicKeyFaults
}

/** A request on its way to an endpoint. */
export interface Call {
  state: GitHubState
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
