import { ActionError } from '../core/errors.js'
import { parseHttpDate } from '../core/time.js'
import { withRetries } from '../http/retry.js'
import { type ClientPorts, confirmGone, createService, type Readers } from '../http/service.js'
import { USER_AGENT } from '../version.js'
import { PROFILE } from './profile.js'
import {
  checkRefusal,
  checkTeam,
  compareKey,
  isSameId,
  type KeyRequest,
  type ManagementKey,
  type NewManagementKey,
  readKeyPage,
  readNewKey,
  readRevocation,
} from './responses.js'

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

export interface Revocation {
  readonly status: 'revoked' | 'already gone'
  /** Left out when the response does not say. */
  readonly label?: string | undefined
}

export interface ManagementApiAddress {
  /** Base URL without a trailing slash. */
  readonly apiUrl: string
  readonly orgId: string
  readonly orgKey: string
}

interface ApiCall {
  /** Completes "the request to …" in errors. */
  readonly wanted: string
  readonly method?: 'POST' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  /** Management Key that authenticates the request, instead of the Org Management Key. */
  readonly key?: string
}

/** A list with more pages is considered endless. */
const MOST_PAGES = 1_000

export type ManagementApi = ReturnType<typeof createManagementApi>

/** Builds the client of `POST`, `GET` and `DELETE /v1/org/{org_id}/management_key`. */
export function createManagementApi(address: ManagementApiAddress, ports: ClientPorts) {
  const { clock } = ports
  const service = createService(PROFILE, ports)
  const organization = `/v1/org/${encodeURIComponent(address.orgId)}`
  const collection = `${organization}/management_key`

  const tryOnce = <T>(call: ApiCall, attempt: number, readers: Readers<T>): Promise<T> => {
    const { wanted, method = 'GET', path, body, key = address.orgKey } = call
    const headers = {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      'x-management-key': key,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    }
    const sent = {
      wanted,
      method,
      url: `${address.apiUrl}${path}`,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
    }
    return service(sent, attempt, readers)
  }
  const request = <T>(call: ApiCall, readers: Readers<T>): Promise<T> =>
    withRetries((attempt) => tryOnce(call, attempt, readers), ports)

  async function* listKeys(
    teamId: string | undefined,
    role: 'team_admin' | 'any',
  ): AsyncGenerator<ListedKeys> {
    const ids = new Set<string>()
    const cursors = new Set<string>()
    const query = createQuery(teamId, role)
    let cursor: string | undefined
    do {
      if (cursors.size >= MOST_PAGES) {
        throw new ActionError(
          `The Management API's key list has more than ${MOST_PAGES} pages, so it cannot be read completely`,
        )
      }
      if (cursor !== undefined) query.set('next_cursor', cursor)
      const path = `${collection}?${query}`.replace(/\?$/, '')
      const page = await request({ wanted: 'list the Management Keys', path }, (data, headers) => ({
        ...readKeyPage(data),
        serverTime: parseHttpDate(headers.date),
        receivedAt: clock.now(),
        receivedUptime: clock.uptime(),
      }))
      // A key created in the meantime shifts the others, so the last key of a page may repeat on the next.
      yield { ...page, keys: page.keys.filter(({ id }) => isFirst(id.toLowerCase(), ids)) }
      cursor = page.nextCursor
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

  return {
    /** Opens the connection for the next create meanwhile. */
    prepareCreate: (): void => ports.exchange.prepare?.(),

    /**
     * Creates a key, in a single attempt: the caller decides whether to retry.
     * Throws `HttpStatusError`, `ConnectionError` or `UnreadableResponseError`.
     */
    createKey: (key: KeyRequest, attempt: number): Promise<NewManagementKey> => {
      const wanted = 'create a Management Key'
      const call: ApiCall = { wanted, method: 'POST', path: collection, body: createBody(key) }
      return tryOnce(call, attempt, readNewKey)
    },

    /** Finds the active Team Management Keys with exactly this label and exactly these teams, on all pages. */
    findKeys: async (wanted: KeyRequest): Promise<MatchingKeys> => {
      const keys: ManagementKey[] = []
      const possible: ManagementKey[] = []
      let first: ListedKeys | undefined
      for await (const page of listKeys(wanted.teamIds[0], 'team_admin')) {
        first ??= page
        for (const key of page.keys) {
          const match = compareKey(key, wanted)
          if (match === 'same') keys.push(key)
          if (match === 'possible') possible.push(key)
        }
      }
      if (first === undefined) throw new Error('A list of keys has at least one page')
      return { ...first, keys, possible }
    },

    /**
     * Lists all active keys page by page, each ID once: of one team or of the whole organization, Team Management Keys
     * or any. Throws an `ActionError` for an endless list.
     */
    listKeys,

    /**
     * Revokes a key; `already gone`: it was not active any more. A 404 alone does not prove that, since a wrong URL
     * or a gateway returns it too, so the key list must confirm it.
     * Throws an `ActionError` when the key may still be active.
     */
    revokeKey: async (keyId: string): Promise<Revocation> => {
      const wanted = `revoke Management Key ${keyId}`
      const path = `${collection}/${encodeURIComponent(keyId)}`
      try {
        const readers = { 200: (data: unknown) => readRevocation(data, keyId) }
        const label = await request({ wanted, method: 'DELETE', path }, readers)
        return { status: 'revoked', ...(label !== undefined && { label }) }
      } catch (error) {
        // Whether an attempt before it revoked the key, or there never was one, nobody can tell.
        await confirmGone(error, 'The key list', () => isListed(keyId))
        return { status: 'already gone' }
      }
    },

    /**
     * Whether the service accepts a new key, as the key itself finds out by reading a team: 200 and 403 show that it
     * does, since which roles may read a team is not published, and 401 that it does not. Throws for anything else.
     */
    isAccepted: (key: string, teamId: string): Promise<boolean> => {
      const wanted = `read team ${teamId} with the new key`
      const path = `${organization}/team/${encodeURIComponent(teamId)}`
      const readers = { 200: checkTeam, 401: () => false, 403: checkRefusal }
      return request({ wanted, path, key }, readers)
    },
  }
}

/** The published schema requires `role` and `team_role_bindings`, the published example sends `team_id`: send both. */
function createBody({ label, teamIds }: KeyRequest): unknown {
  const bindings = teamIds.map((teamId) => ({ team_id: teamId }))
  const body = { label, role: 'team_admin', team_role_bindings: bindings }
  return bindings.length === 1 ? { ...body, ...bindings[0] } : body
}

function createQuery(teamId: string | undefined, role: 'team_admin' | 'any'): URLSearchParams {
  const team = teamId === undefined ? {} : { team_id: teamId }
  return new URLSearchParams(role === 'any' ? team : { ...team, role })
}

/** Whether a value has not been seen before; adds it. */
function isFirst(value: string, seen: Set<string>): boolean {
  return seen.size < seen.add(value).size
}
