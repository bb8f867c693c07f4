import { handleMethod } from '../http.js'
import { formatTime } from './key-store.js'
import { showKey, showNewKey, showTeam, showTeamApiKey } from './published-shapes.js'
import { readCreateBody, readRole, readTeamApiKeyBody, readUuid } from './validation.js'

/** @import { ServiceResponse, ServiceRequest } from '../types.ts' */
/** @import { KeyStore } from './key-store.js' */
/** @import { ManagementCall, ManagementRoute, Problem, SandboxKey } from './types.ts' */

/**
 * Stands in for Junction's Management API, under both of the base URLs that the vendor serves.
 *
 * @param {{ orgId: string, teamIds: readonly string[], keys: KeyStore, pageSize: number, now: () => Date }} options
 * @returns {(request: ServiceRequest) => ServiceResponse | undefined} Undefined: not a path of this API.
 */
export function createManagementApi({ orgId, teamIds, keys, pageSize, now }) {
  const createdOn = formatTime(now())

  /** @type {ManagementRoute[]} */
  const routes = [
    {
      path: /^\/v1\/org\/([^/]+)\/team\/([^/]+)$/,
      params: ['org_id', 'team_id'],
      admitsTeamKeys: true,
      methods: { GET: getTeam },
    },
    {
      path: /^\/v1\/org\/([^/]+)\/team_api_keys\/(?:production|sandbox)\/(?:us|eu)$/,
      params: ['org_id'],
      admitsTeamKeys: true,
      methods: { POST: createTeamApiKey },
    },
    {
      path: /^\/v1\/org\/([^/]+)\/management_key$/,
      params: ['org_id'],
      methods: { GET: listKeys, POST: createKey },
    },
    {
      path: /^\/v1\/org\/([^/]+)\/management_key\/([^/]+)$/,
      params: ['org_id', 'key_id'],
      methods: { DELETE: revokeKey },
    },
  ]

  return (request) => {
    const path = request.path.replace(/^\/management(?=\/)/, '')
    for (const route of routes) {
      const match = route.path.exec(path)
      if (match !== null) return handleRoute(route, match.slice(1), request)
    }
    return undefined
  }

  /**
   * @param {ManagementRoute} route
   * @param {string[]} values
   * @param {ServiceRequest} request
   */
  function handleRoute(route, values, request) {
    return handleMethod(route.methods, request.method, (handle) =>
      handleCall(handle, route, values, request),
    )
  }

  /**
   * @param {(call: ManagementCall) => ServiceResponse} handle
   * @param {ManagementRoute} route
   * @param {string[]} values
   * @param {ServiceRequest} request
   * @returns {ServiceResponse}
   */
  function handleCall(handle, { params, admitsTeamKeys = false }, values, request) {
    const secret = request.headers['x-management-key']
    if (secret === undefined || secret === '') return refuse(401, 'Management Key is missing')
    const signer = keys.findBySecret(secret)
    if (signer === undefined) return refuse(401, 'Management Key is invalid')
    if (signer.role !== 'org_admin' && !admitsTeamKeys) {
      return refuse(403, 'This endpoint requires an Org Management Key')
    }

    /** @type {Problem[]} */
    const problems = []
    const [org, id = ''] = params.map((name, index) =>
      readUuid(problems, ['path', name], values[index]),
    )
    return handle({
      request,
      signer,
      id,
      problems,
      refuse() {
        if (problems.length > 0) return { status: 422, body: { detail: problems } }
        return org === orgId ? undefined : refuse(404, 'Organization not found')
      },
    })
  }

  /**
   * @param {ManagementCall} call
   * @returns {ServiceResponse}
   */
  function getTeam({ request, signer, id, problems, refuse: refuseCall }) {
    for (const [index, input] of request.query.getAll('include_environment').entries()) {
      const loc = ['query', 'include_environment', index]
      problems.push({ type: 'enum', loc, msg: 'The sandbox shows no environments', input })
    }
    const refusal = refuseCall()
    if (refusal !== undefined) return refusal
    const index = teamIds.indexOf(id)
    if (!mayUse(signer, id)) return refuse(403, 'The Management Key is not bound to this team')
    if (index === -1) return refuse(404, 'Team not found')
    return { status: 200, body: showTeam(id, index + 1, createdOn) }
  }

  /**
   * The sandbox keeps no Team API Key: nothing here accepts one.
   *
   * @param {ManagementCall} call
   * @returns {ServiceResponse}
   */
  function createTeamApiKey({ request, signer, problems, refuse: refuseCall }) {
    const body = readTeamApiKeyBody(problems, request)
    const refusal = refuseCall()
    if (refusal !== undefined || body === undefined) return refusal ?? refuse(422, 'Invalid body')
    if (!mayUse(signer, body.teamId)) {
      return refuse(403, 'The Management Key is not bound to this team')
    }
    if (!teamIds.includes(body.teamId)) return refuse(404, 'Team not found')
    const [environment = '', region = ''] = request.path.split('/').slice(-2)
    const createdAt = formatTime(now())
    return { status: 200, body: showTeamApiKey({ ...body, environment, region, createdAt }) }
  }

  /**
   * @param {ManagementCall} call
   * @returns {ServiceResponse}
   */
  function listKeys({ request: { query }, problems, refuse: refuseCall }) {
    const askedTeam = query.get('team_id')
    const askedRole = query.get('role')
    const cursor = query.get('next_cursor')
    const team = askedTeam === null ? null : readUuid(problems, ['query', 'team_id'], askedTeam)
    const role = askedRole === null ? null : readRole(problems, ['query', 'role'], askedRole)
    /** @param {SandboxKey} key */
    const wanted = (key) =>
      (team === null || (key.role === 'team_admin' && key.teamIds.includes(team))) &&
      (role === null || key.role === role)
    const page = keys.page(wanted, cursor, pageSize)
    if (page === null) {
      const loc = ['query', 'next_cursor']
      problems.push({ type: 'value_error', loc, msg: 'Unknown cursor', input: cursor })
    }
    const refusal = refuseCall()
    if (refusal !== undefined || page === null) return refusal ?? refuse(422, 'Unknown cursor')
    return { status: 200, body: { data: page.keys.map(showKey), next_cursor: page.nextCursor } }
  }

  /**
   * @param {ManagementCall} call
   * @returns {ServiceResponse}
   */
  function createKey({ request, problems, refuse: refuseCall }) {
    const body = readCreateBody(problems, request)
    const refusal = refuseCall()
    if (refusal !== undefined || body === undefined) return refusal ?? refuse(422, 'Invalid body')
    if (body.role !== 'team_admin') {
      return refuse(403, 'Only Team Management Keys can be created through the API')
    }
    if (body.teamIds.length === 0) {
      const msg = 'Value error, a team_admin key needs at least one team binding'
      const loc = ['body', 'team_role_bindings']
      return { status: 422, body: { detail: [{ type: 'value_error', loc, msg, input: [] }] } }
    }
    if (!body.teamIds.every((team) => teamIds.includes(team))) return refuse(404, 'Team not found')
    const key = keys.add({ label: body.label, teamIds: body.teamIds })
    return { status: 200, body: showNewKey(key) }
  }

  /**
   * @param {ManagementCall} call
   * @returns {ServiceResponse}
   */
  function revokeKey({ id, refuse: refuseCall }) {
    const refusal = refuseCall()
    if (refusal !== undefined) return refusal
    const key = keys.findLive(id)
    if (key === undefined) return refuse(404, 'Management Key not found')
    keys.revoke(key)
    return { status: 200, body: showKey(key) }
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

/**
 * @param {number} status
 * @param {string} detail
 * @returns {ServiceResponse}
 */
function refuse(status, detail) {
  return { status, body: { detail } }
}
