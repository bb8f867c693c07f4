import { randomBytes, randomUUID } from 'node:crypto'

/** @import { SandboxKey } from './types.ts' */

/**
 * Shows a key as every response does: without its secret value.
 *
 * @param {SandboxKey} key
 * @returns {Record<string, unknown>}
 */
export function showKey({ id, label, createdAt, role, teamIds }) {
  return {
    id,
    label,
    created_at: createdAt,
    // The API creates only Team Management Keys; a person created an Org Management Key.
    creator:
      role === 'team_admin'
        ? { type: 'management_key' }
        : {
            type: 'org_member',
            id: '00000000-0000-4000-8000-000000000001',
            name: 'Sandbox Member',
            email: 'member@sandbox.invalid',
            avatar: '',
          },
    role,
    team_role_bindings:
      role === 'team_admin' ? teamIds.map((teamId) => ({ team_id: teamId })) : null,
  }
}

/**
 * Shows a new key with its secret value, which no later response repeats.
 *
 * @param {SandboxKey} key
 * @returns {Record<string, unknown>}
 */
export function showNewKey(key) {
  return { ...showKey(key), key: key.key }
}

/**
 * Shows a new Team API Key with an obviously fake value; it starts as those of its environment and region do.
 *
 * @param {{ label: string, teamId: string, environment: string, region: string, createdAt: string }} key
 * @returns {Record<string, unknown>}
 */
export function showTeamApiKey({ label, teamId, environment, region, createdAt }) {
  const kind = environment === 'production' ? 'pk' : 'sk'
  const value = `${kind}_${region}_sandbox_${randomBytes(18).toString('base64url')}`
  return { id: randomUUID(), label, value, team_id: teamId, created_at: createdAt }
}

/**
 * Shows a team, without the details of its environments.
 *
 * @param {string} id
 * @param {number} number
 * @param {string} createdOn
 * @returns {Record<string, unknown>}
 */
export function showTeam(id, number, createdOn) {
  return {
    id,
    name: `Sandbox Team ${number}`,
    created_on: createdOn,
    region: 'us',
    integration_team_id: null,
    environments: ['production', 'sandbox'],
    sandbox: null,
    production: null,
  }
}
