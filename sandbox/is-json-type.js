/**
 * Tells whether a content type promises JSON.
 *
 * @param {string | undefined} contentType
 * @returns {boolean}
 */
export function isJsonType(contentType = '') {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(contentType)
}
