/**
 * Tells whether a value of unknown origin is a plain JSON object, so that its fields can be read.
 *
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
export function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
