import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse } from 'yaml'

/*
 * node scripts/extract-workflows.js FOLDER [FILE.md …]
 *
 * Writes each ```yaml block of the Markdown files (default: README.md) that is a workflow or a part
 * of one to FOLDER as a whole workflow, so that actionlint and zizmor can judge it. References to
 * this action, whoever owns it, become local ones, so that its inputs and outputs are checked too.
 * A file's name tells the block: README-L120.yml begins at line 120 of README.md.
 */

const JOB_HEAD = 'jobs:\n  example:\n    runs-on: ubuntu-latest\n'

const [folder, ...given] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: node scripts/extract-workflows.js FOLDER [FILE.md …]')
  process.exit(2)
}
mkdirSync(folder, { recursive: true })

const written = (given.length > 0 ? given : ['README.md']).flatMap((file) =>
  findYamlBlocks(readFileSync(file, 'utf8')).flatMap(({ line, text }) => {
    const workflow = completeWorkflow(text, `${file}:${line}`)
    if (workflow === undefined) return []
    const name = `${basename(file, '.md')}-L${line}.yml`
    writeFileSync(join(folder, name), useLocalAction(workflow))
    return [name]
  }),
)
console.log(`Wrote ${written.length} workflows: ${written.join(', ')}`)

/**
 * @param {string} markdown
 * @returns {{ line: number, text: string }[]} without the indentation of the fence, as in a list
 */
function findYamlBlocks(markdown) {
  const fence = /^(?<indent> *)(?<ticks>`{3,})ya?ml\b.*\n(?<body>[\s\S]*?)^ *\k<ticks>`* *$/gm
  return [...markdown.matchAll(fence)].map(({ index, groups }) => {
    const indent = new RegExp(`^ {0,${groups?.['indent']?.length ?? 0}}`, 'gm')
    return {
      line: markdown.slice(0, index).split('\n').length,
      text: (groups?.['body'] ?? '').replace(indent, ''),
    }
  })
}

/**
 * Puts around a block what it lacks to be a workflow. What is no part of a workflow gives nothing.
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
  console.error(`${place} is no part of a workflow; left out`)
  return undefined
}

/**
 * @param {string} place
 * @returns {string}
 */
function head(place) {
  return `name: ${place}\non: push\npermissions: {}\n`
}

/**
 * @param {number} width
 * @param {string} text
 * @returns {string}
 */
function indent(width, text) {
  return text.replace(/^(?=.)/gm, ' '.repeat(width))
}

/**
 * @param {string} workflow
 * @returns {string}
 */
function useLocalAction(workflow) {
  return workflow.replace(
    /(\buses:\s*)["']?[\w.-]+\/junction-management-key(\/[\w-]+)?@[\w.-]+["']?/g,
    (_, uses, subfolder) => `${uses}.${subfolder ?? '/'}`,
  )
}
