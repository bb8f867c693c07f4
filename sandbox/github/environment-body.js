import { isRecord } from '../is-record.js'
import { readJson } from './json-body.js'
import { refuseInvalid } from './refusal.js'

/**
 * What guards an environment, as the published schema names it.
 *
 * @typedef {object} Protection
 * @property {number} [wait_timer] Minutes.
 * @property {boolean} [prevent_self_review]
 * @property {{ type?: 'User' | 'Team', id?: number }[] | null} [reviewers]
 * @property {{ protected_branches: boolean, custom_branch_policies: boolean } | null} [deployment_branch_policy]
 */

/** @type {Record<string, { holds: (value: unknown) => boolean, expected: string }>} */
const rules = {
  wait_timer: { holds: Number.isInteger, expected: 'an integer' },
  prevent_self_review: { holds: isBoolean, expected: 'a boolean' },
  reviewers: {
    holds: (value) => value === null || (Array.isArray(value) && value.every(isReviewer)),
    expected: 'null or an array of {type: "User" or "Team", id: integer}',
  },
  deployment_branch_policy: {
    holds: (value) => value === null || isBranchPolicy(value),
    expected: 'null or {protected_branches: boolean, custom_branch_policies: boolean}',
  },
}

/**
 * Reads the body of a write to an environment; without one it is an environment without protection.
 *
 * @param {string} text
 * @returns {Protection}
 */
export function readEnvironmentBody(text) {
  const body = readJson(text) ?? {}
  assertProtection(body)
  return body
}

/**
 * @param {unknown} body
 * @returns {asserts body is Protection}
 */
function assertProtection(body) {
  if (!isRecord(body)) {
    refuseInvalid(['the body must be an object'])
    return
  }
  const problems = Object.entries(body).flatMap(([name, value]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule === undefined) return [`${name} is not a permitted key`]
    return rule.holds(value) ? [] : [`${name} must be ${rule.expected}`]
  })
  refuseInvalid(problems)
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isBoolean(value) {
  return typeof value === 'boolean'
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isReviewer(value) {
  if (!isRecord(value)) return false
  const { type, id } = value
  return (
    (type === undefined || type === 'User' || type === 'Team') &&
    (id === undefined || Number.isInteger(id))
  )
}

/**
 * @param {unknown} value
 * @returns {boolean}
 */
function isBranchPolicy(value) {
  return (
    isRecord(value) &&
    isBoolean(value['protected_branches']) &&
    isBoolean(value['custom_branch_policies'])
  )
}
