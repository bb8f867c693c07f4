/**
 * Says what is wrong with a secret's name; nothing when it will do.
 *
 * @param {string} name
 * @returns {string[]}
 */
export function findNameProblems(name) {
  const problems = []
  if (!/^\w+$/.test(name)) {
    problems.push('a secret name takes letters, digits and underscores only')
  }
  if (/^\d/.test(name)) problems.push('a secret name must not begin with a digit')
  if (/^GITHUB_/i.test(name)) problems.push('a secret name must not begin with GITHUB_')
  return problems
}
