import { formatTime } from './key-store.js'
import { showKey, showNewKey, showOrg, showTeam, teamEnvironments } from './published-shapes.js'
import { readCreateBody, readPatchBody, readRole, readUuid } from './validation.js'

/** @import { Answer } from '../answer.js' */
/** @import { ServiceRequest } from '../request-log.js' */
/** @import { KeyStore, SandboxKey } from './key-store.js' */
/** @import { Problem } from './validation.js' */

/**
 * The organisation that the Management API is about.
 *
 * @typedef {object} ManagementApiOptions
 * @property {string} orgId
 * @property {readonly string[]} teamIds
 * @property {KeyStore} keys
 * @property {number} pageSize
 * @property {() => Date} now
 */

/**
 * @typedef {object} Call
 * @property {ServiceRequest} request
 * @property {string} id The key or the team in the path; empty where the path names neither.
 * @property {Problem[]} problems
 * @property {() => Answer | undefined} refuse The refusal, when the call cannot be carried out.
 */

/**
 * @typedef {object} Route
 * @property {RegExp} path
 * @property {string[]} params
 * @property {Record<string, (call: Call) => Answer>} methods
 */

/**
 * Stands in for Junction's Management API, under both of the base URLs that the vendor serves.
 *
 * @param {ManagementApiOptions} options
 * @returns {(request: ServiceRequest) => Answer | undefined} Undefined: not a path of this API.
 */
export function createManagementApi({ orgId, teamIds, keys, pageSize, now }) {
  const createdOn = formatTime(now())

  /** @type {Route[]} */
  const routes = [
    {
      path: /^\/v1\/org\/([^/]+)$/,
      params: ['org_id'],
      methods: { GET: getOrg },
    },
    {
      path: /^\/v1\/org\/([^/]+)\/team\/([^/]+)$/,
      params: ['org_id', 'team_id'],
      methods: { GET: getTeam },
    },
    {
      path: /^\/v1\/org\/([^/]+)\/management_key$/,
      params: ['org_id'],
      methods: { GET: listKeys, POST: createKey },
    },
    {
      path: /^\/v1\/org\/([^/]+)\/management_key\/([^/]+)$/,
      params: ['org_id', 'key_id'],
      methods: { PATCH: patchKey, DELETE: revokeKey },
    },
  ]

  return (request) => {
    const path = request.path.replace(/^\/management(?=\/)/, '')
    for (const route of routes) {
      const match = route.path.exec(path)
      if (match !== null) return answerRoute(route, match.slice(1), request)
    }
    return undefined
  }

  /**
   * @param {Route} route
   * @param {string[]} values
   * @param {ServiceRequest} request
   * @returns {Answer}
   */
  function answerRoute({ params, methods }, values, request) {
    const handle = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined
    if (handle === undefined) {
      const headers = { allow: Object.keys(methods).join(', ') }
      return { status: 405, body: { detail: 'Method Not Allowed' }, headers }
    }
    const refusal = refuseKey(request)
    if (refusal !== undefined) return refusal

    /** @type {Problem[]} */
    const problems = []
    const [org, id = ''] = params.map((name, index) =>
      readUuid(problems, ['path', name], values[index]),
    )
    return handle({
      request,
      id,
      problems,
      refuse() {
        if (problems.length > 0) return { status: 422, body: { detail: problems } }
        return org === orgId ? undefined : refuse(404, 'Organization not found')
      },
    })
  }

  /**
   * @param {ServiceRequest} request
   * @returns {Answer | undefined}
   */
  function refuseKey({ headers }) {
    const secret = headers['x-management-key']
    if (secret === undefined || secret === '') return refuse(401, 'Management Key is missing')
    const signer = keys.findBySecret(secret)
    if (signer === undefined) return refuse(401, 'Management Key is invalid')
    return signer.role === 'org_admin'
      ? undefined
      : refuse(403, 'This endpoint requires an Org Management Key')
  }

  /**
   * @param {Call} call
   * @returns {Answer}
   */
  function getOrg(call) {
    return call.refuse() ?? { status: 200, body: showOrg(orgId) }
  }

  /**
   * @param {Call} call
   * @returns {Answer}
   */
  function getTeam({ request, id, problems, refuse: refuseCall }) {
    const included = request.query.getAll('include_environment').flatMap((input, index) => {
      const known = teamEnvironments.find((environment) => environment === input)
      if (known !== undefined) return known
      const loc = ['query', 'include_environment', index]
      problems.push({ type: 'enum', loc, msg: "Input should be 'production' or 'sandbox'", input })
      return []
    })
    const refusal = refuseCall()
    if (refusal !== undefined) return refusal
    const index = teamIds.indexOf(id)
    if (index === -1) return refuse(404, 'Team not found')
    return { status: 200, body: showTeam(id, index + 1, createdOn, included) }
  }

  /**
   * @param {Call} call
   * @returns {Answer}
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
   * @param {Call} call
   * @returns {Answer}
   */
  function createKey({ request, problems, refuse: refuseCall }) {
    const body = readCreateBody(problems, request)
    const refusal = refuseCall()
    if (refusal !== undefined || body === undefined) return refusal ?? refuse(422, 'Invalid body')
    if (body.role !== 'team_admin') {
      return refuse(403, 'Only Team Management Keys can be created through the API')
    }
    const teams = body.teamIds ?? []
    const badTeams = refuseTeams(teams, body.teamIds)
    if (badTeams !== undefined) return badTeams
    const key = keys.add({ label: body.label, teamIds: teams })
    return { status: 200, body: showNewKey(key) }
  }

  /**
   * @param {Call} call
   * @returns {Answer}
   */
  function patchKey({ request, id, problems, refuse: refuseCall }) {
    const body = readPatchBody(problems, request)
    const refusal = refuseCall()
    if (refusal !== undefined || body === undefined) return refusal ?? refuse(422, 'Invalid body')
    const key = keys.findLive(id)
    if (key === undefined) return refuse(404, 'Management Key not found')
    if (body.teamIds !== null) {
      const badTeams =
        key.role === 'team_admin'
          ? refuseTeams(body.teamIds, body.teamIds)
          : refuseBindings('Value error, an org_admin key takes no team bindings', body.teamIds)
      if (badTeams !== undefined) return badTeams
      key.teamIds = [...new Set(body.teamIds)]
    }
    key.label = body.label ?? key.label
    return { status: 200, body: showKey(key) }
  }

  /**
   * @param {Call} call
   * @returns {Answer}
   */
  function revokeKey({ id, refuse: refuseCall }) {
    const refusal = refuseCall()
    if (refusal !== undefined) return refusal
    const key = keys.findLive(id)
    if (key === undefined) return refuse(404, 'Management Key not found')
    keys.revoke(key)
    return { status: 200, body: showKey(key) }
  }

  /**
   * @param {string[]} teams
   * @param {unknown} input
   * @returns {Answer | undefined}
   */
  function refuseTeams(teams, input) {
    if (teams.length === 0) {
      return refuseBindings('Value error, a team_admin key needs at least one team binding', input)
    }
    return teams.every((id) => teamIds.includes(id)) ? undefined : refuse(404, 'Team not found')
  }
}

/**
 * @param {string} msg
 * @param {unknown} input
 * @returns {Answer}
 */
function refuseBindings(msg, input) {
  /** @type {Problem} */
  const problem = { type: 'value_error', loc: ['body', 'team_role_bindings'], msg, input }
  return { status: 422, body: { detail: [problem] } }
}

/**
 * @param {number} status
 * @param {string} detail
 * @returns {Answer}
 */
function refuse(status, detail) {
  return { status, body: { detail } }
}
