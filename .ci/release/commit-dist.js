import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
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

/** @type {{ tree: { path: string, type: string, sha: string }[] }} */
const { tree } = JSON.parse(request(`repos/${GITHUB_REPOSITORY}/git/trees/${HEAD}?recursive=1`))
const old = new Map(
  tree.flatMap(({ path, type, sha }) =>
    type === 'blob' && path.startsWith('dist/') ? [[path, sha]] : [],
  ),
)
const additions = entries.flatMap(({ name }) => {
  const [path, content] = [`dist/${name}`, readFileSync(join(DIST, name))]
  // The object ID that git gives a file.
  const hash = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
  return old.get(path) === hash ? [] : [{ path, contents: content.toString('base64') }]
})
const kept = entries.map(({ name }) => `dist/${name}`)
const deletions = [...old.keys()].flatMap((path) => (kept.includes(path) ? [] : [{ path }]))
const count = additions.length + deletions.length

if (count > 0) {
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
}
console.log(count > 0 ? `Committed ${count} files, and started CI` : 'dist/ is up to date')

/** @param {...string} args */
function request(...args) {
  return execFileSync('gh', ['api', ...args], { encoding: 'utf8', maxBuffer: 1e8 })
}
