import { type Configuration, EMPTY_INPUTS, type EmptyInput, type Request } from './scenarios.js'

/**
 * What can become of a request:
 *
 * - `none`: it gets its response.
 * - `unreachable`, `refused`: it has no effect; no connection, or a response with `status`.
 * - `vanished`, `cut`: it has no effect; no response until the timeout, or a broken connection.
 * - `lost`, `reset`: it takes effect; no response until the timeout, or a connection that breaks before.
 * - `failed`, `garbled`, `keyless`: it takes effect; a response with `status`, half a response, one without the key.
 */
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

/** What becomes of some requests of a process. */
export interface Fault {
  readonly kind: (typeof FAULT_KINDS)[number]
  readonly status?: number
  /** Of the requests of this kind, or of all. */
  readonly request?: Request
  /** How many of them to skip, and how many to strike then: 0 and 1 unless it says otherwise. */
  readonly skip?: number
  readonly times?: number
  /** The latency of the request and of the response, in milliseconds. */
  readonly outMs?: number
  readonly backMs?: number
}

/** What fails at the services while a step runs. */
export interface FaultPlan {
  readonly name: string
  /** The traits a configuration must have. */
  readonly needs: Configuration['traits']
  readonly faults: (traits: Configuration['traits']) => readonly Fault[]
  /** The step's request timeout, if the plan needs it to expire. */
  readonly timeoutSeconds?: number
  /**
   * What happens in place of a kill. `container`: the job is cancelled, the signal does not arrive, and post starts beside
   * a main that lives on. `shutdown`: the process is signalled, and no other one starts.
   */
  readonly ending?: 'container' | 'shutdown'
  /** The input that is empty in the post step. */
  readonly empty?: EmptyInput
  /** What always fails, so that keys can only be named. */
  readonly refuses?: 'lists' | 'revocations' | 'deletions' | 'verification'
}

const ALWAYS = { times: Number.POSITIVE_INFINITY }
const FORBIDDEN = { kind: 'refused', status: 403 } as const
const LOST_CREATE: Fault = { kind: 'reset', request: 'create' }

/** Every plan; each applies to the configurations that have all the traits it needs. */
export const FAULT_PLANS: readonly FaultPlan[] = [
  { name: 'none', needs: [], faults: () => [] },
  { name: 'container', needs: ['create'], faults: () => [], ending: 'container' },
  { name: 'shutdown', needs: ['create'], faults: () => [], ending: 'shutdown' },
  ...EMPTY_INPUTS.slice(1).map(
    (empty): FaultPlan => ({
      name: `empty-${empty}`,
      needs: empty === 'github_token' ? ['write'] : ['create'],
      faults: () => [],
      empty,
    }),
  ),
  { name: 'slow', needs: [], faults: () => [{ kind: 'none', outMs: 15, ...ALWAYS }] },

  plan('create-lost', 'create', { kind: 'reset' }),
  plan('create-lost-always', 'create', { kind: 'reset', ...ALWAYS }),
  plan('create-reset', 'create', { kind: 'cut' }),
  plan('create-503', 'create', { kind: 'refused' }),
  plan('create-503-done', 'create', { kind: 'failed' }),
  plan('create-429', 'create', { kind: 'refused', status: 429 }),
  plan('create-403', 'create', FORBIDDEN),
  plan('create-truncated', 'create', { kind: 'garbled' }),
  plan('create-without-key', 'create', { kind: 'keyless' }),
  plan('create-no-response', 'create', { kind: 'lost' }, { timeoutSeconds: 1 }),
  {
    name: 'create-lost-list-refused',
    needs: ['create'],
    faults: (traits) => {
      // The list before the create is served.
      const skip = traits.includes('list') ? 1 : 0
      return [LOST_CREATE, { ...FORBIDDEN, ...ALWAYS, request: 'list', skip }]
    },
    refuses: 'lists',
  },
  {
    name: 'create-lost-revoke-refused',
    needs: ['create'],
    faults: () => [LOST_CREATE, { ...FORBIDDEN, ...ALWAYS, request: 'revoke' }],
    refuses: 'revocations',
  },

  plan('list-503', 'list', { kind: 'refused' }),
  plan('revoke-lost', 'revoke', { kind: 'reset' }),
  plan('revoke-503', 'revoke', { kind: 'refused' }),
  plan('revoke-refused', 'revoke', { ...FORBIDDEN, ...ALWAYS }, { refuses: 'revocations' }),

  plan('team-401', 'team', { kind: 'refused', status: 401, times: 2 }),
  plan('team-503', 'team', { kind: 'refused' }),
  plan(
    'team-404',
    'team',
    { kind: 'refused', status: 404, ...ALWAYS },
    { refuses: 'verification' },
  ),

  plan('write-lost', 'write', { kind: 'reset' }),
  plan('write-503', 'write', { kind: 'refused' }),
  plan('write-403', 'write', FORBIDDEN),
  plan('write-lost-always', 'write', { kind: 'reset', ...ALWAYS }),
  plan('second-write-403', 'write', { ...FORBIDDEN, skip: 1 }, { needs: ['write', 'several'] }),
  plan(
    'second-write-lost-always',
    'write',
    { kind: 'reset', ...ALWAYS, skip: 1 },
    { needs: ['write', 'several'] },
  ),
  {
    name: 'second-write-and-delete-403',
    needs: ['write', 'several', 'fresh'],
    faults: () => [
      { ...FORBIDDEN, request: 'write', skip: 1 },
      { ...FORBIDDEN, ...ALWAYS, request: 'delete' },
    ],
    refuses: 'deletions',
  },
  plan('delete-403', 'delete', FORBIDDEN, { refuses: 'deletions' }),
  plan('delete-lost', 'delete', { kind: 'reset' }),
]

function plan(
  name: string,
  request: Exclude<Request, 'look'>,
  fault: Fault,
  more: Partial<FaultPlan> = {},
): FaultPlan {
  return { name, needs: [request], faults: () => [{ ...fault, request }], ...more }
}
