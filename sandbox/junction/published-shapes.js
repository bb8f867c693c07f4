/** @import { SandboxKey } from './key-store.js' */

/** @typedef {'production' | 'sandbox'} TeamEnvironment The two environments of a team. */

/** Every environment a team has. */
export const teamEnvironments = /** @type {const} */ (['production', 'sandbox'])

/**
 * Shows a key as every answer shows it: without its secret value.
 *
 * @param {SandboxKey} key
 * @returns {Record<string, unknown>}
 */
export function showKey({ id, label, createdAt, role, teamIds }) {
  return {
    id,
    label,
    created_at: createdAt,
    // The API makes Team Management Keys only: an Org Management Key was made by a person.
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
 * Shows a new key with its secret value, which no later answer repeats.
 *
 * @param {SandboxKey} key
 * @returns {Record<string, unknown>}
 */
export function showNewKey(key) {
  return { ...showKey(key), key: key.key }
}

/**
 * Shows the organisation.
 *
 * @param {string} id
 * @returns {Record<string, unknown>}
 */
export function showOrg(id) {
  return { id, name: 'Sandbox Organisation', expires_at: null }
}

/**
 * Shows a team, with the details of the environments that were asked for.
 *
 * @param {string} id
 * @param {number} number
 * @param {string} createdOn
 * @param {TeamEnvironment[]} included
 * @returns {Record<string, unknown>}
 */
export function showTeam(id, number, createdOn, included) {
  return {
    id,
    name: `Sandbox Team ${number}`,
    created_on: createdOn,
    region: 'us',
    integration_team_id: null,
    environments: teamEnvironments,
    sandbox: included.includes('sandbox') ? showEnvironment() : null,
    production: included.includes('production') ? showEnvironment() : null,
  }
}

/** @returns {Record<string, unknown>} */
function showEnvironment() {
  return {
    lab_tests_patient_sms_communication_enabled: true,
    lab_tests_patient_email_communication_enabled: true,
    critical_result_notification_email: null,
    brand_information: null,
    logo_url: null,
    reject_duplicate_connection: false,
    sdk_per_device_activity_timeseries: false,
    partial_webhooks_enabled: false,
    minor_ordering_enabled: false,
  }
}
