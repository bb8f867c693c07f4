import type { Clock } from '../core/clock.js'
import { ActionError, ConnectionError, UnreadableAnswerError } from '../core/errors.js'
import type { KeyRequest } from '../core/transaction.js'
import { type ManagementKey, type NewManagementKey, readKeyPage, readNewKey } from './answers.js'
import type { Exchange, HttpAnswer, HttpRequest } from './exchange.js'
import { withRetries } from './retry.js'
import { createStatusError } from './status-error.js'

/** Live keys that bear a label and a set of teams. */
export interface MatchingKeys {
  readonly keys: readonly ManagementKey[]
  /** Keys that bear the label but do not say which teams they are bound to. */
  readonly doubtful: readonly ManagementKey[]
  /** The service's own time when it answered (its `Date` header, whole seconds), in milliseconds. */
  readonly serverTime: number | undefined
  /** This machine's time when the answer was there, in milliseconds. */
  readonly receivedAt: number
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
  /** Revokes a key; one that is gone already counts as revoked. */
  revokeKey(keyId: string): Promise<void>
}

/** What the API client needs from outside. */
export interface ManagementApiPorts {
  readonly exchange: Exchange
  readonly clock: Clock
  readonly debug: (message: string) => void
  readonly scrub: (text: string) => string
}

/** Builds the client of `POST`, `GET` and `DELETE /v1/org/{org_id}/management_key`. */
export function createManagementApi(orgId: string, ports: ManagementApiPorts): ManagementApi {
  const { clock } = ports
  const collection = `/v1/org/${encodeURIComponent(orgId)}/management_key`

  /** One request, logged, its status checked. `wanted` completes "the request to …". */
  const request = async (
    wanted: string,
    httpRequest: HttpRequest,
    attempt: number,
    acceptStatus: (status: number) => boolean = isSuccess,
  ): Promise<HttpAnswer> => {
    const { method, path } = httpRequest
    const began = clock.now()
    const log = (outcome: string) =>
      ports.debug(
        `${method} ${path} → ${outcome} in ${clock.now() - began} ms (attempt ${attempt})`,
      )
    try {
      const answer = await ports.exchange(httpRequest)
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
      const seen = new Set<string>()
      let first: Pick<MatchingKeys, 'serverTime' | 'receivedAt'> | undefined
      let cursor: string | undefined
      do {
        const query = listQuery(keyRequest, cursor)
        const page = await withRetries(async (attempt) => {
          const answer = await request(
            'list the Management Keys',
            { method: 'GET', path: collection, query },
            attempt,
          )
          first ??= { serverTime: parseDate(answer.headers.date), receivedAt: clock.now() }
          return withContext('list the Management Keys', () => readKeyPage(answer.body))
        }, clock)
        const namesakes = page.keys.filter((key) => isNamesake(key, keyRequest))
        keys.push(...namesakes.filter((key) => hasSameTeams(key, keyRequest)))
        doubtful.push(...namesakes.filter((key) => key.teamIds === undefined))
        cursor = page.nextCursor
        if (cursor !== undefined && seen.has(cursor)) {
          throw new ActionError(
            'The Management API lists its keys in a circle (the same next_cursor came twice), so they cannot all be seen',
          )
        }
        if (cursor !== undefined) seen.add(cursor)
      } while (cursor !== undefined)
      return { keys, doubtful, serverTime: undefined, receivedAt: clock.now(), ...first }
    },

    revokeKey: async (keyId) => {
      await withRetries(
        (attempt) =>
          request(
            `revoke Management Key ${keyId}`,
            { method: 'DELETE', path: `${collection}/${encodeURIComponent(keyId)}` },
            attempt,
            (status) => isSuccess(status) || status === 404,
          ),
        clock,
      )
    },
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

function listQuery(request: KeyRequest, cursor: string | undefined): Record<string, string> {
  const teamId = request.teamIds[0]
  return {
    ...(teamId === undefined ? {} : { team_id: teamId }),
    role: 'team_admin',
    ...(cursor === undefined ? {} : { next_cursor: cursor }),
  }
}

/** Same label to the letter, and never a key of another role. */
function isNamesake(key: ManagementKey, request: KeyRequest): boolean {
  return key.label === request.label && (key.role ?? 'team_admin') === 'team_admin'
}

function hasSameTeams(key: ManagementKey, request: KeyRequest): boolean {
  const teams = new Set(key.teamIds)
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
