import type { ServiceRequest, ServiceResponse } from '../types.ts'

/** The two roles that Junction knows. */
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
export interface KeySeed {
  label: string
  teamIds?: string[]
  role?: KeyRole
  createdAt?: string
}

/** One entry of the published validation error. */
export interface Problem {
  type: string
  /** Where in the request the value stands. */
  loc: (string | number)[]
  msg: string
  input: unknown
}

/** A request to a route, its path read. */
export interface ManagementCall {
  request: ServiceRequest
  /** The key that authenticates it. */
  signer: SandboxKey
  /** The key or the team in the path; empty if the path names neither. */
  id: string
  problems: Problem[]
  /** The rejection, if the call is invalid. */
  refuse: () => ServiceResponse | undefined
}

/** What the paths of one form accept. */
export interface ManagementRoute {
  path: RegExp
  /** Names of the pattern's groups. */
  params: string[]
  /** Whether a Team Management Key may call it; by default, only an Org Management Key. */
  admitsTeamKeys?: boolean
  methods: Record<string, (call: ManagementCall) => ServiceResponse>
}
