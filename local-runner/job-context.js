/** @import { FullJobContext, JobContext } from './types.ts' */

/** @type {Readonly<Record<string, string>>} */
const OPERATING_SYSTEMS = { win32: 'Windows', darwin: 'macOS' }
/** @type {Readonly<Record<string, string>>} */
const ARCHITECTURES = { arm64: 'ARM64', arm: 'ARM', ia32: 'X86' }

/**
 * Completes a context with the values of an ordinary pull request job.
 *
 * @param {JobContext} [given]
 * @returns {FullJobContext}
 */
export function createJobContext(given = {}) {
  return {
    github: {
      action: '__self',
      actor: 'octocat',
      api_url: 'https://api.github.com',
      event_name: 'pull_request',
      graphql_url: 'https://api.github.com/graphql',
      job: 'preview',
      ref: 'refs/pull/42/merge',
      ref_name: '42/merge',
      repository: 'octo-org/octo-app',
      repository_owner: 'octo-org',
      run_attempt: '1',
      run_id: '1658821493',
      run_number: '7',
      server_url: 'https://github.com',
      sha: 'ffac537e6cbbf934b08745a378932722df287a53',
      triggering_actor: 'octocat',
      workflow: 'Preview',
      ...given.github,
    },
    job: { status: 'success', ...given.job },
    runner: {
      arch: ARCHITECTURES[process.arch] ?? 'X64',
      environment: 'self-hosted',
      name: 'local-runner',
      os: OPERATING_SYSTEMS[process.platform] ?? 'Linux',
      ...given.runner,
    },
  }
}

/** A text, or one of the contexts by its path. */
const LITERAL = /^\s*'((?:[^']|'')*)'\s*$/
const PATH = /^\s*([a-z_][\w-]*(?:\.[a-z_][\w-]*)+)\s*$/i

/**
 * Evaluates the `${{ }}` in a text: literals and values of contexts, with `==`, `!=`, `&&` and `||`. Throws on any
 * other expression, and on contexts that are not there.
 *
 * @param {string} text
 * @param {Readonly<Record<string, unknown>>} contexts
 * @returns {string}
 */
export function evaluate(text, contexts) {
  const expression = /\$\{\{((?:'[^']*'|[^'])*?)\}\}/g
  if (text.replace(expression, '').includes('${{')) {
    throw new Error(`The local runner cannot find the end of an expression: ${text}`)
  }
  return text.replace(expression, (whole, inner) => {
    /** @param {string} operand */
    const read = (operand) => readOperand(operand, contexts, whole)
    // An operator in a literal leaves two operands that are none.
    const choices = inner.split('||').map((/** @type {string} */ choice) => {
      const values = choice.split('&&').map((comparison) => {
        const [left = '', sign, right = ''] = comparison.split(/([!=]=)/)
        if (sign === undefined) return read(left)
        return String((read(left).toLowerCase() === read(right).toLowerCase()) === (sign === '=='))
      })
      return values.find((value) => FALSY.has(value)) ?? values.at(-1)
    })
    return choices.find((/** @type {string} */ value) => !FALSY.has(value)) ?? choices.at(-1)
  })
}

/** What `||` passes over; values are texts here. */
const FALSY = new Set(['', 'false', '0'])

/**
 * @param {string} operand
 * @param {Readonly<Record<string, unknown>>} contexts
 * @param {string} whole the expression, for the error
 * @returns {string}
 */
function readOperand(operand, contexts, whole) {
  const literal = LITERAL.exec(operand)?.[1]
  if (literal !== undefined) return literal.replaceAll("''", "'")
  if (/^\s*(?:true|false|\d+)\s*$/.test(operand)) return operand.trim()
  const path = PATH.exec(operand)?.[1]?.split('.') ?? []
  if (path.length === 0 || get(contexts, path[0] ?? '') === undefined) {
    throw new Error(`The local runner cannot evaluate ${whole}`)
  }
  const value = path.reduce(get, /** @type {unknown} */ (contexts))
  if (typeof value === 'object') throw new Error(`The value of ${whole} is not a text`)
  return value === undefined ? '' : String(value)
}

/**
 * @param {unknown} context
 * @param {string} name Without case, as everywhere in expressions.
 * @returns {unknown}
 */
function get(context, name) {
  const entries = typeof context === 'object' && context !== null ? Object.entries(context) : []
  return entries.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
}

/** Which states of the job each status function holds for. */
const STATUS_FUNCTIONS = new Map([
  ['always()', ['success', 'failure', 'cancelled']],
  ['success()', ['success']],
  ['failure()', ['failure']],
  ['cancelled()', ['cancelled']],
  ['!cancelled()', ['success', 'failure']],
])

/**
 * Whether a step runs: its `if:`, or the `post-if:` of its action.
 *
 * @param {string} condition One status function, or several with `||`.
 * @param {string} status Of the job.
 * @returns {boolean}
 */
export function holds(condition, status) {
  const text = /^\s*\$\{\{(.*)\}\}\s*$/s.exec(condition)?.[1] ?? condition
  const parts = text.split('||').map((part) => {
    const states = STATUS_FUNCTIONS.get(part.replace(/\s/g, '').toLowerCase())
    if (states === undefined) throw new Error(`The local runner cannot evaluate ${condition}`)
    return states
  })
  return parts.some((states) => states.includes(status))
}
