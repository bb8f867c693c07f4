import type { Scheduler } from 'fast-check'

/** When every simulation begins: a whole second, in milliseconds since the epoch. */
export const START = Date.parse('2026-01-02T03:04:00Z')

/** The machine's uptime at that time, in milliseconds. */
const UPTIME = 60_000

/** Idle turns of the event loop after which nothing can still be running. */
const IDLE_TURNS = 50

interface Timer {
  readonly at: number
  readonly ring: () => void
  readonly isWanted: () => boolean
}

/**
 * Time and randomness of one simulation: everything happens in turns whose order the scheduler chooses, and time
 * advances only when everything waits for it.
 */
export class World {
  readonly #scheduler: Scheduler
  #timers: Timer[] = []
  #now = START

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#now
  }

  /** Milliseconds since the machine started. */
  uptime(): number {
    return this.#now - START + UPTIME
  }

  /** Waits for a turn, `ms` from now at the earliest; forever if it is not wanted any more. */
  async wait(ms: number, isWanted = () => true): Promise<void> {
    if (ms > 0) {
      await new Promise<void>((ring) => this.#timers.push({ at: this.#now + ms, ring, isWanted }))
    }
    await this.#scheduler.schedule(Promise.resolve())
  }

  /** Runs turns until a condition holds. Returns whether it ever did. */
  async run(isOver: () => boolean): Promise<boolean> {
    for (let idle = 0; idle < IDLE_TURNS; ) {
      await new Promise(setImmediate)
      if (isOver()) return true
      if (this.#scheduler.count() > 0) {
        await this.#scheduler.waitNext(1)
        idle = 0
      } else if (this.#timers.length === 0 || idle < 1) {
        // Something may still be about to request a turn.
        idle += 1
      } else {
        this.#advance()
        idle = 0
      }
    }
    return false
  }

  #advance(): void {
    this.#timers = this.#timers.filter(({ isWanted }) => isWanted())
    if (this.#timers.length === 0) return
    const next = Math.min(...this.#timers.map(({ at }) => at))
    const due = this.#timers.filter(({ at }) => at === next)
    this.#timers = this.#timers.filter(({ at }) => at !== next)
    this.#now = next
    for (const { ring } of due) ring()
  }
}
