/**
 * Replaces `http/exchange.js` and `runner/system-clock.js` while the real commands run in a simulation. The signals of the runner show to which process they belong.
 */

import type { Clock } from '../../src/core/clock.js'
import { CancelledError, ConnectionError } from '../../src/core/errors.js'
import type { Exchange, HttpRequest, HttpResponse } from '../../src/http/exchange.js'
import type { World } from './world.js'

/** A process, as its clock and its requests see it. */
export interface Actor {
  readonly world: World
  readonly step: string
  readonly random: number
  /** Counts an effect. Returns whether the process is still running. */
  act(): boolean
}

/** Sends a request to the services. */
export type Network = (request: HttpRequest, actor: Actor) => Promise<HttpResponse>

const actors = new WeakMap<AbortSignal, Actor>()
const rejections = new WeakMap<AbortSignal, Promise<never>>()
let current: Actor | undefined
let network: Network | undefined

/** Assigns a signal to an actor. */
export function nameSignal(signal: AbortSignal, actor: Actor): void {
  actors.set(signal, actor)
}

/** Sets the services. */
export function useNetwork(used: Network): void {
  network = used
}

/** Starts something on behalf of an actor, to whom a clock without a signal then belongs. */
export function startAs(actor: Actor, start: () => void): void {
  current = actor
  start()
  current = undefined
}

/** The actor of a signal. Throws when there is none. */
export function findActor(signal: AbortSignal | undefined): Actor {
  const actor = signal === undefined ? current : actors.get(signal)
  if (actor === undefined) throw new Error('Nobody in this simulation has this signal')
  return actor
}

/** Never settles: the result that a killed process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => undefined)
}

/** The clock of the simulated world. */
export function createSystemClock(cancellation?: AbortSignal): Clock {
  const actor = findActor(cancellation)
  const { world, random } = actor
  return {
    now: () => world.now(),
    uptime: () => world.uptime(),
    random: () => random,
    sleep: async (ms) => {
      const rejected =
        cancellation && rejectOn(cancellation, new CancelledError('The step was canceled'))
      await Promise.race([world.wait(ms), ...(rejected ? [rejected] : [])])
      if (!actor.act()) return never()
    },
  }
}

/** An exchange with the simulated services. */
export function createExchange(timeoutMs: number, lastCall?: AbortSignal): Exchange {
  const actor = findActor(lastCall)
  return async (request) => {
    if (lastCall?.aborted) throw new ConnectionError('the step was canceled', 'unreachable')
    if (!actor.act()) return never()
    try {
      const answer = await sendInTime(request, actor, timeoutMs, lastCall)
      return actor.act() ? answer : await never()
    } catch (error) {
      if (!actor.act()) return never()
      throw error
    }
  }
}

async function sendInTime(
  request: HttpRequest,
  actor: Actor,
  timeoutMs: number,
  lastCall: AbortSignal | undefined,
): Promise<HttpResponse> {
  if (network === undefined) throw new Error('There are no services yet')
  let isOpen = true
  const tooLate = actor.world
    .wait(timeoutMs, () => isOpen)
    .then(() => {
      throw new ConnectionError(`no complete response within ${timeoutMs} ms`, 'broken')
    })
  const givenUp = lastCall && rejectOn(lastCall, new ConnectionError('the step ends', 'broken'))
  try {
    return await Promise.race([network(request, actor), tooLate, ...(givenUp ? [givenUp] : [])])
  } finally {
    isOpen = false
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
