import type { FaultKind, FaultTiming } from '../sandbox/types.ts'
import { EMPTY_INPUTS, type EmptyInput, type Request } from './scenarios.js'

/** What becomes of some requests of a process: of one kind, or all; none is unreachable for the explorer. */
export type Fault = FaultTiming &
  (FaultKind | { readonly kind: 'unreachable' }) & {
    readonly request?: Request
    /** The latency of the response, in milliseconds. */
    readonly backMs?: number
  }

export const NONE = { kind: 'delay', delayMs: 0 } as const

/** Every kind of fault; the request takes effect where it says `work`, or where the response is there in part. */
export const FAULTS = [
  NONE,
  { kind: 'unreachable' },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 503, after: 'work' },
  { kind: 'hold' },
  { kind: 'hold', when: 'work' },
  { kind: 'reset' },
  { kind: 'reset', when: 'work' },
  { kind: 'truncate' },
  { kind: 'omit', fields: ['key'] },
] satisfies readonly Fault[]

/** What fails while a step runs. */
export interface FaultPlan {
  readonly name: string
  readonly faults: readonly Fault[]
  /**
   * What happens in place of a kill. `container`: the job is cancelled, the signal does not arrive, and post starts beside
   * a main that lives on. `shutdown`: the process is signalled, and no other one starts.
   */
  readonly ending?: 'container' | 'shutdown'
  /** The input that is empty in the post step. */
  readonly empty?: EmptyInput
}

const EVER = { times: Number.POSITIVE_INFINITY }
const LOST = { kind: 'reset', when: 'work' } as const
const UNAVAILABLE = { kind: 'status', status: 503 } as const
/** Ever: a refusal of a new token is not believed at once. */
const FORBIDDEN = { kind: 'status', status: 403, ...EVER } as const
const SLOW = { kind: 'delay', delayMs: 1_500, ...EVER } as const

/** Every plan; each applies where all its faults strike. */
export const FAULT_PLANS: readonly FaultPlan[] = [
  { name: 'none', faults: [] },
  { name: 'container', faults: [], ending: 'container' },
  { name: 'shutdown', faults: [], ending: 'shutdown' },
  ...EMPTY_INPUTS.map((empty) => ({ name: `empty-${empty}`, faults: [], empty })),
  { name: 'slow', faults: [{ ...SLOW, delayMs: 750 }] },

  plan('create-lost', 'create', LOST),
  plan('create-lost-always', 'create', { ...LOST, ...EVER }),
  plan('create-reset', 'create', { kind: 'reset' }),
  plan('create-503', 'create', UNAVAILABLE),
  plan('create-503-done', 'create', { ...UNAVAILABLE, after: 'work' }),
  plan('create-429', 'create', { kind: 'status', status: 429 }),
  plan('create-403', 'create', FORBIDDEN),
  plan('create-truncated', 'create', { kind: 'truncate' }),
  plan('create-without-key', 'create', { kind: 'omit', fields: ['key'] }),
  plan('create-no-response', 'create', { kind: 'hold', when: 'work' }),
  plan('create-lost-lists-refused', 'create', LOST, { ...FORBIDDEN, request: 'list' }),
  // The list before the create is served.
  plan('create-lost-list-refused', 'create', LOST, { ...FORBIDDEN, request: 'list', skip: 1 }),
  plan('create-lost-revoke-refused', 'create', LOST, { ...FORBIDDEN, request: 'revoke' }),

  plan('list-503', 'list', UNAVAILABLE),
  plan('revoke-lost', 'revoke', LOST),
  plan('revoke-503', 'revoke', UNAVAILABLE),
  plan('revoke-refused', 'revoke', FORBIDDEN),
  plan('team-401', 'team', { kind: 'status', status: 401, times: 2 }),
  plan('team-503', 'team', UNAVAILABLE),
  plan('team-404', 'team', { kind: 'status', status: 404, ...EVER }),

  plan('write-lost', 'write', LOST),
  plan('write-503', 'write', UNAVAILABLE),
  plan('write-403', 'write', FORBIDDEN),
  plan('write-lost-always', 'write', { ...LOST, ...EVER }),
  plan('second-write-403', 'write', { ...FORBIDDEN, skip: 1 }),
  plan('second-write-lost-always', 'write', { ...LOST, ...EVER, skip: 1 }),
  // The others are open when it fails.
  plan('write-422-others-slow', 'write', { kind: 'status', status: 422 }, SLOW),
  plan(
    'second-write-and-delete-403',
    'write',
    { ...FORBIDDEN, skip: 1 },
    { ...FORBIDDEN, request: 'delete' },
  ),
  plan('delete-403', 'delete', FORBIDDEN),
  plan('delete-lost', 'delete', LOST),
]

/** The faults strike requests of one kind, unless they say otherwise. */
function plan(name: string, request: Request, ...faults: readonly Fault[]): FaultPlan {
  return { name, faults: faults.map((fault) => ({ request, ...fault })) }
}

/** Whether all requests of a kind are refused, so that keys can only be named. */
export function isRefused({ faults }: FaultPlan, request: Request): boolean {
  return faults.some((one) => one.request === request && one.times === EVER.times)
}
