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
const { words, options } = parse(process.argv.slice(2))
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
  [/^POST graphql$/, commit],
  [/^POST actions\/workflows\/(.+)\/dispatches$/, dispatch],
]

const [area, ...rest] = words
const response = area === 'release' ? createRelease(rest.slice(1)) : respond(rest[0] ?? '')
writeFileSync(file, JSON.stringify(github))
if (response !== undefined) console.log(JSON.stringify(response))

/** @param {string[]} parameters */
function createRelease([tag = '', ...assets]) {
  github.releases.push({
    id: github.releases.length + 1,
    tag_name: tag,
    target_commitish: options['target'] ?? 'main',
    draft: true,
    notes: options['notes'] ?? '',
    assets: assets.map((asset) => ({ name: basename(asset) })),
  })
  return undefined
}

/** @param {string} address */
function respond(address) {
  const route = address.replace(/^repos\/[^/]+\/[^/]+\//, '').replace(/\?.*/, '')
  const method = options['method'] ?? (address === 'graphql' ? 'POST' : 'GET')
  for (const [pattern, answer] of ROUTES) {
    const match = `${method} ${route}`.match(pattern)
    if (match) return answer(match[1] ?? '')
  }
  throw new Error(`The stand-in for gh does not know ${method} ${route}`)
}

/** @param {string} id */
function deleteRelease(id) {
  github.releases = github.releases.filter((release) => release.id !== Number(id))
  return undefined
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
    .filter(([tag]) => tag.startsWith(prefix))
    .map(([tag, sha]) => ({ ref: `refs/tags/${tag}`, object: { sha } }))
  return 'slurp' in options ? [refs] : refs
}

/** @param {string} tag */
function moveTag(tag) {
  github.tags[tag] = options['sha'] ?? ''
  return {}
}

function listHead() {
  return { tree: Object.entries(github.head).map(([path, sha]) => ({ path, type: 'blob', sha })) }
}

function commit() {
  github.commits.push(JSON.parse(readFileSync(options['input'] ?? '', 'utf8')).variables.input)
  return { data: { createCommitOnBranch: { commit: { oid: 'c'.repeat(40) } } } }
}

/** @param {string} workflow */
function dispatch(workflow) {
  github.dispatches.push(`${workflow} on ${options['ref']}`)
  return undefined
}

/**
 * @param {string[]} args
 * @returns {{ words: string[], options: Record<string, string> }} Fields (-f name=value) are options too.
 */
function parse(args) {
  /** @type {string[]} */
  const words = []
  /** @type {Record<string, string>} */
  const options = {}
  for (let index = 0; index < args.length; index += 1) {
    const arg = args[index] ?? ''
    if (!arg.startsWith('-')) words.push(arg)
    else if (FLAGS.includes(arg)) options[arg.slice(2)] = 'true'
    else {
      index += 1
      const [, name = arg.slice(2), value = args[index] ?? ''] = arg.startsWith('--')
        ? []
        : (args[index]?.match(/^([^=]+)=(.*)$/s) ?? [])
      options[name] = value
    }
  }
  return { words, options }
}
