import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'

/*
 * node scripts/extract-workflows.js FOLDER [FILE.md …]
 *
 * Writes each ```yaml block of the Markdown files (default: README.md) that is a workflow or a part of one
 * to FOLDER as a complete workflow, so that it can be linted and run. A file is named after the heading above
 * its block: README-quick-start.yml.
 */

const JOB_HEAD = 'jobs:\n  example:\n    runs-on: ubuntu-latest\n'

const [folder, ...given] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: node scripts/extract-workflows.js FOLDER [FILE.md …]')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })

const written = (given.length > 0 ? given : ['README.md']).flatMap((file) =>
  findYamlBlocks(readFileSync(file, 'utf8')).flatMap(({ line, heading, text }) => {
    const workflow = completeWorkflow(text, `${file}:${line}`)
    if (workflow === undefined) return []
    const name = `${basename(file, '.md')}-${heading.toLowerCase().replace(/\W+/g, '-')}.yml`
    // Fails if a heading has two blocks.
    writeFileSync(join(folder, name), workflow, { flag: 'wx' })
    return [name]
  }),
)
console.log(`Wrote ${written.length} workflows: ${written.join(', ')}`)

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

/**
 * @param {string} place
 * @returns {string}
 */
function head(place) {
  return `name: ${place}\non: pull_request\npermissions: {}\n`
}

/**
 * @param {number} width
 * @param {string} text
 * @returns {string}
 */
function indent(width, text) {
  return text.replace(/^(?=.)/gm, ' '.repeat(width))
}
