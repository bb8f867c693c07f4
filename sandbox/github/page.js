/**
 * Returns the requested page of a list.
 *
 * @template T
 * @param {T[]} items
 * @param {URLSearchParams} query
 * @returns {T[]}
 */
export function cutPage(items, query) {
  const size = Math.min(readCount(query.get('per_page'), 30), 100)
  const page = readCount(query.get('page'), 1)
  return items.slice((page - 1) * size, page * size)
}

/** @param {string | null} text @param {number} otherwise */
function readCount(text, otherwise) {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : otherwise
}
