/**
 * Returns the requested page of a list, with links to the others.
 *
 * @template T
 * @param {T[]} items
 * @param {URLSearchParams} query
 * @param {string} url Address of the list.
 * @returns {{ items: T[], headers: Record<string, string> }}
 */
export function cutPage(items, query, url) {
  const size = Math.min(readCount(query.get('per_page'), 30), 100)
  const page = readCount(query.get('page'), 1)
  const last = Math.max(1, Math.ceil(items.length / size))
  /** @type {[string, number][]} */
  const links = []
  if (page > 1) links.push(['prev', Math.min(page - 1, last)])
  if (page < last) links.push(['next', page + 1], ['last', last])
  if (page > 1) links.push(['first', 1])
  const link = links
    .map(([rel, number]) => `<${url}?per_page=${size}&page=${number}>; rel="${rel}"`)
    .join(', ')
  return {
    items: items.slice((page - 1) * size, page * size),
    headers: link === '' ? {} : { link },
  }
}

/** @param {string | null} text @param {number} otherwise */
function readCount(text, otherwise) {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : otherwise
}
