/**
 * Replaces `http/exchange.js` and `runner/system-clock.js` while the real commands run in a simulation. The signals of
 * the runner show to which process they belong.
 */
import type { Clock } from '../../src/core/clock.js'
import { CancelledError, ConnectionError } from '../../src/core/errors.js'
import type { Exchange, HttpRequest } from '../../src/http/exchange.js'
import type { StepProcess } from './step-process.js'

const processes = new WeakMap<AbortSignal, StepProcess>()
const rejections = new WeakMap<AbortSignal, Promise<never>>()

/** Assigns a signal to a process. */
export function nameSignal(signal: AbortSignal, process: StepProcess): void {
  processes.set(signal, process)
}

function findProcess(signal: AbortSignal): StepProcess {
  const process = processes.get(signal)
  if (process === undefined) throw new Error('No process in this simulation has this signal')
  return process
}

/** Never settles: the result that a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

/** The clock of the simulated world. */
export function createSystemClock(cancellation: AbortSignal): Clock {
  const process = findProcess(cancellation)
  const { world } = process
  return {
    now: () => world.now(),
    uptime: () => world.uptime(),
    random: () => 0.5,
    sleep: async (ms) => {
      const rejected = rejectOn(cancellation, new CancelledError('The step was canceled'))
      await Promise.race([world.wait(ms), rejected])
      if (!process.act()) return never()
    },
  }
}

/** An exchange with the simulated services. */
export function createExchange(
  _baseUrl: string,
  timeoutMs: number,
  lastCall: AbortSignal,
): Exchange {
  const process = findProcess(lastCall)
  const send = (request: HttpRequest) => {
    let isOpen = true
    const tooLate = process.world
      .wait(timeoutMs, () => isOpen)
      .then(() => {
        throw new ConnectionError(`no complete response within ${timeoutMs} ms`, 'broken')
      })
    const givenUp = rejectOn(lastCall, new ConnectionError('the step ends', 'broken'))
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

/** Fails once a signal is aborted: one promise for each, so that it has one listener. */
function rejectOn(signal: AbortSignal, error: Error): Promise<never> {
  const former = rejections.get(signal)
  if (former !== undefined) return former
  const rejected = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(error)
    else signal.addEventListener('abort', () => reject(error), { once: true })
  })
  // Nothing may be waiting for it any more.
  rejected.catch(() => undefined)
  rejections.set(signal, rejected)
  return rejected
}
