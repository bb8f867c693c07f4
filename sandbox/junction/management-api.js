import { randomBytes, randomUUID } from 'node:crypto'
import { createRouter, handleMethod, isJsonType, parseJson } from '../http.js'
import { listOf, objectOf, oneOf, orNull, rule, string, uuid } from '../shape.js'
import { formatTime, keyRole } from './key-store.js'
import { showKey, showTeam } from './published-shapes.js'

/** @import { ManagementBody, ManagementOperation, Problem, ServiceRequest } from '../types.ts' */
/** @import { SandboxKey, SandboxTeamApiKey, ServiceResponse } from '../types.ts' */
/** @import { KeyStore } from './key-store.js' */

const environment = oneOf('production', 'sandbox')

/** What each parameter in a path is. */
const pathParameters = objectOf({
  takes: {
    org_id: uuid,
    team_id: uuid,
    key_id: uuid,
    env: environment,
    region: oneOf('us', 'eu'),
  },
})

/**
 * Stands in for Junction's Management API, under both of the base URLs that the vendor serves.
 *
 * @param {{ orgId: string, teamIds: readonly string[], keys: KeyStore, pageSize: number, now: () => Date, storeLabel: (label: string) => string }} options
 * @returns {(request: ServiceRequest) => ServiceResponse | undefined} Undefined: not a path of this API.
 */
export function createManagementApi({ orgId, teamIds, keys, pageSize, now, storeLabel }) {
  const createdOn = formatTime(now())
  /** @type {SandboxTeamApiKey[]} */
  const teamApiKeys = []
  const keyCursor = rule('a cursor of this list', (value) =>
    keys.all().some(({ id }) => toCursor(id) === value),
  )

  /** @type {Record<string, Record<string, ManagementOperation>>} By path and method. */
  const operations = {
    '/v1/org/{org_id}/management_key': {
      GET: {
        query: { takes: { team_id: uuid, role: keyRole, next_cursor: keyCursor } },
        handle: listKeys,
      },
      POST: {
        body: {
          needs: { label: string, role: keyRole },
          takes: {
            team_role_bindings: orNull(
              listOf('bindings', objectOf({ needs: { team_id: uuid }, ignoresOthers: true })),
            ),
          },
        },
        handle: createKey,
      },
    },
    '/v1/org/{org_id}/management_key/{key_id}': { DELETE: { handle: revokeKey } },
    '/v1/org/{org_id}/team/{team_id}': {
      GET: { admitsTeamKeys: true, handle: getTeam },
    },
    '/v1/org/{org_id}/team_api_keys/{env}/{region}': {
      GET: { admitsTeamKeys: true, handle: listTeamApiKeys },
      POST: {
        admitsTeamKeys: true,
        body: { needs: { label: string, team_id: uuid } },
        handle: createTeamApiKey,
      },
      DELETE: {
        admitsTeamKeys: true,
        query: { needs: { api_key_id: listOf('UUIDs', uuid) } },
        handle: deleteTeamApiKeys,
      },
    },
  }
  const findOperations = createRouter(operations)

  return (request) => {
    const found = findOperations(request.path.replace(/^\/management(?=\/)/, ''))
    return (
      found &&
      handleMethod(found.entry, request.method, (operation) =>
        handleCall(operation, found.params, request),
      )
    )
  }

  /**
   * @param {ManagementOperation} operation
   * @param {Record<string, string>} params
   * @param {ServiceRequest} request
   * @returns {ServiceResponse}
   */
  function handleCall({ admitsTeamKeys = false, query, body, handle }, params, request) {
    const signer = findSigner(request)
    if (typeof signer === 'string') return refuse(401, signer)
    if (signer.role !== 'org_admin' && !admitsTeamKeys) {
      return refuse(403, 'This endpoint requires an Org Management Key')
    }
    const asked = objectOf({ ...query, ignoresOthers: true })
    const problems = [
      ...pathParameters.find(params, ['path']),
      ...asked.find(readQuery(request.query), ['query']),
    ]
    const sent = body === undefined ? {} : readJsonBody(request, problems)
    if (body !== undefined && sent !== undefined) {
      problems.push(...objectOf({ ...body, ignoresOthers: true }).find(sent, ['body']))
    }
    if (problems.length > 0) return { status: 422, body: { detail: problems } }
    if (params['org_id']?.toLowerCase() !== orgId) return refuse(404, 'Organization not found')
    assertChecked(sent)
    return handle({ params, query: request.query, body: sent, signer })
  }

  /** Finds the key that authenticates a request, or says why there is none. @param {ServiceRequest} request */
  function findSigner({ headers }) {
    const secret = headers['x-management-key'] ?? ''
    if (secret === '') return 'Management Key is missing'
    return keys.findActive(({ key }) => key === secret) ?? 'Management Key is invalid'
  }

  /** @type {ManagementOperation['handle']} */
  function listKeys({ query }) {
    const team = query.get('team_id')?.toLowerCase()
    const role = query.get('role')
    /** @param {SandboxKey} key */
    const wanted = (key) =>
      key.revokedAt === null &&
      (team === undefined || (key.role === 'team_admin' && key.teamIds.includes(team))) &&
      (role === null || key.role === role)
    const [all, cursor] = [keys.all(), query.get('next_cursor')]
    const rest = all.slice(all.findIndex(({ id }) => toCursor(id) === cursor) + 1).filter(wanted)
    const page = rest.slice(0, pageSize)
    const last = rest.length > pageSize ? page.at(-1) : undefined
    return {
      status: 200,
      body: { data: page.map(showKey), next_cursor: last ? toCursor(last.id) : null },
    }
  }

  /** @type {ManagementOperation['handle']} */
  function createKey({ body: { label, role, team_role_bindings: bindings } }) {
    if (role !== 'team_admin') {
      return refuse(403, 'Only Team Management Keys can be created through the API')
    }
    const teams = (bindings ?? []).map(({ team_id: team }) => team.toLowerCase())
    if (teams.length === 0) {
      const msg = 'must name at least one team'
      const loc = ['body', 'team_role_bindings']
      return { status: 422, body: { detail: [{ type: 'value_error', loc, msg, input: [] }] } }
    }
    if (!teams.every((team) => teamIds.includes(team))) return refuse(404, 'Team not found')
    const key = keys.add({ label: storeLabel(label), teamIds: teams })
    // No later response repeats the value.
    return { status: 200, body: { ...showKey(key), key: key.key } }
  }

  /** @type {ManagementOperation['handle']} */
  function revokeKey({ params }) {
    const key = keys.findActive(({ id }) => id === params['key_id']?.toLowerCase())
    if (key === undefined) return refuse(404, 'Management Key not found')
    keys.revoke(key)
    return { status: 200, body: showKey(key) }
  }

  /** @type {ManagementOperation['handle']} */
  function getTeam({ params, signer }) {
    const team = params['team_id']?.toLowerCase() ?? ''
    const number = teamIds.indexOf(team) + 1
    return refuseTeam(signer, team) ?? { status: 200, body: showTeam(team, number, createdOn) }
  }

  /** Its value begins as those of its environment and region do. @type {ManagementOperation['handle']} */
  function createTeamApiKey({ params, body, signer }) {
    const team = body.team_id.toLowerCase()
    const refusal = refuseTeam(signer, team)
    if (refusal !== undefined) return refusal
    const kind = params['env'] === 'production' ? 'pk' : 'sk'
    const shown = {
      id: randomUUID(),
      label: body.label,
      value: `${kind}_${params['region']}_sandbox_${randomBytes(18).toString('base64url')}`,
      team_id: team,
      created_at: formatTime(now()),
    }
    teamApiKeys.push({ ...shown, place: placeOf(params), deleted: false })
    return { status: 200, body: shown }
  }

  /** Shows the values again, all on one page. @type {ManagementOperation['handle']} */
  function listTeamApiKeys({ params, signer }) {
    const found = teamApiKeys.filter((key) => isWithin(key, params, signer))
    const shown = found.map(({ place: _, deleted: __, ...key }) => key)
    return { status: 200, body: { api_keys: shown, next_cursor: null } }
  }

  /** @type {ManagementOperation['handle']} */
  function deleteTeamApiKeys({ params, query, signer }) {
    /** @type {Record<'success' | 'failure' | 'not_found', string[]>} */
    const body = { success: [], failure: [], not_found: [] }
    for (const id of query.getAll('api_key_id').map((given) => given.toLowerCase())) {
      const key = teamApiKeys.find((known) => known.id === id && isWithin(known, params, signer))
      body[key === undefined ? 'not_found' : 'success'].push(id)
      if (key !== undefined) key.deleted = true
    }
    return { status: 200, body }
  }

  /** @param {SandboxKey} signer @param {string} team */
  function refuseTeam(signer, team) {
    if (!mayUse(signer, team)) return refuse(403, 'The Management Key is not bound to this team')
    return teamIds.includes(team) ? undefined : refuse(404, 'Team not found')
  }
}

/**
 * Which roles may use a team's endpoints is not published: the sandbox lets a Team Management Key use those of its teams.
 *
 * @param {SandboxKey} signer
 * @param {string} teamId
 */
function mayUse({ role, teamIds }, teamId) {
  return role === 'org_admin' || teamIds.includes(teamId)
}

/** Names the last entry seen, so that it stays good when entries are revoked between two pages. @param {string} id */
function toCursor(id) {
  return Buffer.from(`after:${id}`).toString('base64url')
}

/** @param {SandboxTeamApiKey} key @param {Record<string, string>} params @param {SandboxKey} signer */
function isWithin({ place, team_id: team, deleted }, params, signer) {
  return !deleted && place === placeOf(params) && mayUse(signer, team)
}

/** @param {Record<string, string>} params */
function placeOf(params) {
  return `${params['env']}/${params['region']}`
}

/**
 * Reads a body, or notes why there is none. Fields that the published schema does not name are
 * ignored, as it allows them.
 *
 * @param {ServiceRequest} request
 * @param {Problem[]} problems
 * @returns {unknown}
 */
function readJsonBody({ headers, text }, problems) {
  if (text === '') {
    problems.push({ type: 'missing', loc: ['body'], msg: 'is required', input: null })
    return undefined
  }
  if (!isJsonType(headers['content-type'])) return text
  const body = parseJson(text)
  if (body === undefined) {
    problems.push({ type: 'json_invalid', loc: ['body', 0], msg: 'JSON decode error', input: {} })
  }
  return body
}

/** @param {URLSearchParams} query */
function readQuery(query) {
  const names = [...new Set(query.keys())]
  return Object.fromEntries(
    names.map((name) => [name, name === 'api_key_id' ? query.getAll(name) : query.get(name)]),
  )
}

/**
 * Says that the operation's rules hold for a body.
 *
 * @param {unknown} body
 * @returns {asserts body is ManagementBody}
 */
function assertChecked(body) {
  if (body === undefined) throw new Error('The body was not checked.')
}

/** @param {number} status @param {string} detail @returns {ServiceResponse} */
function refuse(status, detail) {
  return { status, body: { detail } }
}
