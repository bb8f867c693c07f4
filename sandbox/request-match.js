/**
 * Which requests something applies to; without conditions it is all of them.
 *
 * @typedef {object} RequestMatch
 * @property {string} [method] Only requests with this method.
 * @property {string | RegExp} [path] Only paths (without the query) that contain or match this.
 */

/**
 * Tells whether a request is one of those that are meant.
 *
 * @param {RequestMatch} match
 * @param {{ method: string, path: string }} request
 * @returns {boolean}
 */
export function matchesRequest({ method, path }, request) {
  if (method !== undefined && method.toUpperCase() !== request.method) return false
  if (path === undefined) return true
  // search() pays no heed to lastIndex, which a RegExp with the g flag would carry along.
  return typeof path === 'string' ? request.path.includes(path) : request.path.search(path) !== -1
}
