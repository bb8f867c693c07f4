import type { IncomingHttpHeaders } from 'node:http'
import {
  ActionError,
  ConnectionError,
  explainError,
  HttpStatusError,
  UnreadableResponseError,
} from '../core/errors.js'
import { isRecord, parseJson } from '../core/json.js'
import { joinWords } from '../core/plain-text.js'
import { HTML_TAG, showForeign } from '../core/scrub.js'
import { formatTime } from '../core/time.js'
import type { Exchange, HttpRequest, HttpResponse } from './exchange.js'
import { LONGEST_RETRY_AFTER_MS, type RetryPorts } from './retry.js'

export interface ClientPorts extends RetryPorts {
  readonly exchange: Exchange
  readonly debug: (message: string) => void
  readonly scrub: (text: string) => string
}

/** The status and the headers of a response, and its body where that is JSON. */
export interface ServiceResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly data: unknown
}

/** What distinguishes a service. */
export interface ServiceProfile {
  /** How errors begin; `wanted` completes "the request to …". */
  readonly returned: (status: number, wanted: string) => string
  readonly gaveNoResponse: (wanted: string) => string
  readonly isUnreadable: (wanted: string) => string
  readonly longestDetail: number
  /** Its own message in the body of an error, or what a redirect means; `''` for none. */
  readonly readDetail: (response: ServiceResponse) => string
  /** What to check after an error, given its own message and the permission; `''` for nothing. */
  readonly advise: (response: ServiceResponse, detail: string, permission: string) => string
  /** Milliseconds to wait before the next attempt, if it asks for that. */
  readonly readPause: (response: ServiceResponse, detail: string) => number | undefined
}

export interface ServiceRequest extends HttpRequest {
  /** Completes "the request to …" in errors that say so. */
  readonly wanted?: string
  /** What the credentials of the request need, in the words of the service. */
  readonly permission?: string
}

/** Reads a body. Throws an `UnreadableResponseError` that never quotes it. */
export type Reader<T> = (data: unknown, headers: IncomingHttpHeaders) => T

/** How to read each status that is documented, or every 2xx. */
export type Readers<T> = Reader<T> | Readonly<Record<number, Reader<T>>>

/**
 * Sends one attempt of a request, and reads the response by its status.
 * Throws `HttpStatusError`, `ConnectionError` or `UnreadableResponseError`, which say what was requested of whom.
 */
export type Service = <T>(
  request: ServiceRequest,
  attempt: number,
  readers: Readers<T>,
) => Promise<T>

/** What a body is that is HTML, which no API here sends. */
const PAGE = 'a web page that something in between sent, such as a proxy or a firewall'

/** Builds the one way in which requests to a service are sent, judged, read and explained. */
export function createService(profile: ServiceProfile, ports: ClientPorts): Service {
  return async ({ wanted = '', permission = '', ...request }, attempt, readers) => {
    const attempts = attempt === 1 ? '' : ` after ${attempt} attempts`
    try {
      const { status, headers, body } = await send(request, attempt, ports)
      const data = parseJson(body)
      const isPage = data === undefined && HTML_TAG.test(body)
      const read = findReader(readers, status)
      if (read === undefined) {
        throw createStatusError({ status, headers, data, body, isPage }, profile, ports.scrub, {
          begin: `${profile.returned(status, wanted)}${attempts}`,
          permission,
        })
      }
      if (isPage) throw new UnreadableResponseError(`it is ${PAGE}`)
      return read(data, headers)
    } catch (error) {
      const options = { cause: error }
      if (error instanceof ConnectionError) {
        const message = `${profile.gaveNoResponse(wanted)}${attempts}: ${error.message}`
        throw new ConnectionError(message, error.failure, options)
      }
      if (error instanceof UnreadableResponseError) {
        const message = `${profile.isUnreadable(wanted)}${attempts}: ${error.message}`
        throw new UnreadableResponseError(message, error.keyId, options)
      }
      throw error
    }
  }
}

/** `undefined` for a status of failure without a reader. */
function findReader<T>(readers: Readers<T>, status: number): Reader<T> | undefined {
  const read = typeof readers === 'function' ? undefined : readers[status]
  if (read !== undefined || status < 200 || status >= 300) return read
  if (typeof readers === 'function') return readers
  return () => {
    throw new UnreadableResponseError(
      `the status is ${status}, and only ${joinWords(Object.keys(readers), 'or')} confirms the request`,
    )
  }
}

/** Sends one attempt, and writes what came of it to the debug log. */
async function send(
  request: HttpRequest,
  attempt: number,
  { exchange, clock, debug }: ClientPorts,
): Promise<HttpResponse> {
  const { method, url } = request
  const began = clock.now()
  const log = (outcome: string) =>
    debug(
      `${method} ${new URL(url).pathname} → ${outcome} in ${clock.now() - began} ms (attempt ${attempt})`,
    )
  try {
    // For a retry, the former may have gone stale in the pause, or lead to what failed. A create that meets the end of an
    // idle connection is reset before it is read, which looks like one that was obeyed.
    const needsNewConnection = method === 'POST' || attempt > 1
    const response = await exchange({ ...request, needsNewConnection })
    log(String(response.status))
    return response
  } catch (error) {
    log(explainError(error))
    throw error
  }
}

function createStatusError(
  { body, isPage, ...response }: ServiceResponse & { body: string; isPage: boolean },
  profile: ServiceProfile,
  scrub: (text: string) => string,
  { begin, permission }: { readonly begin: string; readonly permission: string },
): HttpStatusError {
  const { status, data } = response
  const isRedirect = status >= 300 && status < 400
  const words = typeof data === 'string' ? data : body
  const own = isRedirect || isRecord(data) ? profile.readDetail(response) : words
  const shown = HTML_TAG.test(own) ? '' : showForeign(own, profile.longestDetail, scrub)
  const detail = isPage ? PAGE : shown.replace(/\.+$/, '')
  const pause = profile.readPause(response, own)
  const advice = describePause(pause) || (isPage ? '' : profile.advise(response, own, permission))
  const message = `${begin}${detail && `: ${detail}`}${advice && `. ${advice}`}`
  const { location } = response.headers
  return new HttpStatusError(message, status, pause, { isPage, location })
}

function describePause(pause: number | undefined): string {
  if (pause === undefined || pause === 0) return ''
  const until = `It asks to wait until ${formatTime(Date.now() + pause)}`
  return pause > LONGEST_RETRY_AFTER_MS ? `${until}, which is too long for a job` : until
}

/** Whether a request failed with the service's own 404: no such thing, or none that it shows. */
export function isNotFound(error: unknown): error is HttpStatusError {
  return error instanceof HttpStatusError && error.status === 404 && !error.isPage
}

/**
 * Throws unless a failed request got a 404, and a list shows that its subject is gone: a wrong URL or a gateway
 * returns 404, too. Returns whether the request did that itself, in an attempt whose response was lost.
 */
export async function confirmGone(
  error: unknown,
  list: string,
  isListed: () => Promise<boolean>,
): Promise<boolean> {
  if (!isNotFound(error)) throw error
  let problem = `${list} still contains it`
  try {
    if (!(await isListed())) return error.mayHaveTakenEffect
  } catch (cause) {
    problem = `${list} could not confirm that it is gone: ${explainError(cause)}`
  }
  throw new ActionError(`${error.message}. ${problem}`, { cause: error })
}
