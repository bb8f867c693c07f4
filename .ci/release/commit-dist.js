import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @import { CommitInput } from './types.ts' */

/*
 * Makes dist/ of BRANCH, which is at the commit HEAD, equal to the folder DIST, and starts CI for it: GitHub
 * starts no workflow for a commit of GITHUB_TOKEN. DIST was built by code that nobody has reviewed, so only
 * plain files with plain names are taken. The commit is made by GitHub, which signs it, and rejects it if the
 * branch has moved:
 * https://docs.github.com/graphql/reference/mutations#createcommitonbranch
 */

const MUTATION =
  'mutation ($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }'

const { BRANCH = '', HEAD = '', DIST = '', GITHUB_REPOSITORY = '' } = process.env

const entries = readdirSync(DIST, { withFileTypes: true })
const odd = entries.filter((entry) => !entry.isFile() || !/^[\w-][\w.-]*$/.test(entry.name))
if (odd.length > 0) throw new Error(`${odd.length} entries of the new dist are not plain files`)
const files = entries.map(({ name }) => ({
  path: `dist/${name}`,
  content: readFileSync(join(DIST, name)),
}))

/** @type {{ tree: { path: string, type: string, sha: string }[] }} */
const { tree } = request(`repos/${GITHUB_REPOSITORY}/git/trees/${HEAD}?recursive=1`)
const committed = new Map(
  tree
    .filter(({ path, type }) => type === 'blob' && path.startsWith('dist/'))
    .map(({ path, sha }) => [path, sha]),
)
const additions = files
  .filter(({ path, content }) => committed.get(path) !== hashBlob(content))
  .map(({ path, content }) => ({ path, contents: content.toString('base64') }))
const deletions = [...committed.keys()]
  .filter((path) => !files.some((file) => file.path === path))
  .map((path) => ({ path }))

if (additions.length + deletions.length === 0) console.log('dist/ is up to date')
else commit({ additions, deletions })

/** @param {CommitInput['fileChanges']} fileChanges */
function commit(fileChanges) {
  /** @type {CommitInput} */
  const input = {
    branch: { repositoryNameWithOwner: GITHUB_REPOSITORY, branchName: BRANCH },
    expectedHeadOid: HEAD,
    message: { headline: 'Build dist with the updated packages' },
    fileChanges,
  }
  const file = `${DIST}.json`
  writeFileSync(file, JSON.stringify({ query: MUTATION, variables: { input } }))
  request('graphql', '--input', file)
  rmSync(file)
  request(
    `repos/${GITHUB_REPOSITORY}/actions/workflows/ci.yml/dispatches`,
    '--method',
    'POST',
    '-f',
    `ref=${BRANCH}`,
  )
  console.log(`Committed ${additions.length + deletions.length} files, and started CI`)
}

/**
 * @param {...string} args
 * @returns The response, as JSON.
 */
function request(...args) {
  return JSON.parse(execFileSync('gh', ['api', ...args], { encoding: 'utf8' }) || 'null')
}

/**
 * @param {Buffer} content
 * @returns {string} The object ID that git gives a file.
 */
function hashBlob(content) {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex')
}
