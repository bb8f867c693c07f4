/**
 * Writes an error as GitHub does.
 *
 * @param {number} status
 * @param {string} message
 * @returns {Record<string, string>}
 */
export function errorBody(status, message) {
  return { message, documentation_url: 'https://docs.github.com/rest', status: String(status) }
}
