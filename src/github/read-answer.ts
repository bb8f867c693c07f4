import { UnreadableAnswerError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'

/**
 * How to read the body of each documented status of success. A reader throws an `UnreadableAnswerError`
 * that never quotes the body.
 */
export type AnswerReaders<T> = Readonly<Record<number, (data: unknown) => T>>

/** Throws an `UnreadableAnswerError` for a status without a reader, and for a body that its reader refuses. */
export function readAnswer<T>(
  { status, data }: { readonly status: number; readonly data: unknown },
  readers: AnswerReaders<T>,
): T {
  const read = readers[status]
  if (read !== undefined) return read(data)
  throw new UnreadableAnswerError(
    `GitHub answered ${status}, but only ${joinWords(Object.keys(readers), 'or')} confirms the request`,
  )
}
