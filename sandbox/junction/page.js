/**
 * Lists one page, in creation order. The cursor names the last entry seen, so it stays good when
 * entries are revoked between two pages.
 *
 * @template {{ id: string }} T
 * @param {T[]} all
 * @param {(entry: T) => boolean} wanted
 * @param {string | null} cursor
 * @param {number} size
 */
export function cutPage(all, wanted, cursor, size) {
  const rest = all.slice(all.findIndex(({ id }) => toCursor(id) === cursor) + 1).filter(wanted)
  const page = rest.slice(0, size)
  const last = page.at(-1)
  return { page, nextCursor: last && rest.length > size ? toCursor(last.id) : null }
}

/** Whether a cursor is one of this list's. @param {unknown} value @param {{ id: string }[]} entries */
export function isCursor(value, entries) {
  return entries.some(({ id }) => toCursor(id) === value)
}

/** @param {string} id */
function toCursor(id) {
  return Buffer.from(`after:${id}`).toString('base64url')
}
