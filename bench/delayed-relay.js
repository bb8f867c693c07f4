import { connect, createServer } from 'node:net'

/** @import { Server, Socket } from 'node:net' */

/**
 * Creates a TCP server that passes everything on to a port of this machine, and back, as if that were far away. What
 * a client sends at first is held for a round trip more, since opening its connection took none.
 *
 * @param {number} port
 * @param {number} delayMs Each way.
 * @returns {Server}
 */
export function createDelayedRelay(port, delayMs) {
  return createServer({ noDelay: true }, (client) => {
    const onward = connect({ port, host: '127.0.0.1', noDelay: true })
    passOn(client, onward, delayMs, Date.now() + 2 * delayMs)
    passOn(onward, client, delayMs, 0)
  })
}

/**
 * @param {Socket} from
 * @param {Socket} to
 * @param {number} delayMs
 * @param {number} earliest When the first bytes can have been sent, in milliseconds since the epoch.
 */
function passOn(from, to, delayMs, earliest) {
  /** @type {(() => void)[]} In order; timers of different lengths may not keep it. */
  const acts = []
  /** @param {() => void} act */
  const later = (act) => {
    acts.push(act)
    const wait = delayMs + Math.max(0, earliest - Date.now())
    setTimeout(() => acts.shift()?.(), wait).unref()
  }
  from.on('data', (chunk) => later(() => to.write(chunk)))
  from.on('end', () => later(() => to.end()))
  from.on('error', () => to.destroy())
}
