import type { FaultKind, FaultTiming, Fault as SandboxFault } from '../sandbox/types.ts'
import { EMPTY_INPUTS, REQUESTS, type Request, type StepPlan } from './scenarios.js'

/** What becomes of some requests of a process: of one kind, or all; none is unreachable for the explorer. */
export type Fault = FaultTiming &
  (FaultKind | { readonly kind: 'unreachable' }) & {
    readonly request?: Request
    /** The latency of the response, in milliseconds. */
    readonly backMs?: number
  }

export const NONE = { kind: 'delay', delayMs: 0 } as const

/** Every kind of fault; the request takes effect where it says `work`, or where the response is there in part. */
export const FAULTS = {
  unreachable: { kind: 'unreachable' },
  503: { kind: 'status', status: 503 },
  '503-done': { kind: 'status', status: 503, after: 'work' },
  held: { kind: 'hold' },
  'no-response': { kind: 'hold', when: 'work' },
  reset: { kind: 'reset' },
  lost: { kind: 'reset', when: 'work' },
  truncated: { kind: 'truncate' },
  'without-key': { kind: 'omit', fields: ['key'] },
} satisfies Record<string, Fault>

/** What fails while a step runs. */
export interface FaultPlan extends Pick<StepPlan, 'empty'> {
  readonly name: string
  readonly faults: readonly Fault[]
  /**
   * What happens in place of a kill. `container`: the job is cancelled, the signal does not arrive, and post starts beside
   * a main that lives on. `shutdown`: the process is signaled, and no other one starts.
   */
  readonly ending?: 'container' | 'shutdown'
}

const EVER = { times: Number.POSITIVE_INFINITY }
const { unreachable: _, lost, 503: unavailable, ...OF_CREATE } = FAULTS
const LOST_ALWAYS = { ...lost, ...EVER }
/** Ever: a refusal of a new token is not believed at once. */
const FORBIDDEN = { kind: 'status', status: 403, ...EVER } as const
const SLOW = { kind: 'delay', delayMs: 1_500, ...EVER } as const
const USUAL = { lost, 503: unavailable, 403: FORBIDDEN }

/** Every plan; each applies where all its faults strike. */
export const FAULT_PLANS: readonly FaultPlan[] = [
  { name: 'none', faults: [] },
  { name: 'container', faults: [], ending: 'container' },
  { name: 'shutdown', faults: [], ending: 'shutdown' },
  ...EMPTY_INPUTS.map((empty) => ({ name: `empty-${empty}`, faults: [], empty })),
  { name: 'slow', faults: [{ ...SLOW, delayMs: 750 }] },
  ...plan('create', {
    ...{ ...USUAL, ...OF_CREATE, 429: { kind: 'status', status: 429 }, 'lost-always': LOST_ALWAYS },
    'lost-lists-403': [lost, { ...FORBIDDEN, request: 'list' }],
    // The list before the create is served.
    'lost-list-403': [lost, { ...FORBIDDEN, request: 'list', skip: 1 }],
    'lost-revoke-403': [lost, { ...FORBIDDEN, request: 'revoke' }],
  }),
  ...plan('list', { 503: unavailable }),
  ...plan('revoke', USUAL),
  ...plan('team', {
    401: { kind: 'status', status: 401, times: 2 },
    503: unavailable,
    404: { kind: 'status', status: 404, ...EVER },
  }),
  ...plan('write', {
    ...{ ...USUAL, 'lost-always': LOST_ALWAYS },
    'second-403': { ...FORBIDDEN, skip: 1 },
    'second-lost-always': { ...LOST_ALWAYS, skip: 1 },
    // The others are open when it fails.
    '422-others-slow': [{ kind: 'status', status: 422 }, SLOW],
    'second-and-delete-403': [
      { ...FORBIDDEN, skip: 1 },
      { ...FORBIDDEN, request: 'delete' },
    ],
  }),
  ...plan('delete', { lost, 403: FORBIDDEN }),
]

/** What can become of requests of one kind, unless a fault names another one. */
function plan(
  request: Request,
  faults: Readonly<Record<string, Fault | readonly Fault[]>>,
): FaultPlan[] {
  return Object.entries(faults).map(([name, all]) => ({
    name: `${request}-${name}`,
    faults: [all].flat().map((fault) => ({ request, ...fault })),
  }))
}

/** Shortens delays, and pauses between attempts. */
export const PAUSE_FACTOR = 0.02

export function toSandbox({ request, backMs: _, ...fault }: Fault): SandboxFault {
  if (fault.kind === 'unreachable') throw new TypeError('A sandbox on loopback can be reached')
  const delayMs = (fault.delayMs ?? 0) * PAUSE_FACTOR
  return { ...fault, delayMs, ...(request && REQUESTS[request]) }
}

/** Whether all requests of a kind are refused, so that keys can only be named. */
export function isRefused({ faults }: FaultPlan, request: Request): boolean {
  return faults.some((one) => one.request === request && one.times === EVER.times)
}
