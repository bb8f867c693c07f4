/*
 * node scripts/update-docs.js [--check]
 *
 * Writes the tables of inputs and outputs between the markers of the three READMEs, from the action.yml beside
 * each. With --check it writes nothing, and fails when a README is not up to date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

/** @typedef {{ description: string, required?: boolean, default?: string }} Entry */

const ROOT = join(import.meta.dirname, '..')
const isCheck = process.argv.includes('--check')
const stale = ['.', 'revoke', 'prune'].filter((folder) => !update(join(ROOT, folder)))
if (isCheck && stale.length > 0) {
  console.error(`Not up to date: README.md in ${stale.join(', ')}. Run npm run docs`)
  process.exit(1)
}

/**
 * @param {string} folder
 * @returns {boolean} Whether its README was up to date.
 */
function update(folder) {
  const { inputs, outputs } = parse(readFileSync(join(folder, 'action.yml'), 'utf8'))
  const file = join(folder, 'README.md')
  const before = readFileSync(file, 'utf8')
  const after = [
    { name: 'inputs', table: renderInputs(inputs) },
    { name: 'outputs', table: renderOutputs(outputs) },
  ].reduce((text, { name, table }) => replaceBetween(text, name, table), before)
  if (after !== before && !isCheck) writeFileSync(file, after)
  return after === before
}

/** @param {string} text @param {string} name @param {string} table @returns {string} */
function replaceBetween(text, name, table) {
  const [begin, end] = [`<!-- ${name}:begin -->\n`, `<!-- ${name}:end -->`]
  const [head, rest] = text.split(begin)
  const tail = rest?.split(end)[1]
  if (head === undefined || tail === undefined) throw new Error(`A README lacks ${begin.trim()}`)
  return `${head}${begin}${table}${end}${tail}`
}

/** @param {Record<string, Entry>} inputs @returns {string} */
function renderInputs(inputs) {
  const rows = Object.entries(inputs).map(([name, { description, required, default: value }]) => {
    const fallback = required === true ? '**required**' : renderDefault(value)
    return `|\`${name}\`|${fallback}|${renderText(description)}|\n`
  })
  return `|Input|Default|Description|\n|---|---|---|\n${rows.join('')}`
}

/** @param {Record<string, Entry>} outputs @returns {string} */
function renderOutputs(outputs) {
  const rows = Object.entries(outputs).map(
    ([name, { description }]) => `|\`${name}\`|${renderText(description)}|\n`,
  )
  return `|Output|Description|\n|---|---|\n${rows.join('')}`
}

/** @param {string | undefined} value */
function renderDefault(value) {
  return value === undefined ? '' : `\`${value}\``
}

/** @param {string} text A sentence without its period. */
function renderText(text) {
  return `${text}.`.replaceAll('|', '\\|')
}
