/** @import { SandboxKey } from '../types.ts' */

/**
 * Shows a key as every response does: without its secret value.
 *
 * @param {SandboxKey} key
 */
export function showKey({ id, label, createdAt, role, teamIds }) {
  const isTeamKey = role === 'team_admin'
  return {
    id,
    label,
    created_at: createdAt,
    // The API creates only Team Management Keys; a person created an Org Management Key.
    creator: isTeamKey ? { type: 'management_key' } : member,
    role,
    team_role_bindings: isTeamKey ? teamIds.map((teamId) => ({ team_id: teamId })) : null,
  }
}

const member = {
  type: 'org_member',
  id: '00000000-0000-4000-8000-000000000001',
  name: 'Sandbox Member',
  email: 'member@sandbox.invalid',
  avatar: '',
}

/**
 * Shows a team, without the details of its environments.
 *
 * @param {string} id
 * @param {number} number
 * @param {string} createdOn
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
