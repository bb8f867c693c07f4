import {
  ActionError,
  ConnectionError,
  explainError,
  UnreadableResponseError,
} from '../core/errors.js'
import type { HttpResponse } from '../http/exchange.js'
import { parseHttpDate } from '../http/http-date.js'
import { withRetries } from '../http/retry.js'
import { type ClientPorts, send } from '../http/send.js'
import { USER_AGENT } from '../version.js'
import {
  checkRevocation,
  checkTeam,
  compareKey,
  isSameId,
  type ManagementKey,
  type NewManagementKey,
  readKeyPage,
  readNewKey,
} from './responses.js'
import { createStatusError } from './status-error.js'

/** The key to create, and how to find it again. */
export interface KeyRequest {
  readonly label: string
  readonly teamIds: readonly string[]
}

/** A page of active keys, and when it was read. */
export interface ListedKeys {
  readonly keys: readonly ManagementKey[]
  /** The response's `Date` header (whole seconds), in milliseconds. */
  readonly serverTime: number | undefined
  /** This machine's time when the response arrived, in milliseconds. */
  readonly receivedAt: number
  /** The same moment, in milliseconds since this machine started. */
  readonly receivedUptime: number
}

/** Active keys with a label and a set of teams; the times are those of the first page. */
export interface MatchingKeys extends ListedKeys {
  /** Keys that may match: the response omits their label or their teams. */
  readonly possible: readonly ManagementKey[]
}

/** Junction's Management API for one organization. */
export interface ManagementApi {
  /**
   * Creates a key, in a single attempt: the caller decides whether to retry.
   * Throws `HttpStatusError`, `ConnectionError` or `UnreadableResponseError`.
   */
  createKey(request: KeyRequest, attempt: number): Promise<NewManagementKey>
  /** Finds the active Team Management Keys with exactly this label and exactly these teams, on all pages. */
  findKeys(request: KeyRequest): Promise<MatchingKeys>
  /**
   * Lists all active keys page by page, each ID once: of one team or of the whole organization, Team Management Keys
   * or any. Throws an `ActionError` for an endless list.
   */
  listKeys(teamId: string | undefined, role: 'team_admin' | 'any'): AsyncIterable<ListedKeys>
  /**
   * Revokes a key, or returns `gone` if it is not active any more. A 404 alone does not prove that, since a wrong URL
   * or a gateway returns it too, so the key list must confirm it.
   * Throws an `ActionError` when the key may still be active.
   */
  revokeKey(keyId: string): Promise<'revoked' | 'gone'>
  /**
   * Whether the service accepts a new key, as the key itself finds out by reading a team: 200 and 403 show that it
   * does, since which roles may read a team is not published, and 401 that it does not. Throws for anything else.
   */
  isAccepted(key: string, teamId: string): Promise<boolean>
}

/** The API to call, and the credentials. */
export interface ManagementApiAddress {
  /** Base URL without a trailing slash. */
  readonly apiUrl: string
  readonly orgId: string
  readonly orgKey: string
}

interface ApiCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base URL, percent-encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Management Key that authenticates the request, instead of the Org Management Key. */
  readonly key?: string
  readonly needsNewConnection?: boolean
}

/** A list with more pages is considered endless. */
const MOST_PAGES = 1_000

/** Builds the client of `POST`, `GET` and `DELETE /v1/org/{org_id}/management_key`. */
export function createManagementApi(
  address: ManagementApiAddress,
  ports: ClientPorts,
): ManagementApi {
  const { clock } = ports
  const collection = `/v1/org/${encodeURIComponent(address.orgId)}/management_key`
  const baseHeaders = { accept: 'application/json', 'user-agent': USER_AGENT }

  /** Sends one request and checks the status. `wanted` completes "the request to …". */
  const request = async (
    wanted: string,
    { method, path, query, body, key = address.orgKey, needsNewConnection = false }: ApiCall,
    attempt: number,
    acceptStatus: (status: number) => boolean = isSuccess,
  ): Promise<HttpResponse> => {
    const search = new URLSearchParams(query).toString()
    const headers = { ...baseHeaders, 'x-management-key': key }
    const sent = {
      method,
      url: `${address.apiUrl}${path}${search === '' ? '' : `?${search}`}`,
      headers: body === undefined ? headers : { ...headers, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      needsNewConnection,
    }
    try {
      const response = await send(sent, attempt, ports)
      if (acceptStatus(response.status)) return response
      throw createStatusError(response, wanted, ports.scrub)
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error
      throw new ConnectionError(
        `The request to ${wanted} got no response from the Management API: ${error.message}`,
        error.failure,
        { cause: error },
      )
    }
  }

  async function* listKeys(
    teamId: string | undefined,
    role: 'team_admin' | 'any',
  ): AsyncGenerator<ListedKeys> {
    const ids = new Set<string>()
    const cursors = new Set<string>()
    let cursor: string | undefined
    do {
      if (cursors.size >= MOST_PAGES) {
        throw new ActionError(
          `The Management API’s key list has more than ${MOST_PAGES} pages, so it cannot be read completely`,
        )
      }
      const query = listQuery(teamId, role, cursor)
      const page = await withRetries(async (attempt) => {
        const response = await request(
          'list the Management Keys',
          { method: 'GET', path: collection, query },
          attempt,
        )
        const { keys, nextCursor } = withContext('list the Management Keys', () =>
          readKeyPage(response.body),
        )
        const serverTime = parseHttpDate(response.headers.date)
        const received = { receivedAt: clock.now(), receivedUptime: clock.uptime() }
        return { keys, nextCursor, serverTime, ...received }
      }, clock)
      // A key created in the meantime shifts the others, so the last key of a page may repeat on the next.
      const { nextCursor, ...listed } = page
      yield { ...listed, keys: listed.keys.filter(({ id }) => isFirst(id.toLowerCase(), ids)) }
      cursor = nextCursor
      if (cursor !== undefined && !isFirst(cursor, cursors)) {
        throw new ActionError(
          'Pagination loop: the Management API returned the same next_cursor twice, so the key list is incomplete',
        )
      }
    } while (cursor !== undefined)
  }

  const isListed = async (keyId: string): Promise<boolean> => {
    for await (const { keys } of listKeys(undefined, 'any')) {
      if (keys.some(({ id }) => isSameId(id, keyId))) return true
    }
    return false
  }

  /** Throws unless the key list confirms a 404 (`notFound`): the key is not active any more. */
  const confirmGone = async (keyId: string, notFound: ActionError): Promise<void> => {
    let problem = 'The key is still listed as active'
    try {
      if (!(await isListed(keyId))) return
    } catch (error) {
      problem = `The key list could not confirm that the key is gone: ${explainError(error)}`
    }
    throw new ActionError(`${notFound.message}. ${problem}`, { cause: notFound })
  }

  return {
    createKey: async (keyRequest, attempt) => {
      const response = await request(
        'create a Management Key',
        {
          method: 'POST',
          path: collection,
          body: createBody(keyRequest),
          needsNewConnection: true,
        },
        attempt,
      )
      return withContext('create a Management Key', () => readNewKey(response.body))
    },

    findKeys: async (keyRequest) => {
      const keys: ManagementKey[] = []
      const possible: ManagementKey[] = []
      let first: ListedKeys | undefined
      for await (const page of listKeys(keyRequest.teamIds[0], 'team_admin')) {
        first ??= page
        for (const key of page.keys) {
          const match = compareKey(key, keyRequest)
          if (match === 'same') keys.push(key)
          if (match === 'possible') possible.push(key)
        }
      }
      if (first === undefined) throw new Error('A list of keys has at least one page')
      return { ...first, keys, possible }
    },

    listKeys,

    revokeKey: async (keyId) => {
      const wanted = `revoke Management Key ${keyId}`
      const path = `${collection}/${encodeURIComponent(keyId)}`
      const accept = (status: number) => isSuccess(status) || status === 404
      let attempts = 0
      const response = await withRetries(async (attempt) => {
        attempts = attempt
        const received = await request(wanted, { method: 'DELETE', path }, attempt, accept)
        const { status, body } = received
        if (status !== 404) withContext(wanted, () => checkRevocation(status, body, keyId))
        return received
      }, clock)
      if (response.status !== 404) return 'revoked'
      await confirmGone(keyId, createStatusError(response, wanted, ports.scrub))
      // After more than one attempt, an earlier one probably revoked the key.
      return attempts === 1 ? 'gone' : 'revoked'
    },

    isAccepted: (key, teamId) => {
      const wanted = `read team ${teamId} with the new key`
      const path = `/v1/org/${encodeURIComponent(address.orgId)}/team/${encodeURIComponent(teamId)}`
      const call: ApiCall = { method: 'GET', path, key }
      const accept = (status: number) => [200, 401, 403].includes(status)
      return withRetries(async (attempt) => {
        const { status, body } = await request(wanted, call, attempt, accept)
        if (status === 200) withContext(wanted, () => checkTeam(body))
        return status !== 401
      }, clock)
    },
  }
}

/** The published schema requires `role` and `team_role_bindings`, the published example sends `team_id`: send both. */
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

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

/** Whether a value has not been seen before; adds it. */
function isFirst(value: string, seen: Set<string>): boolean {
  return seen.size < seen.add(value).size
}

function withContext<T>(wanted: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof UnreadableResponseError)) throw error
    throw new UnreadableResponseError(
      `The Management API’s response to the request to ${wanted} is unreadable: ${error.message}`,
      error.keyId,
      { cause: error },
    )
  }
}
