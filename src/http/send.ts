import type { Clock } from '../core/clock.js'
import { explainError } from '../core/errors.js'
import type { Exchange, HttpRequest, HttpResponse } from './exchange.js'

/** What the client of a service needs from outside. */
export interface ClientPorts {
  readonly exchange: Exchange
  readonly clock: Clock
  readonly debug: (message: string) => void
  readonly scrub: (text: string) => string
}

/** Sends one attempt of a request, and writes what came of it to the debug log. Throws what the exchange throws. */
export async function send(
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
    // A retry opens a connection: the former may have gone stale in the pause, or lead to what failed.
    const needsNewConnection = request.needsNewConnection === true || attempt > 1
    const response = await exchange({ ...request, needsNewConnection })
    log(String(response.status))
    return response
  } catch (error) {
    log(explainError(error))
    throw error
  }
}
