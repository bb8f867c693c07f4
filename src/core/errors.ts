/** Base of every error this action raises itself; its message is written for the reader of the log. */
export class ActionError extends Error {
  override name = 'ActionError'
}

/** Thrown before any request when inputs are wrong; `problems` holds one line for each of them. */
export class InputError extends ActionError {
  override name = 'InputError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? `${problems[0]}`
        : `${problems.length} inputs need attention:\n${problems.map((line) => `- ${line}`).join('\n')}`,
    )
    this.problems = problems
  }
}

/** Thrown when the runner cancels the step at a point where stopping is safe. */
export class CancelledError extends ActionError {
  override name = 'CancelledError'
}

/** Base of what a request to a service throws. */
export abstract class FailedRequestError extends ActionError {
  /**
   * Whether a write may have taken effect: now, or in an earlier attempt of the same request that got no
   * clear answer (`withRetries` keeps track of those).
   */
  mayHaveBeenObeyed: boolean

  constructor(message: string, mayHaveBeenObeyed: boolean, options?: ErrorOptions) {
    super(message, options)
    this.mayHaveBeenObeyed = mayHaveBeenObeyed
  }
}

/**
 * How far a request came before the connection failed:
 * `unreachable` and `untrusted` (TLS, or a proxy that cannot be used) never sent it, `broken` may have sent it and may have been obeyed.
 */
export type ConnectionFailure = 'unreachable' | 'untrusted' | 'broken'

/** Thrown when no whole answer arrived: refused, reset, timed out, cut short, or too large. */
export class ConnectionError extends FailedRequestError {
  override name = 'ConnectionError'
  readonly failure: ConnectionFailure

  constructor(message: string, failure: ConnectionFailure, options?: ErrorOptions) {
    super(message, failure === 'broken', options)
    this.failure = failure
  }
}

/** Thrown when a service answers with a status outside 2xx. Redirects, 408, 409 and 5xx may come after the work was done. */
export class HttpStatusError extends FailedRequestError {
  override name = 'HttpStatusError'
  readonly status: number
  /** Milliseconds the service asked to wait, if it did. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    status: number,
    retryAfterMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(message, status < 400 || status === 408 || status === 409 || status >= 500, options)
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

/** Thrown when a 2xx answer lacks what the action relies on. `keyId` is set when at least the id was legible. */
export class UnreadableResponseError extends FailedRequestError {
  override name = 'UnreadableResponseError'
  readonly keyId: string | undefined

  constructor(message: string, keyId?: string, options?: ErrorOptions) {
    super(message, true, options)
    this.keyId = keyId
  }
}

/** Thrown when live keys remain (or may remain) that nobody holds; the message names their ids. */
export class StrayKeysError extends ActionError {
  override name = 'StrayKeysError'
}

/**
 * One text for a thrown value. The message of an `ActionError` is whole in itself; any other error is
 * followed by the messages of its causes where they add something.
 */
export function explainError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const own = thrown.message || thrown.name
  if (thrown instanceof ActionError || thrown.cause === undefined) return own
  const cause = explainError(thrown.cause)
  return own.includes(cause) ? own : `${own} (${cause})`
}
