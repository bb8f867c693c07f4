import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @import { WorkflowRun } from './types.ts' */

/*
 * node .ci/release/release.js COMMAND
 *
 * What release.yml does, one command a step. VERSION (1.2.3) is the release, GITHUB_SHA its commit. Requests
 * go through `gh`, which dry-run.js replaces. The REST API's own words and shapes:
 * https://docs.github.com/rest/releases/releases.
 */

/** @typedef {{ ref: string, object: { sha: string } }} Ref */

const PASSED = ['success', 'neutral', 'skipped']
/** What a runner needs of this repository (see .gitattributes). */
const SHIPPED = ['LICENSE', 'action.yml', 'dist', 'prune/action.yml', 'revoke/action.yml']
const ASSETS = 'build/release'

const { VERSION: version = '', GITHUB_SHA: commit = '', GITHUB_REPOSITORY } = process.env
const REPOSITORY = ['--repo', `${GITHUB_REPOSITORY}`]
const tag = `v${version}`
const majorTag = `v${version.split('.')[0]}`
const title = `junction-management-key-${version}`

/** @type {Record<string, () => string>} */
const COMMANDS = {
  'check-version': checkVersion,
  'check-runs': checkRuns,
  archive,
  publish,
  'move-major-tag': moveMajorTag,
}

try {
  console.log(COMMANDS[process.argv[2] ?? '']?.() ?? fail(`Not in ${Object.keys(COMMANDS)}`))
} catch (error) {
  console.error(`::error::${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

/** The version is new, higher than those before, and what package.json and CHANGELOG.md say. */
function checkVersion() {
  if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`"${version}" is not a version; write 1.2.3`)
  if (process.env['GITHUB_REF'] !== 'refs/heads/main') fail('Only main is released; run it there')
  /** @type {{ version: string }} */
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  if (manifest.version !== version) {
    fail(`package.json has version ${manifest.version}, not ${version}`)
  }
  readNotes()
  /** @type {Ref[]} */
  const refs = request(`git/matching-refs/tags/${majorTag}.`, '--paginate', '--slurp').flat()
  for (const { ref } of refs) {
    const released = ref.replace('refs/tags/v', '')
    const isNewer = version.localeCompare(released, 'en', { numeric: true }) > 0
    if (!isNewer) fail(`v${released} is released, so ${version} cannot be; raise the version`)
  }
  return `${version} can be released`
}

/** The newest run of every other workflow on the commit passed, and CI is among them. */
function checkRuns() {
  const filter = ['--branch', 'main', '--commit', commit, '--limit', '1000']
  const fields = ['--json', 'workflowName,status,conclusion']
  /** @type {WorkflowRun[]} Newest first. */
  const runs = JSON.parse(run('gh', 'run', 'list', ...REPOSITORY, ...filter, ...fields))
  const newest = new Map(runs.reverse().map((one) => [one.workflowName, one]))
  newest.delete('Release')
  if (!newest.has('CI')) fail(`CI has not run for ${commit}`)
  const open = [...newest.values()].filter(({ conclusion }) => !PASSED.includes(conclusion))
  const names = open.map((one) => `${one.workflowName} (${one.conclusion || one.status})`)
  if (names.length > 0) fail(`Not all checks of ${commit} passed: ${names.join(', ')}`)
  return `${newest.size} workflows passed for ${commit}`
}

/** Writes what a runner downloads, as an archive. */
function archive() {
  const file = join(ASSETS, `${title}.tar.gz`)
  mkdirSync(ASSETS, { recursive: true })
  run('git', 'archive', '--format=tar.gz', '-9', `--prefix=${title}/`, `--output=${file}`, commit)
  const paths = run('tar', '-tzf', file)
    .split('\n')
    .filter((path) => /[^/]$/.test(path))
  const names = paths.map((path) => path.slice(title.length + 1)).sort()
  const wanted = run('git', 'ls-tree', '-r', '--name-only', commit, ...SHIPPED)
    .trim()
    .split('\n')
  if (names.join() !== wanted.sort().join()) {
    fail(`A runner would download ${names.join(', ')}: correct .gitattributes`)
  }
  return `${file} has ${names.length} files`
}

/**
 * Publishes the release of the commit: `gh` drafts it, uploads the archive and its provenance, and only then publishes
 * it. Requires that nobody can change it any more.
 */
function publish() {
  const assets = [`${title}.intoto.jsonl`, `${title}.tar.gz`].map((name) => join(ASSETS, name))
  const target = [...REPOSITORY, '--target', commit, '--latest']
  run('gh', 'release', 'create', tag, ...assets, ...target, '--title', tag, '--notes', readNotes())
  /** @type {{ immutable?: boolean }} */
  const { immutable } = request(`releases/tags/${tag}`)
  if (immutable !== true) {
    fail(`${tag} is not immutable: enable immutable releases, delete it, and release again`)
  }
  /** @type {Ref} */
  const ref = request(`git/ref/tags/${tag}`)
  if (ref.object.sha !== commit) fail(`${tag} is ${ref.object.sha}, not ${commit}`)
  return `Published ${tag}`
}

/** Moves v1, which has no release of its own, so that it can move. */
function moveMajorTag() {
  /** @type {Ref[]} */
  const refs = request(`git/matching-refs/tags/${majorTag}`)
  const exists = refs.some(({ ref }) => ref === `refs/tags/${majorTag}`)
  const path = exists ? `git/refs/tags/${majorTag}` : 'git/refs'
  const how = exists ? ['PATCH', '-F', 'force=true'] : ['POST', '-f', `ref=refs/tags/${majorTag}`]
  request(path, '-f', `sha=${commit}`, '--method', ...how)
  return `${majorTag} is ${commit}`
}

/** What CHANGELOG.md says of the version, which is its first section. */
function readNotes() {
  const [, section = ''] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m)
  const [heading, ...lines] = section.split('\n')
  const notes = lines.join('\n').trim()
  if (heading?.trim() !== version) fail(`The first section of CHANGELOG.md must be "## ${version}"`)
  if (notes === '') fail(`CHANGELOG.md says nothing under "## ${version}"`)
  return notes
}

/** @param {string} path Below the repository. @param {...string} options */
function request(path, ...options) {
  return JSON.parse(run('gh', 'api', `repos/${GITHUB_REPOSITORY}/${path}`, ...options) || 'null')
}

/** Returns what a program printed; its errors go to the log. @param {string} program @param {...string} args */
function run(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1e8 })
}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message)
}
