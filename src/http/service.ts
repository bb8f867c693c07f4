import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../core/clock.js'
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
import { LONGEST_RETRY_AFTER_MS, parseRetryAfter, type RetryPorts } from './retry.js'

export interface ClientPorts extends RetryPorts {
  readonly exchange: Exchange
  readonly debug: (message: string) => void
  readonly scrub: (text: string) => string
}

export type ServiceResponse = Pick<HttpResponse, 'status' | 'headers'>

export interface ServiceProfile {
  /** As in the middle of a sentence. */
  readonly name: string
  readonly credential: 'key' | 'token'
  /** The input with its base URL. */
  readonly urlInput: string
  /** Its own message in the body of an error; `''` for none. */
  readonly readDetail: (body: Readonly<Record<string, unknown>>) => string
  /** What to check after an error, given its own message and the permission; `''` for nothing. */
  readonly advise: (status: number, detail: string, permission: string) => string
  /** Milliseconds to wait before the next attempt, where it says that otherwise than with `Retry-After`. */
  readonly readPause?: (response: ServiceResponse, detail: string) => number | undefined
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

const LONGEST_DETAIL = 400

/** How long a service is left alone that has too many requests and does not say for how long, in milliseconds. */
const UNNAMED_PAUSE_MS = 1_000

/** How much too early a timer may ring, in milliseconds. */
const TIMER_ERROR_MS = 20

/** What a body is that is HTML, which no API here sends. */
const PAGE = 'a web page that something in between sent, such as a proxy or a firewall'

/** Builds the one way in which requests to a service are sent, judged, read and explained. */
export function createService(profile: ServiceProfile, ports: ClientPorts): Service {
  const { clock, scrub } = ports
  let pausedUntil = 0
  return async (request, attempt, readers) => {
    const begin = beginErrors(profile.name, request.wanted, attempt)
    // A pause that one request was asked for holds for all.
    while (pausedUntil - clock.now() > TIMER_ERROR_MS) await clock.sleep(pausedUntil - clock.now())
    try {
      const response = await send(request, attempt, ports)
      const data = parseJson(response.body)
      const isPage = data === undefined && HTML_TAG.test(response.body)
      const read = findReader(readers, response.status)
      if (read === undefined) {
        const failure = { ...response, data, isPage, permission: request.permission }
        const error = createStatusError(begin.returned(response.status), failure, profile, scrub)
        // That of a create holds up the next create alone: a step that has to end looks for a lost key before.
        if (request.method !== 'POST') pausedUntil = Math.max(pausedUntil, findEnd(error, clock))
        throw error
      }
      if (isPage) throw new UnreadableResponseError(`it is ${PAGE}`)
      return read(data, response.headers)
    } catch (error) {
      throw explain(error, begin)
    }
  }
}

type Beginnings = ReturnType<typeof beginErrors>

function beginErrors(service: string, wanted = '', attempt: number) {
  const Service = service.replace(/^./, (first) => first.toUpperCase())
  const to = wanted && ` the request to ${wanted}`
  const attempts = attempt === 1 ? '' : ` after ${attempt} attempts`
  return {
    returned: (status: number) => `${Service} returned ${status}${to && ` for${to}`}${attempts}`,
    noResponse: `No response from ${service}${to && ` to${to}`}${attempts}`,
    unreadable: wanted
      ? `${Service}'s response to the request to ${wanted} is unreadable${attempts}`
      : `${Service}'s response is unreadable${attempts}`,
  }
}

/** An error of an attempt that says what was requested of whom. */
function explain(error: unknown, { noResponse, unreadable }: Beginnings): unknown {
  const options = { cause: error }
  if (error instanceof ConnectionError) {
    return new ConnectionError(`${noResponse}: ${error.message}`, error.failure, options)
  }
  if (error instanceof UnreadableResponseError) {
    return new UnreadableResponseError(`${unreadable}: ${error.message}`, error.keyId, options)
  }
  return error
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
    // For a retry, the former may be stale, or lead to what failed. A create that meets the end of an idle connection is
    // reset before it is read, which looks like one that was obeyed.
    const needsNewConnection = method === 'POST' || attempt > 1
    const response = await exchange({ ...request, needsNewConnection })
    log(String(response.status))
    return response
  } catch (error) {
    log(explainError(error))
    throw error
  }
}

/** When a pause ends that an error asks for; 0 for none, or for one that is too long for a job. */
function findEnd({ status, retryAfterMs }: HttpStatusError, clock: Clock): number {
  const pause = retryAfterMs ?? (status === 429 ? UNNAMED_PAUSE_MS : Infinity)
  return pause > LONGEST_RETRY_AFTER_MS ? 0 : clock.now() + pause
}

interface Failure extends HttpResponse {
  readonly data: unknown
  readonly isPage: boolean
  readonly permission: string | undefined
}

function createStatusError(
  begin: string,
  failure: Failure,
  profile: ServiceProfile,
  scrub: (text: string) => string,
): HttpStatusError {
  const { status, headers, isPage, permission = '' } = failure
  const own = findDetail(failure, profile)
  const shown = HTML_TAG.test(own) ? '' : showForeign(own, LONGEST_DETAIL, scrub)
  const detail = isPage ? PAGE : shown.replace(/\.+$/, '')
  const asked = parseRetryAfter(headers['retry-after'], headers.date, Date.now())
  const pause = asked ?? profile.readPause?.(failure, own)
  const advice = describePause(pause) || (isPage ? '' : profile.advise(status, own, permission))
  const message = `${begin}${detail && `: ${detail}`}${advice && `. ${advice}`}`
  return new HttpStatusError(message, status, pause, { isPage, location: headers.location })
}

function findDetail(
  { status, headers: { location = '' }, data, body }: Failure,
  { credential, urlInput, readDetail }: ServiceProfile,
): string {
  if (status >= 300 && status < 400) {
    const target = URL.canParse(location) ? new URL(location).origin : 'another address'
    return `a redirect to ${target}, which is not followed because that would forward the ${credential}; set ${urlInput} to the final address`
  }
  if (isRecord(data)) return readDetail(data)
  return typeof data === 'string' ? data : body
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
