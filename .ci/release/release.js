import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @import { CheckRun } from './types.ts' */

/*
 * node .ci/release/release.js COMMAND
 *
 * What .github/workflows/release.yml does, one command a step. VERSION (1.2.3) is the release, GITHUB_SHA
 * its commit. Requests go through `gh`, which dry-run.js replaces. The REST API's own words and shapes:
 * https://docs.github.com/rest/releases/releases and https://docs.github.com/rest/checks/runs.
 */

/** @typedef {{ ref: string, object: { sha: string } }} Ref */

const GATE = 'github-actions: CI passed'
const PASSED = ['success', 'neutral', 'skipped']
/** When a check starts that is still queued: after all others. */
const LATER = '9999'
/** What a runner needs of this repository (see .gitattributes). */
const SHIPPED = /^(?:LICENSE|(?:revoke\/|prune\/)?action\.yml|dist\/[^/]+)$/
const ASSETS = 'build/release'

const {
  VERSION: version = '',
  GITHUB_SHA: commit = '',
  GITHUB_REPOSITORY,
  GITHUB_REF,
} = process.env
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
  const [name = ''] = process.argv.slice(2)
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  console.log(command?.() ?? fail(`Write one of ${Object.keys(COMMANDS).join(', ')}`))
} catch (error) {
  console.error(`::error::${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

/** The version is new, higher than those before, and what package.json and CHANGELOG.md say. */
function checkVersion() {
  if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`"${version}" is not a version; write 1.2.3`)
  if (GITHUB_REF !== 'refs/heads/main') fail('Only main is released; run it there')
  /** @type {{ version: string }} */
  const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
  if (manifest.version !== version) {
    fail(`package.json has version ${manifest.version}, not ${version}`)
  }
  readNotes()
  /** @type {Ref[]} */
  const refs = requestAll(`git/matching-refs/tags/${majorTag}.`)
  for (const { ref } of refs) {
    const released = ref.replace('refs/tags/v', '')
    const isNewer = version.localeCompare(released, 'en', { numeric: true }) > 0
    if (!isNewer) fail(`v${released} is released, so ${version} cannot be; raise the version`)
  }
  return `${version} can be released`
}

/** The newest run of every check of the commit passed, and the gate is among them. */
function checkRuns() {
  /** @type {{ workflow_runs: { check_suite_id: number }[] }[]} */
  const own = requestAll(`actions/workflows/release.yml/runs?head_sha=${commit}&per_page=100`)
  const ownSuites = own.flatMap((page) => page.workflow_runs.map((run) => run.check_suite_id))
  /** @type {{ check_runs: CheckRun[] }[]} */
  const pages = requestAll(`commits/${commit}/check-runs?per_page=100`)
  const runs = pages
    .flatMap((page) => page.check_runs)
    .filter((run) => !ownSuites.includes(run.check_suite.id))
    .sort((one, other) => (one.started_at ?? LATER).localeCompare(other.started_at ?? LATER))
  const newest = new Map(runs.map((run) => [`${run.app.slug}: ${run.name}`, run]))
  if (!newest.has(GATE)) fail(`"${GATE}" has not run for ${commit}`)
  const open = [...newest.values()].filter(({ conclusion }) => !PASSED.includes(conclusion ?? ''))
  const names = open.map((run) => `${run.name} (${run.conclusion ?? run.status})`)
  if (names.length > 0) fail(`Not all checks of ${commit} passed: ${names.join(', ')}`)
  return `${newest.size} checks of ${commit} passed`
}

/** Writes what a runner downloads, as an archive. */
function archive() {
  const file = join(ASSETS, `${title}.tar.gz`)
  mkdirSync(ASSETS, { recursive: true })
  run('git', 'archive', '--format=tar.gz', '-9', `--prefix=${title}/`, `--output=${file}`, commit)
  const shipped = run('tar', '-tzf', file).split('\n')
  const names = shipped
    .filter((path) => !/^$|\/$/.test(path))
    .map((path) => path.slice(title.length + 1))
  const wanted = run('git', 'ls-tree', '-r', '--name-only', commit)
    .split('\n')
    .filter((path) => SHIPPED.test(path))
  if (names.sort().join() !== wanted.sort().join()) {
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
  const target = ['--repo', `${GITHUB_REPOSITORY}`, '--target', commit, '--latest']
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

/** All pages of a list. @param {string} path */
function requestAll(path) {
  return request(path, '--paginate', '--slurp').flat()
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
