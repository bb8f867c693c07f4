#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

/** @import { FakeGitHub } from './types.ts' */

/*
 * Stands in for `gh` in the dry run. GitHub is a JSON file (FAKE_GITHUB). It knows the requests of the
 * scripts here and nothing else.
 */

const file = process.env['FAKE_GITHUB'] ?? ''
/** @type {FakeGitHub} */
const github = JSON.parse(readFileSync(file, 'utf8'))
const args = process.argv.slice(2)
/** The value of an option (`--target main`) or a field (`-f sha=…`). @param {string} name */
const read = (name) =>
  args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1) ??
  args[args.indexOf(`--${name}`) + 1] ??
  ''

/** @type {[RegExp, (parameter: string) => unknown][]} */
const REQUESTS = [
  [/^release create (\S+)/, createRelease],
  [/^GET releases\/tags\/(.+)$/, () => ({ immutable: github.immutable })],
  [/^GET git\/matching-refs\/tags\/(.+)$/, findTags],
  [/^GET git\/ref\/tags\/(.+)$/, (tag) => ({ object: { sha: github.tags[tag] } })],
  [/^PATCH git\/refs\/tags\/(.+)$/, moveTag],
  [/^POST git\/refs$/, () => moveTag(read('ref').replace('refs/tags/', ''))],
  [/^run list .*--branch main --commit /, () => github.runs],
]

const [area, what = ''] = args
const method = args.includes('--method') ? read('method') : 'GET'
const path = what.replace(/^repos\/[^/]+\/[^/]+\//, '').replace(/\?.*/, '')
const call = area === 'api' ? `${method} ${path}` : args.join(' ')
const found = REQUESTS.find(([pattern]) => pattern.test(call))
if (found === undefined) throw new Error(`The stand-in for gh does not know ${call}`)
const response = found[1](found[0].exec(call)?.[1] ?? '')
writeFileSync(file, JSON.stringify(github))
if (response !== undefined) console.log(JSON.stringify(response))

/** @param {string} tag */
function createRelease(tag) {
  const assets = args.filter((arg) => arg.startsWith('build/')).map((asset) => basename(asset))
  github.releases.push({ tag, assets, notes: read('notes') })
  github.tags[tag] ??= read('target')
}

/** @param {string} prefix */
function findTags(prefix) {
  const refs = Object.entries(github.tags)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, sha]) => ({ ref: `refs/tags/${name}`, object: { sha } }))
  return args.includes('--slurp') ? [refs] : refs
}

/** @param {string} name */
function moveTag(name) {
  github.tags[name] = read('sha')
}
