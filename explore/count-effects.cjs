/**
 * Loaded into a step's process before the action (`node --require`): counts the step's effects, everything that
 * others can see, writes each to a file, and ends the process right after a given one.
 *
 * An effect is a write to the log, a change of a file that the runner reads or of one below `RUNNER_TEMP` (by the
 * synchronous functions of `node:fs`, which the action uses), a request that has been sent, and the end of an
 * exchange: a complete response, or a failure.
 *
 * It also shortens the pauses between attempts. It changes nothing else about the action; request timeouts use
 * another kind of timer.
 */
'use strict'

const { errorMonitor } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')

/** @import { ClientRequest } from 'node:http' */

/** @typedef {(...args: unknown[]) => unknown} AnyFunction */

const reportFile = process.env['EXPLORE_REPORT'] ?? ''
const endAt = Number(process.env['EXPLORE_END_AT'] ?? 0)
const ending = process.env['EXPLORE_ENDING']
const pauseFactor = Number(process.env['EXPLORE_PAUSES'] ?? 1)

const LONGEST_DESCRIPTION = 120
const FILE_VARIABLES = [
  'GITHUB_OUTPUT',
  'GITHUB_STATE',
  'GITHUB_ENV',
  'GITHUB_PATH',
  'GITHUB_STEP_SUMMARY',
]
/** Functions that change the file in their first argument, a path or a descriptor. */
const CHANGING = /** @type {const} */ ([
  'appendFileSync',
  'writeFileSync',
  'writeSync',
  'renameSync',
  'linkSync',
  'unlinkSync',
  'rmSync',
  'mkdirSync',
  'truncateSync',
  'ftruncateSync',
])

/** Those that do nothing when what they create exists, or what they remove does not. */
const IDLE = new Set(['mkdirSync', 'rmSync'])

const append = fs.appendFileSync
let count = 0
/** Above 0 inside a function that already counts as an effect. */
let depth = 0

/** @param {string} description */
function note(description) {
  count += 1
  const line = description
    .replace(/<<ghadelimiter\S+/g, ':')
    .replace(/\b(?:mg|ghs)_[\w-]+/g, '***')
    .replace(/[\r\n]+/g, ' ')
    .slice(0, LONGEST_DESCRIPTION)
  depth += 1
  append(reportFile, `${line}\n`)
  depth -= 1
  if (count === endAt) end()
}

/** Kills the process, signals it, or lets it go on only once its post step has been started. */
function end() {
  if (ending === 'shutdown') process.kill(process.pid, 'SIGINT')
  else if (ending === 'container') {
    append(`${reportFile}-waits`, '')
    const pause = new Int32Array(new SharedArrayBuffer(4))
    while (!fs.existsSync(`${reportFile}-go`)) Atomics.wait(pause, 0, 0, 5)
  } else {
    process.kill(process.pid, 'SIGKILL')
    // The signal takes a moment: nothing more may happen here.
    for (;;);
  }
}

/**
 * @param {Record<string, AnyFunction>} owner
 * @param {string} name
 * @param {(original: AnyFunction, self: unknown, args: unknown[]) => unknown} call
 */
function wrap(owner, name, call) {
  const original = owner[name]
  if (original === undefined) return
  owner[name] = function (...args) {
    return call(original, this, args)
  }
}

/**
 * Types the functions of an object so that `wrap` can replace them.
 *
 * @param {unknown} value
 * @returns {Record<string, AnyFunction>}
 */
function functionsOf(value) {
  return /** @type {Record<string, AnyFunction>} */ (value)
}

/** @param {unknown} file */
function exists(file) {
  return typeof file === 'string' && fs.existsSync(file)
}

/** @type {Map<unknown, string>} */
const descriptors = new Map()

/**
 * Names a file whose changes count.
 *
 * @param {unknown} file
 * @returns {string | undefined}
 */
function nameFile(file) {
  if (typeof file === 'number') return descriptors.get(file)
  if (typeof file !== 'string') return undefined
  const variable = FILE_VARIABLES.find((name) => process.env[name] === file)
  if (variable !== undefined) return variable
  const inside = path.relative(process.env['RUNNER_TEMP'] ?? '', file)
  return inside.startsWith('..') || path.isAbsolute(inside) ? undefined : `RUNNER_TEMP/${inside}`
}

for (const name of CHANGING) {
  wrap(functionsOf(fs), name, (original, self, args) => {
    const file = depth === 0 ? nameFile(args[0]) : undefined
    const wasThere = file !== undefined && exists(args[0])
    depth += 1
    try {
      return original.apply(self, args)
    } finally {
      depth -= 1
      const isIdle = IDLE.has(name) && wasThere === exists(args[0])
      const data = typeof args[1] === 'string' ? ` ${args[1].trim()}` : ''
      if (file !== undefined && !isIdle) note(`${name} ${file}${data}`)
    }
  })
}
wrap(functionsOf(fs), 'openSync', (original, self, args) => {
  const file = original.apply(self, args)
  const name = nameFile(args[0])
  if (name !== undefined) descriptors.set(file, name)
  return file
})
wrap(functionsOf(fs), 'closeSync', (original, self, args) => {
  descriptors.delete(args[0])
  return original.apply(self, args)
})

for (const stream of [process.stdout, process.stderr]) {
  wrap(functionsOf(stream), 'write', (original, self, args) => {
    const taken = original.apply(self, args)
    const text = String(args[0])
    if (text !== '') note(`log ${text.trim()}`)
    return taken
  })
}

for (const name of ['request', 'get']) {
  wrap(functionsOf(http), name, (original, self, args) => {
    const request = /** @type {ClientRequest} */ (original.apply(self, args))
    const what = `${request.method} ${request.path.replace(/\?.*/, '')}`
    request.prependOnceListener('finish', () => note(`sent ${what}`))
    request.prependOnceListener('response', (response) => {
      response.prependOnceListener('end', () => note(`received ${response.statusCode} ${what}`))
      response.once(errorMonitor, () => note(`broken ${what}`))
    })
    request.once(errorMonitor, () => note(`failed ${what}`))
    return request
  })
}

wrap(functionsOf(globalThis), 'setTimeout', (original, self, [work, ms, ...rest]) =>
  original.call(self, work, Number(ms ?? 0) * pauseFactor, ...rest),
)
