import { listLines, type Message, writeOut } from './message.js'

/** Base of every error this action raises itself; its message is for the reader of the log. */
export class ActionError extends Error {
  readonly text: Message

  constructor(message: Message, options?: ErrorOptions) {
    super(writeOut(message), options)
    this.text = message
  }
}

/** Thrown before any request when inputs are wrong; `problems` has one line for each. */
export class InputError extends ActionError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      problems.length === 1
        ? `${problems[0]}`
        : listLines(`${problems.length} inputs need attention:`, problems),
    )
    this.problems = problems
  }
}

/** Base of the errors with which requests to a service end. */
export abstract class FailedRequestError extends ActionError {
  /** Whether a write may have taken effect, in this attempt or an earlier one (`withRetries` keeps track of those). */
  mayHaveTakenEffect = false
}

/** Thrown when the runner cancels the step where it can safely stop, such as before a request or between its attempts. */
export class CancelledError extends FailedRequestError {}

/** Handles the rejection of what a cancellation may cut short. */
export function ignoreCancellation(error: unknown): void {
  if (!(error instanceof CancelledError)) throw error
}

/** Only `broken` may have been sent; `silent`: no connection in time; `untrusted`: TLS or proxy, the same every time. */
export type ConnectionFailure = 'unreachable' | 'silent' | 'untrusted' | 'broken'

/** No complete response arrived: refused, reset, timed out, truncated, or too large. */
export class ConnectionError extends FailedRequestError {
  readonly failure: ConnectionFailure

  constructor(message: string, failure: ConnectionFailure, options?: ErrorOptions) {
    super(message, options)
    this.mayHaveTakenEffect = failure === 'broken'
    this.failure = failure
  }
}

/** Thrown for a status outside 2xx. A request that got a redirect, 408, 409 or 5xx may have taken effect. */
export class HttpStatusError extends FailedRequestError {
  readonly status: number
  /** Milliseconds the service asked to wait, if it did. */
  readonly retryAfterMs: number | undefined
  /** Whether the body is a web page, which the service itself never sends. */
  readonly isPage: boolean
  /** Where a redirect leads. */
  readonly location: string | undefined

  constructor(
    message: string,
    status: number,
    retryAfterMs?: number,
    more: { readonly isPage?: boolean; readonly location?: string | undefined } = {},
  ) {
    super(message)
    this.mayHaveTakenEffect = status < 400 || status === 408 || status === 409 || status >= 500
    this.status = status
    this.retryAfterMs = retryAfterMs
    this.isPage = more.isPage ?? false
    this.location = more.location
  }
}

/** Thrown when a 2xx response lacks what the action relies on. `keyId` is set if at least the ID is readable. */
export class UnreadableResponseError extends FailedRequestError {
  readonly keyId: string | undefined

  constructor(message: string, keyId?: string, options?: ErrorOptions) {
    super(message, options)
    this.mayHaveTakenEffect = true
    this.keyId = keyId
  }
}

/** Thrown when unused keys are, or may be, still active; the message names their IDs, if they are known. */
export class StrayKeysError extends ActionError {
  readonly keyIds: readonly string[]

  constructor(message: string, keyIds: readonly string[], options?: ErrorOptions) {
    super(message, options)
    this.keyIds = keyIds
  }
}

/** What to show of a thrown value: the message, complete in an `ActionError`, and else what its causes add. */
export function explainError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const own = thrown.message || thrown.name
  if (thrown instanceof ActionError || thrown.cause === undefined) return own
  const cause = explainError(thrown.cause)
  return own.includes(cause) ? own : `${own} (${cause})`
}
