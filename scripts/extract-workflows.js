import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/*
 * node scripts/extract-workflows.js FOLDER
 *
 * Writes each ```yaml block of the pages for users that is a workflow or a part of one to FOLDER as a
 * whole workflow, so that it can be judged and run as it is copied; not one that an example contains. A file is
 * named after its page and the heading above its block: docs-recipes-migration-from-a-curl-step.yml.
 */

const JOB_HEAD = 'jobs:\n  example:\n    runs-on: ubuntu-latest\n'

const ROOT = join(import.meta.dirname, '..')

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: node scripts/extract-workflows.js FOLDER')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })
const examples = readdirSync(join(ROOT, 'examples')).map((file) =>
  readFileSync(join(ROOT, 'examples', file), 'utf8').replace(/^#.*\n/gm, ''),
)

const written = listPages().flatMap((file) =>
  findYamlBlocks(readFileSync(join(ROOT, file), 'utf8')).flatMap(({ line, heading, text }) => {
    const workflow = completeWorkflow(text, `${file}:${line}`)
    if (workflow === undefined || examples.includes(text)) return []
    const name = `${toName(file.replace(/\.md$/, ''))}-${toName(heading.toLowerCase())}.yml`
    // A heading with two blocks is an error here, and none gets lost.
    writeFileSync(join(folder, name), workflow, { flag: 'wx' })
    return [name]
  }),
)
console.log(`Wrote ${written.length} workflows: ${written.join(', ')}`)

/** The pages for users, as paths from the root. */
function listPages() {
  const docs = readdirSync(join(ROOT, 'docs')).filter((file) => file.endsWith('.md'))
  return ['README.md', 'revoke/README.md', 'prune/README.md', ...docs.map((file) => `docs/${file}`)]
}

/** @param {string} text */
function toName(text) {
  return text.replace(/\W+/g, '-')
}

/**
 * @param {string} markdown
 * @returns {{ line: number, heading: string, text: string }[]} Texts without the indentation of the
 *   fence, as in a list.
 */
function findYamlBlocks(markdown) {
  const fence = /^(?<indent> *)(?<ticks>`{3,})ya?ml\b.*\n(?<body>[\s\S]*?)^ *\k<ticks>`* *$/gm
  return [...markdown.matchAll(fence)].map(({ index, groups }) => {
    const indent = new RegExp(`^ {0,${groups?.['indent']?.length ?? 0}}`, 'gm')
    const before = markdown.slice(0, index)
    return {
      line: before.split('\n').length,
      heading: before.match(/(?<=^#+ ).+$/gm)?.at(-1) ?? '',
      text: (groups?.['body'] ?? '').replace(indent, ''),
    }
  })
}

/**
 * Completes a block to a workflow; `undefined` if it is not a part of one.
 *
 * @param {string} text
 * @param {string} place
 * @returns {string | undefined}
 */
function completeWorkflow(text, place) {
  const value = parse(text)
  const has = (/** @type {string} */ name) => Object.hasOwn(value ?? {}, name)
  if (has('jobs')) return has('on') ? text : `${head(place)}${text}`
  if (has('steps')) return `${head(place)}${JOB_HEAD}${indent(4, text)}`
  const isSteps = Array.isArray(value) && value.every((step) => step?.uses ?? step?.run)
  if (isSteps) return `${head(place)}${JOB_HEAD}    steps:\n${indent(6, text)}`
  console.error(`${place} is not part of a workflow; skipped`)
  return undefined
}

/** @param {string} place @returns {string} */
function head(place) {
  return `name: ${place}\non: pull_request\npermissions: {}\n`
}

/** @param {number} width @param {string} text @returns {string} */
function indent(width, text) {
  return text.replace(/^(?=.)/gm, ' '.repeat(width))
}
