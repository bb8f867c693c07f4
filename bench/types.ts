import type { Socket } from 'node:net'

/** What the server saw since its start. */
export interface Work {
  /** Methods. */
  readonly requests: string[]
  readonly connections: Set<Socket>
}

export interface Setup {
  readonly node: string
  /** The server by HTTP, on loopback. */
  readonly near: string
  /** The server by HTTPS, 25 ms away each way. */
  readonly far: string
  readonly certificateFile: string
}

/** A checkout: action.yml files and dist/. */
export interface Action {
  readonly root: string
  readonly isOther: boolean
}

/** A step to measure, and how to tell that it did its work. */
export interface Case {
  readonly name: string
  readonly distance: 'near' | 'far'
  readonly command: readonly string[]
  /** All but the files that each run gets afresh. */
  readonly env: Record<string, string | undefined>
  /** Whether it needs tools that not every machine has. */
  readonly isOptional?: boolean
  /** How often it must send what. */
  readonly requests: Readonly<Record<string, number>>
  /** Whether it masks the new key and puts it into its outputs. */
  readonly delivers?: boolean
  /** Measured no more often than this, because it takes long. */
  readonly mostRounds?: number | undefined
  /** Whether it is a step of the other build. */
  readonly isOther?: boolean
}

export interface Measured {
  readonly one: Case
  readonly requests: number
  readonly connections: number
  readonly times: number[]
  readonly peaks: number[]
}
