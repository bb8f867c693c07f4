import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @import { CheckRun, Release } from './types.ts' */

/*
 * node .ci/release/release.js COMMAND
 *
 * What .github/workflows/release.yml does, one command a step. VERSION (1.2.3) is the release, GITHUB_SHA
 * its commit. Requests go through `gh`, which dry-run.js replaces. The REST API's own words and shapes:
 * https://docs.github.com/rest/releases/releases and https://docs.github.com/rest/checks/runs.
 */

/** @typedef {{ ref: string, object: { sha: string } }} Ref */

const GATE = 'CI passed'
const PASSED = ['success', 'neutral', 'skipped']
/** When a check starts that is still queued: after all others. */
const LATER = '9999'
/** What a runner needs of this repository (see .gitattributes). */
const SHIPPED = /^(?:LICENSE|package\.json|(?:revoke\/|prune\/)?action\.yml|dist\/[^/]+)$/
const ASSETS = 'build/release'

const version = getVariable('VERSION')
const commit = getVariable('GITHUB_SHA')
const repository = getVariable('GITHUB_REPOSITORY')
const tag = `v${version}`
const majorTag = `v${version.split('.')[0]}`

/** @type {Record<string, () => void>} */
const COMMANDS = {
  'check-version': checkVersion,
  'check-runs': checkRuns,
  archive,
  draft,
  publish,
  'move-major-tag': moveMajorTag,
}

const [name = ''] = process.argv.slice(2)
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
try {
  if (command === undefined) fail(`Write one of ${Object.keys(COMMANDS).join(', ')}`)
  command()
} catch (error) {
  console.error(`::error::${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

/** The version is new, higher than those before, and what package.json and CHANGELOG.md say. */
function checkVersion() {
  if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`"${version}" is not a version; write 1.2.3`)
  if (getVariable('GITHUB_REF') !== 'refs/heads/main') fail('Only main is released; run it there')
  /** @type {{ version: string }} */
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  if (manifest.version !== version) {
    fail(`package.json has version ${manifest.version}, not ${version}`)
  }
  readNotes()
  /** @type {Ref[][]} */
  const pages = request(`git/matching-refs/tags/${majorTag}.`, '--paginate', '--slurp')
  for (const { ref } of pages.flat()) {
    const released = ref.replace('refs/tags/v', '')
    const isNewer = version.localeCompare(released, 'en', { numeric: true }) > 0
    if (!isNewer) fail(`v${released} is released, so ${version} cannot be; raise the version`)
  }
  console.log(`${version} can be released`)
}

/** The newest run of every check of the commit passed, and the gate is among them. */
function checkRuns() {
  /** @type {{ workflow_runs: { check_suite_id: number }[] }[]} */
  const own = request(
    `actions/workflows/release.yml/runs?head_sha=${commit}&per_page=100`,
    '--paginate',
    '--slurp',
  )
  const ownSuites = own.flatMap((page) => page.workflow_runs.map((run) => run.check_suite_id))
  /** @type {{ check_runs: CheckRun[] }[]} */
  const pages = request(`commits/${commit}/check-runs?per_page=100`, '--paginate', '--slurp')
  const runs = pages
    .flatMap((page) => page.check_runs)
    .filter((run) => !ownSuites.includes(run.check_suite.id))
    .sort((one, other) => (one.started_at ?? LATER).localeCompare(other.started_at ?? LATER))
  const newest = new Map(runs.map((run) => [`${run.app.slug}: ${run.name}`, run]))
  if (!newest.has(`github-actions: ${GATE}`)) fail(`"${GATE}" has not run for ${commit}`)
  const open = [...newest.values()].filter(({ conclusion }) => !PASSED.includes(conclusion ?? ''))
  if (open.length > 0) {
    fail(
      `Not all checks of ${commit} passed: ${open
        .map((run) => `${run.name} (${run.conclusion ?? run.status})`)
        .join(', ')}`,
    )
  }
  console.log(`${newest.size} checks of ${commit} passed`)
}

/** Writes what a runner downloads, as an archive. */
function archive() {
  const title = `junction-management-key-${version}`
  mkdirSync(ASSETS, { recursive: true })
  const files = run('git', 'ls-tree', '-r', '--name-only', commit).split('\n')
  const shipped = listArchive()
  const surplus = shipped.filter((file) => !SHIPPED.test(file))
  if (surplus.length > 0) {
    fail(`No runner needs ${surplus.join(', ')}: mark them export-ignore in .gitattributes`)
  }
  const missing = files.filter((file) => SHIPPED.test(file) && !shipped.includes(file))
  if (missing.length > 0) fail(`${missing.join(', ')} must not be export-ignore in .gitattributes`)
  const file = join(ASSETS, `${title}.tar.gz`)
  run('git', 'archive', '--format=tar.gz', '-9', `--prefix=${title}/`, `--output=${file}`, commit)
  console.log(`${file} has ${shipped.length} files`)
}

/** Drafts the release of the commit, with its assets. An older draft of it makes room. */
function draft() {
  for (const release of listReleases()) {
    if (!release.draft) fail(`${tag} is published already`)
    request(`releases/${release.id}`, '--method', 'DELETE')
  }
  const assets = listAssets().map((file) => join(ASSETS, file))
  run(
    'gh',
    'release',
    'create',
    tag,
    ...assets,
    '--repo',
    repository,
    '--draft',
    '--target',
    commit,
    '--title',
    tag,
    '--notes',
    readNotes(),
  )
  console.log(`Drafted ${tag}`)
}

/** Publishes the draft if it is what `draft` made, and requires that nobody can change it any more. */
function publish() {
  const [release, ...others] = listReleases()
  if (release === undefined || others.length > 0) fail(`There must be one draft of ${tag}`)
  if (!release.draft) fail(`${tag} is published already`)
  if (release.target_commitish !== commit) {
    fail(`The draft of ${tag} targets ${release.target_commitish}, not ${commit}`)
  }
  const assets = release.assets.map((asset) => asset.name).sort()
  if (assets.join() !== listAssets().join()) fail(`The draft of ${tag} has the assets ${assets}`)
  /** @type {Release} */
  const published = request(
    `releases/${release.id}`,
    '--method',
    'PATCH',
    '-F',
    'draft=false',
    '-f',
    'make_latest=true',
  )
  if (published.immutable !== true) {
    fail(
      `${tag} is not immutable: enable immutable releases in the settings, delete it, and release again`,
    )
  }
  /** @type {Ref} */
  const ref = request(`git/ref/tags/${tag}`)
  if (ref.object.sha !== commit) fail(`${tag} is ${ref.object.sha}, not ${commit}`)
  console.log(`Published ${tag}`)
}

/** Moves v1, which has no release of its own, so that it can move. */
function moveMajorTag() {
  /** @type {Ref[]} */
  const refs = request(`git/matching-refs/tags/${majorTag}`)
  const exists = refs.some(({ ref }) => ref === `refs/tags/${majorTag}`)
  const path = exists ? `git/refs/tags/${majorTag}` : 'git/refs'
  const how = exists ? ['PATCH', '-F', 'force=true'] : ['POST', '-f', `ref=refs/tags/${majorTag}`]
  request(path, '-f', `sha=${commit}`, '--method', ...how)
  console.log(`${majorTag} is ${commit}`)
}

/** @returns {string} What CHANGELOG.md says of the version, which is its first section. */
function readNotes() {
  const [, section = ''] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m)
  const [title, ...lines] = section.split('\n')
  const notes = lines.join('\n').trim()
  if (title?.trim() !== version) fail(`The first section of CHANGELOG.md must be "## ${version}"`)
  if (notes === '') fail(`CHANGELOG.md says nothing under "## ${version}"`)
  return notes
}

/** @returns {Release[]} Releases and drafts of the tag. */
function listReleases() {
  /** @type {Release[][]} */
  const pages = request('releases?per_page=100', '--paginate', '--slurp')
  return pages.flat().filter((release) => release.tag_name === tag)
}

/** @returns {string[]} Names of the files to publish: the archive and its provenance. */
function listAssets() {
  const assets = readdirSync(ASSETS).sort()
  const title = `junction-management-key-${version}`
  const wanted = [`${title}.intoto.jsonl`, `${title}.tar.gz`]
  if (assets.join() !== wanted.join()) fail(`${ASSETS} has ${assets}, not ${wanted}`)
  return assets
}

/** @returns {string[]} Files of the archive. */
function listArchive() {
  const tar = execFileSync('git', ['archive', '--format=tar', commit], { maxBuffer: 1e8 })
  const list = execFileSync('tar', ['-t'], { input: tar, encoding: 'utf8' })
  return list.split('\n').filter((file) => file !== '' && !file.endsWith('/'))
}

/**
 * @param {string} path Below the repository.
 * @param {...string} options
 * @returns The response, as JSON.
 */
function request(path, ...options) {
  return JSON.parse(run('gh', 'api', `repos/${repository}/${path}`, ...options) || 'null')
}

/**
 * @param {string} program
 * @param {...string} args
 * @returns {string} What it printed. Its errors go to the log.
 */
function run(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8' })
}

/**
 * @param {string} name
 * @returns {string}
 */
function getVariable(name) {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  throw new Error(message)
}
