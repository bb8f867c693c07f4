'use strict'

// Preloaded into the action: its pauses take no time, and its clock says that they did. Each stands in the file
// that PAUSES names, in milliseconds. Deadlines of requests are not pauses: they keep the machine's time.

const { appendFileSync } = require('node:fs')
const { syncBuiltinESMExports } = require('node:module')
const os = require('node:os')
const timers = require('node:timers/promises')

const { PAUSES = '' } = process.env
const now = Date.now
const { hrtime } = process
const uptimes = { process: process.uptime, os: os.uptime }
let skipped = 0

Date.now = () => now() + skipped
process.uptime = () => uptimes.process() + skipped / 1000
os.uptime = () => uptimes.os() + skipped / 1000
process.hrtime = Object.assign(
  /** @returns {[number, number]} */ () => {
    const nanoseconds = hrtime.bigint() + BigInt(Math.round(skipped * 1e6))
    return [Number(nanoseconds / 1_000_000_000n), Number(nanoseconds % 1_000_000_000n)]
  },
  { bigint: hrtime.bigint },
)

/** @type {typeof timers.setTimeout} */
const pause = async (milliseconds = 0, value, options) => {
  options?.signal?.throwIfAborted()
  if (PAUSES !== '') appendFileSync(PAUSES, `${milliseconds}\n`)
  skipped += milliseconds
  return timers.setImmediate(value, options)
}
timers.setTimeout = pause
syncBuiltinESMExports()
