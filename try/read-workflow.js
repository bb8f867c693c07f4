import { readFileSync } from 'node:fs'
import { LineCounter, parseDocument } from 'yaml'

/** @import { Job, TriedStep } from './types.ts' */

/** Which of the three actions a step uses; a local path counts too. */
const USES = /^(?:[^@]+\/junction-management-key|\.)(?:\/(revoke|prune))?\/?(?:@.*)?$/

/**
 * Reads a workflow, a list of steps, a single step, or an object with `steps`.
 *
 * @param {string} file
 * @returns {Job[]}
 */
export function readWorkflow(file) {
  const lines = new LineCounter()
  const document = parseDocument(readText(file), {
    // Every scalar is its text, as it is for an input.
    ...{ schema: 'failsafe', lineCounter: lines },
  })
  const [problem] = document.errors
  if (problem !== undefined) throw new Error(`${file}: ${problem.message}`)
  /** @param {(string | number)[]} path */
  const placeOf = (path) => {
    const node = document.getIn(path, true)
    const at = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    const start = Array.isArray(at) ? Number(at[0]) : 0
    return `${file}:${lines.linePos(start).line}`
  }
  /** @type {unknown} */
  const root = document.toJS()
  const jobs = findJobs(root).map(({ id, job, path }) => ({
    id,
    title: `Job ${id}`,
    condition: textOf(job['if']),
    environment: textOf(fieldsOf(job['environment'])['name'] ?? job['environment']),
    env: { ...textsOf(fieldsOf(root)['env']), ...textsOf(job['env']) },
    outputs: textsOf(job['outputs']),
    contexts: { inputs: readDefaults(root), matrix: pickCombination(job) },
    place: placeOf(path),
    steps: listOf(job['steps']).map((step, index) => readStep(step, [...path, 'steps', index])),
  }))
  if (!jobs.some(({ steps }) => steps.some(({ folder }) => folder !== undefined))) {
    throw new Error(`${file} has no step that uses junction-management-key`)
  }
  return jobs

  /** @param {unknown} step @param {(string | number)[]} path @returns {TriedStep} */
  function readStep(step, path) {
    const fields = fieldsOf(step)
    const uses = textOf(fields['uses'])
    const match = uses === undefined ? null : USES.exec(uses)
    // A list of steps, or one, stands at the top of its file.
    const own = Array.isArray(root) ? path.slice(1) : 'uses' in fieldsOf(root) ? [] : path
    return {
      id: textOf(fields['id']),
      name: textOf(fields['name']) ?? uses ?? 'run',
      uses: uses ?? '',
      folder: match === null ? undefined : (match[1] ?? '.'),
      condition: textOf(fields['if']),
      continueOnError: textOf(fields['continue-on-error']),
      inputs: textsOf(fields['with']),
      env: textsOf(fields['env']),
      placeOf: (...name) => placeOf([...own, ...name]),
    }
  }
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const path = `enter its path from ${process.cwd()}, such as ../my-app/.github/workflows/rotate.yml`
    throw new Error(`${file} is not a file that can be read; ${path}`, { cause: error })
  }
}

/** @param {unknown} root */
function findJobs(root) {
  const { jobs, steps, uses } = fieldsOf(root)
  if (jobs === undefined) {
    const found = Array.isArray(root) ? root : uses === undefined ? steps : [root]
    return [{ id: 'job', job: fieldsOf({ steps: found }), path: [] }]
  }
  return Object.entries(fieldsOf(jobs)).map(([id, job]) => ({
    ...{ id, job: fieldsOf(job), path: ['jobs', id] },
  }))
}

/**
 * The inputs of a workflow that is started by hand or called: their defaults, or else their names.
 *
 * @param {unknown} root
 */
function readDefaults(root) {
  const on = fieldsOf(fieldsOf(root)['on'])
  const inputs = [on['workflow_dispatch'], on['workflow_call']].flatMap((trigger) =>
    Object.entries(fieldsOf(fieldsOf(trigger)['inputs'])),
  )
  return Object.fromEntries(
    inputs.map(([name, input]) => [name, textOf(fieldsOf(input)['default']) ?? name]),
  )
}

/** The first combination of a matrix: only one is played. @param {Record<string, unknown>} job */
function pickCombination(job) {
  const { include, exclude: _, ...axes } = fieldsOf(fieldsOf(job['strategy'])['matrix'])
  const values = Object.entries(axes).map(([name, list]) => [name, listOf(list)[0]])
  return { ...Object.fromEntries(values), ...fieldsOf(listOf(include)[0]) }
}

/** @param {unknown} value @returns {Record<string, unknown>} */
function fieldsOf(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** @param {unknown} value @returns {unknown[]} */
function listOf(value) {
  return Array.isArray(value) ? value : []
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === 'string' ? value : undefined
}

/** @param {unknown} value @returns {Record<string, string>} */
function textsOf(value) {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).map(([name, text]) => [name, textOf(text) ?? '']),
  )
}
