/**
 * Writes a time as GitHub does: UTC, in whole seconds.
 *
 * @param {Date} time
 * @returns {string}
 */
export function formatTime(time) {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}
