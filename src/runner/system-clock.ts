import type { Clock } from '../core/clock.js'
import { CancelledError } from '../core/errors.js'

/** Milliseconds since this machine started, the same for all its processes (source: libuv, uv_hrtime). */
export function uptime(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/**
 * The machine's clock. Waiting ends with a `CancelledError` when the step is cancelled; what begins only after that may
 * wait until the last call.
 */
export function createSystemClock(cancellation?: AbortSignal, lastCall = cancellation): Clock {
  // `process.uptime()` never runs backwards, and unlike `performance`, it needs no loading.
  const origin = Date.now() - process.uptime() * 1000
  return {
    now: () => Math.floor(origin + process.uptime() * 1000),
    uptime,
    sleep: async (milliseconds) => {
      const { setTimeout } = process.getBuiltinModule('node:timers/promises')
      const signal = cancellation?.aborted ? lastCall : cancellation
      try {
        await setTimeout(milliseconds, undefined, signal && { signal })
      } catch (cause) {
        throw new CancelledError('The step was canceled', { cause })
      }
    },
    random: Math.random,
  }
}
