import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/*
 * Makes dist/ of BRANCH, which is at the commit HEAD, equal to the folder DIST, and starts CI for it: GitHub
 * starts no workflow for a commit of GITHUB_TOKEN. DIST was built by code that nobody has reviewed, so only
 * plain files with plain names are taken. The commit is made by GitHub, which signs it, and rejects it if the
 * branch has moved:
 * https://docs.github.com/graphql/reference/mutations#createcommitonbranch
 */

const { BRANCH = '', HEAD = '', DIST = '', GITHUB_REPOSITORY = '' } = process.env
const QUERY =
  'mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }'

const entries = readdirSync(DIST, { withFileTypes: true })
const odd = entries.filter((entry) => !entry.isFile() || !/^[\w-][\w.-]*$/.test(entry.name))
if (odd.length > 0) throw new Error(`${odd.length} entries of the new dist are not plain files`)

/** @type {{ name: string }[]} */
const old = JSON.parse(request(`repos/${GITHUB_REPOSITORY}/contents/dist?ref=${HEAD}`))
const names = entries.map(({ name }) => name)
const additions = names.map((name) => {
  return { path: `dist/${name}`, contents: readFileSync(join(DIST, name)).toString('base64') }
})
const deletions = old.flatMap(({ name }) =>
  names.includes(name) ? [] : [{ path: `dist/${name}` }],
)
const input = {
  branch: { repositoryNameWithOwner: GITHUB_REPOSITORY, branchName: BRANCH },
  expectedHeadOid: HEAD,
  message: { headline: 'Build dist with the updated packages' },
  fileChanges: { additions, deletions },
}
const sent = JSON.stringify({ query: QUERY, variables: { input } })
execFileSync('gh', ['api', 'graphql', '--input', '-'], { input: sent })
const dispatches = `repos/${GITHUB_REPOSITORY}/actions/workflows/ci.yml/dispatches`
request(dispatches, '--method', 'POST', '-f', `ref=${BRANCH}`)
console.log('Committed dist/, and started CI')

/** @param {...string} args */
function request(...args) {
  return execFileSync('gh', ['api', ...args], { encoding: 'utf8', maxBuffer: 1e8 })
}
