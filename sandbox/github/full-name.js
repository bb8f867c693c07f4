/**
 * Splits the full name of a repository, or refuses what is none with a TypeError.
 *
 * @param {string} fullName
 * @returns {{ owner: string, name: string }}
 */
export function splitFullName(fullName) {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(fullName) ?? []
  if (owner === undefined || name === undefined) {
    throw new TypeError('A repository is named owner/name.')
  }
  return { owner, name }
}
