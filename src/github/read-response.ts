import { UnreadableResponseError } from '../core/errors.js'
import { joinWords } from '../core/plain-text.js'

/**
 * How to read the body of each documented status of success. A reader throws an `UnreadableResponseError`
 * that never quotes the body.
 */
export type ResponseReaders<T> = Readonly<Record<number, (data: unknown) => T>>

/** Throws an `UnreadableResponseError` for a status without a reader, and for a body that its reader refuses. */
export function readResponse<T>(
  { status, data }: { readonly status: number; readonly data: unknown },
  readers: ResponseReaders<T>,
): T {
  const read = readers[status]
  if (read !== undefined) return read(data)
  throw new UnreadableResponseError(
    `GitHub returned ${status}, but only ${joinWords(Object.keys(readers), 'or')} confirms the request`,
  )
}
