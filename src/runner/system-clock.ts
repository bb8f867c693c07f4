import { uptime } from 'node:os'
import type { Clock } from '../core/clock.js'
import { CancelledError } from '../core/errors.js'

/** The machine's clock. Waiting ends with a `CancelledError` when the signal is aborted. */
export function createSystemClock(cancellation?: AbortSignal): Clock {
  // `process.uptime()` never runs backwards, and unlike `performance`, it needs no loading.
  const origin = Date.now() - process.uptime() * 1000
  return {
    now: () => Math.floor(origin + process.uptime() * 1000),
    uptime: () => uptime() * 1000,
    sleep: (milliseconds) =>
      new Promise((resolve, reject) => {
        const cancel = () => {
          clearTimeout(timer)
          reject(new CancelledError('The step was canceled'))
        }
        const timer = setTimeout(() => {
          cancellation?.removeEventListener('abort', cancel)
          resolve()
        }, milliseconds)
        if (cancellation?.aborted) cancel()
        else cancellation?.addEventListener('abort', cancel, { once: true })
      }),
    random: Math.random,
  }
}
