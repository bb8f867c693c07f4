import type { Clock } from '../core/clock.js'
import { ActionError, ConnectionError, UnreadableAnswerError } from '../core/errors.js'
import type { KeyRequest } from '../core/transaction.js'
import type { Exchange, HttpAnswer } from '../http/exchange.js'
import { USER_AGENT } from '../version.js'
import { type ManagementKey, type NewManagementKey, readKeyPage, readNewKey } from './answers.js'
import { withRetries } from './retry.js'
import { createStatusError } from './status-error.js'

/** Keys, and when the service said that they are there. */
export interface ListedKeys {
  readonly keys: readonly ManagementKey[]
  /** The service's own time when it answered (its `Date` header, whole seconds), in milliseconds. */
  readonly serverTime: number | undefined
  /** This machine's time when the answer was there, in milliseconds. */
  readonly receivedAt: number
}

/** Live keys that bear a label and a set of teams; the times are those of the first page. */
export interface MatchingKeys extends ListedKeys {
  /** Keys that may match, but do not say what their label or which their teams are. */
  readonly doubtful: readonly ManagementKey[]
}

/** Junction's Management API for one organisation. */
export interface ManagementApi {
  /**
   * Creates a key, in a single attempt: whether to repeat one is not a matter of this layer.
   * Throws `HttpStatusError`, `ConnectionError` or `UnreadableAnswerError`.
   */
  createKey(request: KeyRequest, attempt: number): Promise<NewManagementKey>
  /** Finds the live Team Management Keys with exactly this label and exactly these teams, on all pages. */
  findKeys(request: KeyRequest): Promise<MatchingKeys>
  /**
   * All live keys, a page at a time: of one team or of the whole organisation, Team Management Keys or any.
   */
  listKeys(teamId: string | undefined, role: 'team_admin' | 'any'): AsyncIterable<ListedKeys>
  /** Revokes a key; one that is gone already counts as revoked. Says which of the two it was. */
  revokeKey(keyId: string): Promise<'revoked' | 'gone'>
}

/** Which API to speak to, and as whom. */
export interface ManagementApiAddress {
  /** Base URL without a trailing slash. */
  readonly apiUrl: string
  readonly orgId: string
  readonly orgKey: string
}

/** What the API client needs from outside. */
export interface ManagementApiPorts {
  readonly exchange: Exchange
  readonly clock: Clock
  readonly debug: (message: string) => void
  readonly scrub: (text: string) => string
}

interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base URL, percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

/** Builds the client of `POST`, `GET` and `DELETE /v1/org/{org_id}/management_key`. */
export function createManagementApi(
  address: ManagementApiAddress,
  ports: ManagementApiPorts,
): ManagementApi {
  const { clock } = ports
  const collection = `/v1/org/${encodeURIComponent(address.orgId)}/management_key`
  const headers = {
    accept: 'application/json',
    'user-agent': USER_AGENT,
    'x-management-key': address.orgKey,
  }

  /** One request, logged, its status checked. `wanted` completes "the request to …". */
  const request = async (
    wanted: string,
    call: ApiCall,
    attempt: number,
    acceptStatus: (status: number) => boolean = isSuccess,
  ): Promise<HttpAnswer> => {
    const { method, path, query, body } = call
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
    const began = clock.now()
    const log = (outcome: string) =>
      ports.debug(
        `${method} ${path} → ${outcome} in ${clock.now() - began} ms (attempt ${attempt})`,
      )
    try {
      const answer = await ports.exchange({
        method,
        url: `${address.apiUrl}${path}${search}`,
        headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      log(String(answer.status))
      if (acceptStatus(answer.status)) return answer
      throw createStatusError(answer, wanted, ports.scrub)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      log(error.message)
      throw new ConnectionError(
        `The request to ${wanted} got no answer from the Management API: ${error.message}`,
        error.failure,
        { cause: error },
      )
    }
  }

  async function* listKeys(
    teamId: string | undefined,
    role: 'team_admin' | 'any',
  ): AsyncGenerator<ListedKeys> {
    const seen = new Set<string>()
    let cursor: string | undefined
    do {
      const query = listQuery(teamId, role, cursor)
      const page = await withRetries(async (attempt) => {
        const answer = await request(
          'list the Management Keys',
          { method: 'GET', path: collection, query },
          attempt,
        )
        const { keys, nextCursor } = withContext('list the Management Keys', () =>
          readKeyPage(answer.body),
        )
        const serverTime = parseDate(answer.headers.date)
        return { keys, nextCursor, serverTime, receivedAt: clock.now() }
      }, clock)
      yield page
      cursor = page.nextCursor
      if (cursor !== undefined && seen.has(cursor)) {
        throw new ActionError(
          'The Management API lists its keys in a circle (the same next_cursor came twice), so they cannot all be seen',
        )
      }
      if (cursor !== undefined) seen.add(cursor)
    } while (cursor !== undefined)
  }

  return {
    createKey: async (keyRequest, attempt) => {
      const answer = await request(
        'create a Management Key',
        { method: 'POST', path: collection, body: createBody(keyRequest) },
        attempt,
      )
      return withContext('create a Management Key', () => readNewKey(answer.body))
    },

    findKeys: async (keyRequest) => {
      const keys: ManagementKey[] = []
      const doubtful: ManagementKey[] = []
      let first: ListedKeys | undefined
      for await (const page of listKeys(keyRequest.teamIds[0], 'team_admin')) {
        first ??= page
        for (const key of page.keys) {
          const likeness = compareKey(key, keyRequest)
          if (likeness === 'same') keys.push(key)
          if (likeness === 'doubtful') doubtful.push(key)
        }
      }
      const { serverTime, receivedAt } = first ?? { serverTime: undefined, receivedAt: clock.now() }
      return { keys, doubtful, serverTime, receivedAt }
    },

    listKeys,

    revokeKey: (keyId) =>
      withRetries(async (attempt) => {
        const { status } = await request(
          `revoke Management Key ${keyId}`,
          { method: 'DELETE', path: `${collection}/${encodeURIComponent(keyId)}` },
          attempt,
          (code) => isSuccess(code) || code === 404,
        )
        // After an attempt whose answer was lost, a key that is gone is one that was revoked then.
        return status === 404 && attempt === 1 ? 'gone' : 'revoked'
      }, clock),
  }
}

/**
 * The published schema wants `role` and `team_role_bindings`, the published example sends `team_id`:
 * a body with both is valid under either.
 */
function createBody({ label, teamIds }: KeyRequest): unknown {
  const bindings = teamIds.map((teamId) => ({ team_id: teamId }))
  const body = { label, role: 'team_admin', team_role_bindings: bindings }
  return bindings.length === 1 ? { ...body, ...bindings[0] } : body
}

function listQuery(
  teamId: string | undefined,
  role: 'team_admin' | 'any',
  cursor: string | undefined,
): Readonly<Record<string, string>> {
  return {
    ...(teamId === undefined ? {} : { team_id: teamId }),
    ...(role === 'any' ? {} : { role }),
    ...(cursor === undefined ? {} : { next_cursor: cursor }),
  }
}

/** Same label to the letter, same set of teams, and never a key of another role. */
function compareKey(key: ManagementKey, request: KeyRequest): 'same' | 'doubtful' | 'other' {
  if ((key.role ?? 'team_admin') !== 'team_admin') return 'other'
  if (key.label !== undefined && key.label !== request.label) return 'other'
  if (key.teamIds !== undefined && !hasSameTeams(key.teamIds, request)) return 'other'
  return key.label === undefined || key.teamIds === undefined ? 'doubtful' : 'same'
}

function hasSameTeams(teamIds: readonly string[], request: KeyRequest): boolean {
  const teams = new Set(teamIds)
  return teams.size === request.teamIds.length && request.teamIds.every((id) => teams.has(id))
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function parseDate(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time
}

function withContext<T>(wanted: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UnreadableAnswerError)) throw error
    throw new UnreadableAnswerError(
      `The Management API’s answer to the request to ${wanted} cannot be read: ${error.message}`,
      error.keyId,
      { cause: error },
    )
  }
}
