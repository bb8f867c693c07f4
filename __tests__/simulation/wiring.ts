/**
 * Replaces `http/exchange.js` and `runner/system-clock.js` while the real commands run in a simulation. The signals of
 * the runner show to which process they belong.
 */
import { once } from 'node:events'
import type { Clock } from '../../src/core/clock.js'
import { CancelledError, ConnectionError } from '../../src/core/errors.js'
import type { Exchange, HttpRequest } from '../../src/http/exchange.js'
import type { StepProcess } from './step-process.js'

const named = new WeakMap<AbortSignal, { process: StepProcess; aborted: Promise<unknown> }>()

export function nameSignal(signal: AbortSignal, process: StepProcess): void {
  named.set(signal, { process, aborted: once(signal, 'abort') })
}

function find(signal: AbortSignal) {
  const found = named.get(signal)
  if (found === undefined) throw new Error('No process in this simulation has this signal')
  return found
}

export const uptime = () => 0

/** Never settles: the result that a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

export function createSystemClock(cancellation: AbortSignal): Clock {
  const { process, aborted } = find(cancellation)
  const { world } = process
  return {
    now: () => world.now(),
    uptime: () => world.uptime(),
    random: () => 0.5,
    sleep: async (ms) => {
      await Promise.race([world.wait(ms), aborted])
      if (cancellation.aborted) throw new CancelledError('The step was canceled')
      if (!process.act()) return never()
    },
  }
}

export function createExchange(
  _baseUrl: string,
  timeoutMs: number,
  lastCall: AbortSignal,
): Exchange {
  const { process, aborted } = find(lastCall)
  const send = (request: HttpRequest) => {
    let isOpen = true
    const tooLate = process.world
      .wait(timeoutMs, () => isOpen)
      .then(() => {
        throw new ConnectionError(`no complete response within ${timeoutMs} ms`, 'broken')
      })
    const givenUp = aborted.then(() => {
      throw new ConnectionError('the step ends', 'broken')
    })
    return Promise.race([process.send(request), tooLate, givenUp]).finally(() => {
      isOpen = false
    })
  }
  return async (request) => {
    if (lastCall.aborted) throw new ConnectionError('the step was canceled', 'unreachable')
    if (!process.act()) return never()
    const [result] = await Promise.allSettled([send(request)])
    if (!process.act()) return never()
    if (result.status === 'rejected') throw result.reason
    return result.value
  }
}
