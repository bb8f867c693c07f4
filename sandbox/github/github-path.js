/**
 * A path of the GitHub API, taken apart.
 *
 * @typedef {object} GitHubPath
 * @property {string} base The base path under which it was called.
 * @property {boolean} enterprise Whether that is where GitHub Enterprise Server has its API.
 * @property {string[]} segments The rest, split at its slashes and decoded.
 */

/** Base path of the stand-in for api.github.com. */
export const githubBase = '/github'

/** Base path of the stand-in for GitHub Enterprise Server. */
export const enterpriseBase = '/api/v3'

/**
 * Tells whether a path belongs to the GitHub half of the sandbox.
 *
 * @param {string} path
 * @returns {boolean}
 */
export function isGitHubPath(path) {
  return findBase(path) !== undefined
}

/**
 * Takes a path apart; undefined when it is none of the GitHub API. A path that cannot be decoded
 * has no segments, and so leads nowhere.
 *
 * @param {string} path
 * @returns {GitHubPath | undefined}
 */
export function parseGitHubPath(path) {
  const base = findBase(path)
  if (base === undefined) return undefined
  return {
    base,
    enterprise: base === enterpriseBase,
    segments: decodeSegments(path.slice(base.length + 1)),
  }
}

/**
 * @param {string} path
 * @returns {string | undefined}
 */
function findBase(path) {
  return [githubBase, enterpriseBase].find((base) => path === base || path.startsWith(`${base}/`))
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function decodeSegments(path) {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return []
  }
}
