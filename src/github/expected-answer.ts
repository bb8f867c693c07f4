import { UnreadableAnswerError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'

/**
 * How to read the body of each documented status of success. A reader throws an `UnreadableAnswerError`
 * that never quotes the body.
 */
export type AnswerReaders<T> = Readonly<Record<number, (data: unknown) => T>>

/** What counts as success for one request. */
export class ExpectedAnswer<T> {
  readonly #readers: AnswerReaders<T>

  constructor(readers: AnswerReaders<T>) {
    this.#readers = readers
  }

  /** Throws an `UnreadableAnswerError` for any other status, and for a body that its reader refuses. */
  read({ status, data }: { readonly status: number; readonly data: unknown }): T {
    const read = this.#readers[status]
    if (read !== undefined) return read(data)
    throw new UnreadableAnswerError(
      `GitHub answered ${status}, but only ${joinWords(Object.keys(this.#readers), 'or')} confirms the request`,
    )
  }
}
