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
const FILES = ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => `GITHUB_${name}`)
/** Functions that change the file in their first argument. */
const CHANGING = ['appendFile', 'writeFile', 'rename', 'link', 'unlink', 'truncate', 'rm', 'mkdir']

const append = fs.appendFileSync
let count = 0
/** Whether a function that counts as an effect is running. */
let isInside = false

/** @param {string} description */
function note(description) {
  count += 1
  const line = description
    .replace(/<<ghadelimiter\S+/g, ':')
    .replace(/\b(?:mg|ghs)_[\w-]+/g, '***')
    .replace(/[\r\n]+/g, ' ')
    .slice(0, LONGEST_DESCRIPTION)
  isInside = true
  append(reportFile, `${line}\n`)
  isInside = false
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
 * @param {object} owner
 * @param {string} name
 * @param {(original: AnyFunction, args: unknown[]) => unknown} call
 */
function wrap(owner, name, call) {
  const functions = /** @type {Record<string, AnyFunction>} */ (owner)
  const original = functions[name]
  if (original === undefined) return
  functions[name] = function (...args) {
    return call(original.bind(this), args)
  }
}

/** Names a file whose changes count. @param {unknown} file @returns {string | undefined} */
function nameFile(file) {
  if (isInside || typeof file !== 'string') return undefined
  const variable = FILES.find((name) => process.env[name] === file)
  if (variable !== undefined) return variable
  const inside = path.relative(process.env['RUNNER_TEMP'] ?? '', file)
  return inside.startsWith('..') || path.isAbsolute(inside) ? undefined : `RUNNER_TEMP/${inside}`
}

for (const name of CHANGING) {
  wrap(fs, `${name}Sync`, (original, args) => {
    const file = nameFile(args[0])
    if (file === undefined) return original(...args)
    isInside = true
    try {
      return original(...args)
    } finally {
      isInside = false
      const data = typeof args[1] === 'string' ? args[1].trim() : ''
      note(`${name} ${file} ${data}`)
    }
  })
}

for (const stream of [process.stdout, process.stderr]) {
  wrap(stream, 'write', (original, args) => {
    const taken = original(...args)
    const text = String(args[0])
    if (text !== '') note(`log ${text.trim()}`)
    return taken
  })
}

wrap(http, 'request', (original, args) => {
  const request = /** @type {ClientRequest} */ (original(...args))
  const what = `${request.method} ${request.path.replace(/\?.*/, '')}`
  request.prependOnceListener('finish', () => note(`sent ${what}`))
  request.prependOnceListener('response', (response) => {
    response.prependOnceListener('end', () => note(`received ${response.statusCode} ${what}`))
    response.once(errorMonitor, () => note(`broken ${what}`))
  })
  request.once(errorMonitor, () => note(`failed ${what}`))
  return request
})

wrap(globalThis, 'setTimeout', (original, [work, ms, ...rest]) =>
  original(work, Number(ms ?? 0) * pauseFactor, ...rest),
)
