import { isJsonType } from '../http.js'
import { isRecord, isUuid } from '../shape.js'
import { isKeyRole } from './key-store.js'

/** @import { ServiceRequest } from '../types.ts' */
/** @import { KeyRole, Problem } from './types.ts' */

/**
 * Reads a UUID, or records why it is invalid. UUIDs are compared in lowercase.
 *
 * @param {Problem[]} problems
 * @param {Problem['loc']} loc
 * @param {unknown} input
 * @returns {string}
 */
export function readUuid(problems, loc, input) {
  if (isUuid(input)) return input.toLowerCase()
  problems.push({ type: 'uuid_parsing', loc, msg: 'Input should be a valid UUID', input })
  return ''
}

/**
 * Reads an optional role from the query, or records why it is invalid.
 *
 * @param {Problem[]} problems
 * @param {Problem['loc']} loc
 * @param {unknown} input
 * @returns {KeyRole | undefined}
 */
export function readRole(problems, loc, input) {
  if (isKeyRole(input)) return input
  const msg = "Input should be 'org_admin' or 'team_admin'"
  problems.push({ type: 'enum', loc, msg, input })
  return undefined
}

/**
 * Reads the body of a create, or records every reason to reject it. Fields that the published
 * schema does not name are ignored, as it allows them.
 *
 * @param {Problem[]} problems
 * @param {ServiceRequest} request
 * @returns {{ label: string, role: KeyRole, teamIds: string[] } | undefined}
 */
export function readCreateBody(problems, request) {
  const body = readJsonObject(problems, request)
  if (body === undefined) return undefined
  const { label, role, team_role_bindings: bindings } = body
  const teamIds = readBindings(problems, bindings)
  const knownLabel =
    label === undefined ? noteMissing(problems, 'label', body) : readLabel(problems, label)
  const knownRole =
    role === undefined
      ? noteMissing(problems, 'role', body)
      : readRole(problems, ['body', 'role'], role)
  return knownLabel === undefined || knownRole === undefined
    ? undefined
    : { label: knownLabel, role: knownRole, teamIds }
}

/**
 * Reads the body of a create of a Team API Key, or records every reason to reject it.
 *
 * @param {Problem[]} problems
 * @param {ServiceRequest} request
 * @returns {{ label: string, teamId: string } | undefined}
 */
export function readTeamApiKeyBody(problems, request) {
  const body = readJsonObject(problems, request)
  if (body === undefined) return undefined
  const { label, team_id: team } = body
  const knownLabel =
    label === undefined ? noteMissing(problems, 'label', body) : readLabel(problems, label)
  const teamId =
    team === undefined
      ? noteMissing(problems, 'team_id', body)
      : readUuid(problems, ['body', 'team_id'], team)
  return knownLabel === undefined || teamId === undefined
    ? undefined
    : { label: knownLabel, teamId }
}

/**
 * @param {Problem[]} problems
 * @param {ServiceRequest} request
 * @returns {Record<string, unknown> | undefined}
 */
function readJsonObject(problems, { headers, text }) {
  if (text === '') {
    problems.push({ type: 'missing', loc: ['body'], msg: 'Field required', input: null })
    return undefined
  }
  if (!isJsonType(headers['content-type'])) return noteNoObject(problems, ['body'], text)
  /** @type {unknown} */
  let body
  try {
    body = JSON.parse(text)
  } catch {
    problems.push({ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} })
    return undefined
  }
  return isRecord(body) ? body : noteNoObject(problems, ['body'], body)
}

/**
 * @param {Problem[]} problems
 * @param {unknown} input
 */
function readLabel(problems, input) {
  if (typeof input === 'string') return input
  const msg = 'Input should be a valid string'
  problems.push({ type: 'string_type', loc: ['body', 'label'], msg, input })
  return undefined
}

/**
 * @param {Problem[]} problems
 * @param {unknown} input
 * @returns {string[]}
 */
function readBindings(problems, input) {
  const loc = ['body', 'team_role_bindings']
  if (input === undefined || input === null) return []
  if (!Array.isArray(input)) {
    problems.push({ type: 'list_type', loc, msg: 'Input should be a valid list', input })
    return []
  }
  return input.flatMap((/** @type {unknown} */ binding, index) => {
    if (!isRecord(binding)) return noteNoObject(problems, [...loc, index], binding) ?? []
    const { team_id: teamId } = binding
    const where = [...loc, index, 'team_id']
    if (teamId !== undefined) return readUuid(problems, where, teamId)
    problems.push({ type: 'missing', loc: where, msg: 'Field required', input: binding })
    return []
  })
}

/**
 * @param {Problem[]} problems
 * @param {string} field
 * @param {unknown} input
 * @returns {undefined}
 */
function noteMissing(problems, field, input) {
  problems.push({ type: 'missing', loc: ['body', field], msg: 'Field required', input })
}

/**
 * @param {Problem[]} problems
 * @param {Problem['loc']} loc
 * @param {unknown} input
 * @returns {undefined}
 */
function noteNoObject(problems, loc, input) {
  const msg = 'Input should be a valid dictionary or object to extract fields from'
  problems.push({ type: 'model_attributes_type', loc, msg, input })
}
