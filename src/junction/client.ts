import {
  ActionError,
  ConnectionError,
  explainError,
  HttpStatusError,
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

  /** Sends one request, checks the status, and reads the response. `wanted` completes "the request to …". */
  const request = async <T>(
    wanted: string,
    { method, path, query, body, key = address.orgKey, needsNewConnection = false }: ApiCall,
    attempt: number,
    read: (response: HttpResponse) => T,
  ): Promise<T> => {
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
      if (response.status >= 200 && response.status < 300) return read(response)
      throw createStatusError(response, wanted, ports.scrub)
    } catch (error) {
      throw withContext(error, wanted)
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
      const call: ApiCall = { method: 'GET', path: collection, query }
      const { keys, nextCursor, ...times } = await withRetries(
        (attempt) =>
          request('list the Management Keys', call, attempt, ({ body, headers }) => ({
            ...readKeyPage(body),
            serverTime: parseHttpDate(headers.date),
            receivedAt: clock.now(),
            receivedUptime: clock.uptime(),
          })),
        clock,
      )
      // A key created in the meantime shifts the others, so the last key of a page may repeat on the next.
      yield { ...times, keys: keys.filter(({ id }) => isFirst(id.toLowerCase(), ids)) }
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
    createKey: (keyRequest, attempt) => {
      const body = createBody(keyRequest)
      const call: ApiCall = { method: 'POST', path: collection, body, needsNewConnection: true }
      return request('create a Management Key', call, attempt, (response) =>
        readNewKey(response.body),
      )
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
      const check = ({ status, body }: HttpResponse) => checkRevocation(status, body, keyId)
      try {
        const call: ApiCall = { method: 'DELETE', path }
        await withRetries((attempt) => request(wanted, call, attempt, check), clock)
        return 'revoked'
      } catch (error) {
        if (!(error instanceof HttpStatusError) || error.status !== 404) throw error
        await confirmGone(keyId, error)
        // After an attempt whose response was lost, a key that is gone is one that was revoked then.
        return error.mayHaveTakenEffect ? 'revoked' : 'gone'
      }
    },

    isAccepted: async (key, teamId) => {
      const wanted = `read team ${teamId} with the new key`
      const path = `/v1/org/${encodeURIComponent(address.orgId)}/team/${encodeURIComponent(teamId)}`
      const check = ({ status, body }: HttpResponse) => checkTeam(status, body)
      try {
        const call: ApiCall = { method: 'GET', path, key }
        await withRetries((attempt) => request(wanted, call, attempt, check), clock)
        return true
      } catch (error) {
        const status = error instanceof HttpStatusError ? error.status : undefined
        if (status !== 401 && status !== 403) throw error
        return status === 403
      }
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

/** Whether a value has not been seen before; adds it. */
function isFirst(value: string, seen: Set<string>): boolean {
  return seen.size < seen.add(value).size
}

/** The error of a request, which says which one it was. */
function withContext(error: unknown, wanted: string): unknown {
  const options = { cause: error }
  if (error instanceof ConnectionError) {
    const message = `The request to ${wanted} got no response from the Management API: ${error.message}`
    return new ConnectionError(message, error.failure, options)
  }
  if (error instanceof UnreadableResponseError) {
    const message = `The Management API’s response to the request to ${wanted} is unreadable: ${error.message}`
    return new UnreadableResponseError(message, error.keyId, options)
  }
  return error
}
