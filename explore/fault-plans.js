/** @import { Fault } from '../sandbox/types.ts' */
/** @import { Configuration, FaultPlan, Trait } from './types.ts' */

const KEYS = '/management_key'
const CREATE = { method: 'POST', path: KEYS }
const LIST = { method: 'GET', path: KEYS }
const REVOKE = { method: 'DELETE', path: KEYS }
const READ_TEAM = { method: 'GET', path: '/team/' }
const WRITE = { method: 'PUT', path: '/secrets/' }
const DELETE_SECRET = { method: 'DELETE', path: '/secrets/' }

/** Every plan; each applies to the configurations that have all the traits it needs. */
export const FAULT_PLANS = /** @type {FaultPlan[]} */ ([
  { name: 'none', needs: [], faults: () => [] },
  {
    name: 'slow',
    needs: [],
    faults: () => [{ kind: 'delay', delayMs: 15, times: Number.POSITIVE_INFINITY }],
  },

  plan('create-lost', ['create'], { kind: 'reset', when: 'work', ...CREATE }),
  plan('create-lost-always', ['create'], forever({ kind: 'reset', when: 'work', ...CREATE })),
  plan('create-reset', ['create'], { kind: 'reset', ...CREATE }),
  plan('create-503', ['create'], { kind: 'status', status: 503, ...CREATE }),
  plan('create-503-done', ['create'], { kind: 'status', status: 503, after: 'work', ...CREATE }),
  plan('create-429', ['create'], { kind: 'status', status: 429, ...CREATE }),
  plan('create-403', ['create'], { kind: 'status', status: 403, ...CREATE }),
  plan('create-truncated', ['create'], { kind: 'truncate', ...CREATE }),
  plan('create-without-key', ['create'], { kind: 'omit', fields: ['key'], ...CREATE }),
  {
    ...plan('create-no-response', ['create'], { kind: 'hold', when: 'work', ...CREATE }),
    timeoutSeconds: 1,
  },
  {
    name: 'create-lost-list-refused',
    needs: ['create'],
    refuses: 'lists',
    faults: ({ traits }) => [
      { kind: 'reset', when: 'work', ...CREATE },
      forever({
        kind: 'status',
        status: 403,
        skip: traits.includes('lists') ? 1 : 0,
        ...LIST,
      }),
    ],
  },
  {
    name: 'create-lost-revoke-refused',
    needs: ['create'],
    refuses: 'revocations',
    faults: () => [
      { kind: 'reset', when: 'work', ...CREATE },
      forever({ kind: 'status', status: 403, ...REVOKE }),
    ],
  },

  plan('list-503', ['lists'], { kind: 'status', status: 503, ...LIST }),
  plan('revoke-lost', ['revokes'], { kind: 'reset', when: 'work', ...REVOKE }),
  plan('revoke-503', ['revokes'], { kind: 'status', status: 503, ...REVOKE }),
  {
    ...plan('revoke-refused', ['revokes'], forever({ kind: 'status', status: 403, ...REVOKE })),
    refuses: 'revocations',
  },

  plan('team-401', ['verifies'], { kind: 'status', status: 401, times: 2, ...READ_TEAM }),
  plan('team-503', ['verifies'], { kind: 'status', status: 503, ...READ_TEAM }),
  {
    ...plan('team-404', ['verifies'], forever({ kind: 'status', status: 404, ...READ_TEAM })),
    refuses: 'verification',
  },

  plan('write-lost', ['writes'], { kind: 'reset', when: 'work', ...WRITE }),
  plan('write-503', ['writes'], { kind: 'status', status: 503, ...WRITE }),
  plan('write-403', ['writes'], { kind: 'status', status: 403, ...WRITE }),
  plan('write-lost-always', ['writes'], forever({ kind: 'reset', when: 'work', ...WRITE })),
  plan('second-write-403', ['writes', 'several'], {
    kind: 'status',
    status: 403,
    skip: 1,
    ...WRITE,
  }),
  plan('second-write-lost-always', ['writes', 'several'], {
    ...forever({ kind: 'reset', when: 'work', ...WRITE }),
    skip: 1,
  }),
  {
    name: 'second-write-and-delete-403',
    needs: ['writes', 'several', 'creates'],
    refuses: 'deletions',
    faults: () => [
      { kind: 'status', status: 403, skip: 1, ...WRITE },
      forever({ kind: 'status', status: 403, ...DELETE_SECRET }),
    ],
  },
  {
    ...plan('delete-403', ['deletes'], { kind: 'status', status: 403, ...DELETE_SECRET }),
    refuses: 'deletions',
  },
  plan('delete-lost', ['deletes'], { kind: 'reset', when: 'work', ...DELETE_SECRET }),
])

/**
 * Lists the plans that apply to a configuration.
 *
 * @param {Configuration} configuration
 */
export function listPlans({ traits }) {
  return FAULT_PLANS.filter(({ needs }) => needs.every((need) => traits.includes(need)))
}

/**
 * @param {string} name
 * @param {Trait[]} needs
 * @param {Fault} fault
 * @returns {FaultPlan}
 */
function plan(name, needs, fault) {
  return { name, needs, faults: () => [fault] }
}

/**
 * @param {Fault} fault
 * @returns {Fault}
 */
function forever(fault) {
  return { ...fault, times: Number.POSITIVE_INFINITY }
}
