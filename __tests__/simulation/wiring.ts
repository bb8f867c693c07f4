/**
 * Replaces `http/exchange.js` and `runner/system-clock.js` while the real commands run in a simulation. The signals of
 * the runner show to which process they belong.
 */
import type { Fault } from '../../explore/fault-plans.js'
import type { Request } from '../../explore/scenarios.js'
import type { Clock } from '../../src/core/clock.js'
import { CancelledError, ConnectionError } from '../../src/core/errors.js'
import type { Exchange, HttpRequest, HttpResponse } from '../../src/http/exchange.js'
import type { World } from './world.js'

/** A process, as its clock and its requests see it. */
export interface Actor {
  readonly world: World
  readonly step: string
  /** Counts an effect. Returns whether the process is still running. */
  act(): boolean
  /** Takes the fault that its next request of this kind meets. */
  takeFault(request: Request): Fault
  /** Sends a request to the services. */
  send(request: HttpRequest): Promise<HttpResponse>
}

const actors = new WeakMap<AbortSignal, Actor>()
const rejections = new WeakMap<AbortSignal, Promise<never>>()

/** Assigns a signal to an actor. */
export function nameSignal(signal: AbortSignal, actor: Actor): void {
  actors.set(signal, actor)
}

function findActor(signal: AbortSignal): Actor {
  const actor = actors.get(signal)
  if (actor === undefined) throw new Error('Nobody in this simulation has this signal')
  return actor
}

/** Never settles: the result that a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

/** The clock of the simulated world. */
export function createSystemClock(cancellation: AbortSignal): Clock {
  const actor = findActor(cancellation)
  const { world } = actor
  return {
    now: () => world.now(),
    uptime: () => world.uptime(),
    random: () => 0.5,
    sleep: async (ms) => {
      const rejected = rejectOn(cancellation, new CancelledError('The step was canceled'))
      await Promise.race([world.wait(ms), rejected])
      if (!actor.act()) return never()
    },
  }
}

/** An exchange with the simulated services. */
export function createExchange(timeoutMs: number, lastCall: AbortSignal): Exchange {
  const actor = findActor(lastCall)
  const send = (request: HttpRequest) => {
    let isOpen = true
    const tooLate = actor.world
      .wait(timeoutMs, () => isOpen)
      .then(() => {
        throw new ConnectionError(`no complete response within ${timeoutMs} ms`, 'broken')
      })
    const givenUp = rejectOn(lastCall, new ConnectionError('the step ends', 'broken'))
    return Promise.race([actor.send(request), tooLate, givenUp]).finally(() => {
      isOpen = false
    })
  }
  return async (request) => {
    if (lastCall.aborted) throw new ConnectionError('the step was canceled', 'unreachable')
    if (!actor.act()) return never()
    const [result] = await Promise.allSettled([send(request)])
    if (!actor.act()) return never()
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
