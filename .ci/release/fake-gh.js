#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

/** @import { FakeGitHub } from './types.ts' */

/*
 * Stands in for `gh` in the dry run. GitHub is a JSON file (FAKE_GITHUB). It knows the requests of the
 * scripts here and nothing else.
 */

/** Options of `gh` that no value follows. */
const FLAGS = ['--paginate', '--slurp', '--draft']

const file = process.env['FAKE_GITHUB'] ?? ''
/** @type {FakeGitHub} */
const github = JSON.parse(readFileSync(file, 'utf8'))
/** @type {string[]} */
const words = []
/** @type {Record<string, string>} Fields (-f name=value) are options too. */
const options = {}
const args = process.argv.slice(2)
for (let arg = args.shift(); arg !== undefined; arg = args.shift()) {
  if (!arg.startsWith('-')) words.push(arg)
  else if (FLAGS.includes(arg)) options[arg.slice(2)] = 'true'
  else {
    const value = args.shift() ?? ''
    const [, field, text] = /^([^=]+)=(.*)$/s.exec(value) ?? []
    if (arg.startsWith('--')) options[arg.slice(2)] = value
    else options[field ?? ''] = text ?? ''
  }
}

/** @type {[RegExp, (parameter: string) => unknown][]} */
const ROUTES = [
  [/^GET releases$/, () => [github.releases]],
  [/^DELETE releases\/(\d+)$/, deleteRelease],
  [/^PATCH releases\/(\d+)$/, publishRelease],
  [/^GET git\/matching-refs\/tags\/(.+)$/, findTags],
  [/^GET git\/ref\/tags\/(.+)$/, (tag) => ({ object: { sha: github.tags[tag] } })],
  [/^PATCH git\/refs\/tags\/(.+)$/, moveTag],
  [/^POST git\/refs$/, () => moveTag((options['ref'] ?? '').replace('refs/tags/', ''))],
  [
    /^GET actions\/workflows\/release\.yml\/runs$/,
    () => [{ workflow_runs: github.ownSuites.map((id) => ({ check_suite_id: id })) }],
  ],
  [/^GET commits\/.+\/check-runs$/, () => [{ check_runs: github.checkRuns }]],
  [/^GET git\/trees\/[0-9a-f]{40}$/, listHead],
  [
    /^POST graphql$/,
    () => github.commits.push(JSON.parse(readFileSync(0, 'utf8')).variables.input),
  ],
  [
    /^POST actions\/workflows\/(.+)\/dispatches$/,
    (workflow) => void github.dispatches.push(`${workflow} on ${options['ref']}`),
  ],
]

const [area, what = '', tag = '', ...assets] = words
const response = area === 'release' ? createRelease() : respond()
writeFileSync(file, JSON.stringify(github))
if (response !== undefined) console.log(JSON.stringify(response))

function createRelease() {
  github.releases.push({
    id: github.releases.length + 1,
    tag_name: tag,
    target_commitish: options['target'] ?? 'main',
    draft: true,
    notes: options['notes'] ?? '',
    assets: assets.map((asset) => ({ name: basename(asset) })),
  })
}

function respond() {
  const route = what.replace(/^repos\/[^/]+\/[^/]+\//, '').replace(/\?.*/, '')
  const call = `${options['method'] ?? (what === 'graphql' ? 'POST' : 'GET')} ${route}`
  const found = ROUTES.find(([pattern]) => pattern.test(call))
  if (found === undefined) throw new Error(`The stand-in for gh does not know ${call}`)
  return found[1](found[0].exec(call)?.[1] ?? '')
}

/** @param {string} id */
function deleteRelease(id) {
  github.releases = github.releases.filter((release) => release.id !== Number(id))
}

/** @param {string} id */
function publishRelease(id) {
  const release = github.releases.find((other) => other.id === Number(id))
  if (release === undefined) throw new Error(`There is no release ${id}`)
  release.draft = false
  release.immutable = github.immutable
  github.tags[release.tag_name] = release.target_commitish
  return release
}

/** @param {string} prefix */
function findTags(prefix) {
  const refs = Object.entries(github.tags)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, sha]) => ({ ref: `refs/tags/${name}`, object: { sha } }))
  return 'slurp' in options ? [refs] : refs
}

/** @param {string} name */
function moveTag(name) {
  github.tags[name] = options['sha'] ?? ''
  return {}
}

function listHead() {
  return { tree: Object.entries(github.head).map(([path, sha]) => ({ path, type: 'blob', sha })) }
}
