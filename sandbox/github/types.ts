import type { Answer, RequestMatch, ServiceRequest } from '../types.ts'
import type { AccountStore } from './account-store.js'
import type { PublicKeyFaults } from './public-key-faults.js'
import type { SecretStore } from './secret-store.js'

/** The GitHub half as whoever runs the sandbox sees it and sets it up. What it returns are copies. */
export interface SandboxGitHub {
  addOrganisation: (login: string) => void
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
  /** Gives back all that was withheld. */
  grant: () => void
  breakPublicKey: (broken: BrokenPublicKey) => void
  /** Gives destinations new key pairs; `path` is that of the public key, without the base. */
  rotateKeys: (options?: { path?: string | RegExp }) => void
  /** From now on all key pairs go by the same id. */
  shareKeyIds: () => void
  repositories: () => SandboxRepository[]
  organisations: () => string[]
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

/** What guards an environment; the sandbox keeps it until a write takes it away, and reads nothing in it. */
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

/** A place that holds secrets and has a key pair of its own; names as they were first written. */
export interface Destination {
  store: SecretStoreName
  scope: 'repository' | 'environment' | 'organisation'
  /** A repository's owner, or the organization. */
  owner: string
  repo?: string
  environment?: string
}

/** Who may read an organization's secret. */
export type Visibility = 'all' | 'private' | 'selected'

/** A secret, opened. */
export interface SandboxSecret extends Destination {
  /** In capitals. */
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

/** What a write says of a secret. */
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

/** What the GitHub half can be given from outside its process. */
export interface GitHubSeed {
  organisations?: string[]
  /** Full names. */
  repositories?: string[]
  environments?: { repository: string; name: string }[]
  pullRequests?: { repository: string; number: number; state?: PullRequestState }[]
  withholdings?: Withholding[]
}

/** What the ready-made token may not do; 403 by default, and 404 as for what it cannot even see. */
export type Withholding = RequestMatch & { path: string | RegExp; status?: 403 | 404 }

/** Whose public key is broken, and how: 33 bytes; characters that base64 has not; no `key` at all. */
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

/** What the GitHub half knows. */
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

/** What a path answers to. */
export interface Endpoint {
  /** The permission it asks for, such as `secrets`: to read for GET, to write for all other methods. */
  permission: string
  /** The one to write, where it is another. */
  writePermission?: string
  methods: Record<string, (call: Call) => Answer | Promise<Answer>>
}
