import { ActionError, UnreadableResponseError } from '../core/errors.js'
import { isRecord } from '../core/json.js'
import type { GitHubApi } from './client.js'

/** The most GitHub puts on one page. */
const PAGE_SIZE = 100

/** A list with more pages is considered endless. */
const MOST_PAGES = 1_000

/** What identifies an item of a list; `undefined` for an item that cannot be read. */
type ReadItem<T> = (item: Readonly<Record<string, unknown>>) => T | undefined

/**
 * Reads a list, in this field of the response, to its end on all pages. Throws what the client throws, also where an item
 * would have to be guessed: left out, it would pass for one that does not exist. Throws an `ActionError` for an endless list.
 */
export async function listAll<T>(
  api: GitHubApi,
  route: string,
  parameters: Readonly<Record<string, string>>,
  field: string,
  readItem: ReadItem<T>,
): Promise<readonly T[]> {
  const items: T[] = []
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const paged = { ...parameters, per_page: PAGE_SIZE, page }
    const { total, found } = await api.request(`GET ${route}`, paged, {
      200: (data) => readPage(data, items.length, field, readItem),
    })
    items.push(...found)
    // A page may be shorter than asked for; only the count says that it was the last.
    if (items.length >= total) return items
  }
  throw new ActionError(
    `GitHub's list of ${field} has more than ${MOST_PAGES} pages, so it cannot be read completely`,
  )
}

function readPage<T>(
  data: unknown,
  seen: number,
  field: string,
  readItem: ReadItem<T>,
): { readonly total: number; readonly found: readonly T[] } {
  const { [field]: list, total_count: total } = isRecord(data) ? data : {}
  if (!Array.isArray(list) || typeof total !== 'number') {
    throw new UnreadableResponseError(`it is not a list of ${field}`)
  }
  const items: readonly unknown[] = list
  const found = items.flatMap((item) => (isRecord(item) ? (readItem(item) ?? []) : []))
  if (found.length < items.length) {
    throw new UnreadableResponseError(`the list of ${field} contains an unreadable item`)
  }
  if (found.length === 0 && seen < total) {
    throw new UnreadableResponseError(`the list of ${field} is shorter than its total_count`)
  }
  return { total, found }
}
