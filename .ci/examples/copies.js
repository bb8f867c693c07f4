// Sets up, for act, the workflows that users copy and the actions they call, and checks both against what is
// published: the workflows are identical, and so are the actions except for the Management API's URL.
import { equal, ok } from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..', '..')
const ACTIONS = ['action.yml', 'revoke/action.yml', 'prune/action.yml']
const API_URL = 'https://api.tryvital.io/management'

/**
 * @param {string} folder For the workflows of examples/ and of the pages for users.
 * @returns {string[]} Their files.
 */
export function layOutWorkflows(folder) {
  cpSync(join(ROOT, 'examples'), folder, { recursive: true })
  const extract = join(ROOT, 'scripts', 'extract-workflows.js')
  execFileSync(process.execPath, [extract, folder], { stdio: 'pipe' })
  return readdirSync(folder)
}

/**
 * @param {string} folder For the copies of the actions that act uses.
 * @param {string} apiUrl Their Management API.
 */
export function layOutActions(folder, apiUrl) {
  for (const name of ['dist', ...ACTIONS]) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  }
  for (const name of ACTIONS) {
    const text = readFileSync(join(folder, name), 'utf8')
    equal(text.split(API_URL).length, 2, `${name} names the URL of the Management API once`)
    writeFileSync(join(folder, name), text.replace(API_URL, apiUrl))
  }
}

/**
 * Fails unless a workflow is what users copy.
 *
 * @param {string} folder
 * @param {string} file
 */
export function expectWorkflowAsCopied(folder, file) {
  const text = readFileSync(join(folder, file), 'utf8')
  const example = join(ROOT, 'examples', file)
  if (existsSync(example)) return equal(text, readFileSync(example, 'utf8'), `${file} as copied`)
  const pages = ['.', 'revoke', 'prune', 'docs'].flatMap((room) =>
    readdirSync(join(ROOT, room))
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(join(ROOT, room, name), 'utf8')),
  )
  const shown = pages.flatMap((page) => [...page.matchAll(/^```yaml\n(.*?)^```$/gms)])
  // Steps are indented further, below the rest of the workflow.
  const ending = unindent(text)
  const isShown = shown.some(([, block = '']) =>
    block.startsWith('- ') ? ending.endsWith(`steps:\n${unindent(block)}`) : text === block,
  )
  ok(isShown, `${file} is not what a page shows`)
}

/**
 * Fails if the actions that run differ from the published ones in more than the API's URL.
 *
 * @param {string} folder
 * @param {string} apiUrl
 */
export function expectActionsAsPublished(folder, apiUrl) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (statSync(join(folder, name)).isDirectory()) continue
    const text = readFileSync(join(folder, name), 'utf8').replaceAll(apiUrl, API_URL)
    ok(text === readFileSync(join(ROOT, name), 'utf8'), `${name} is not the published one`)
  }
}

/** @param {string} text */
function unindent(text) {
  return text.replace(/^ +/gm, '')
}
