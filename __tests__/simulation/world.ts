import type { Scheduler } from 'fast-check'

/** When every simulation begins: a whole second, in milliseconds since the epoch. */
export const START = Date.parse('2026-01-02T03:04:00Z')

/** What the machine has been running for by then, in milliseconds. */
const UPTIME = 60_000

/** Turns of the event loop without anything to do, after which nobody can be working any more. */
const IDLE_TURNS = 50

interface Timer {
  readonly at: number
  readonly ring: () => void
  readonly isWanted: () => boolean
}

/**
 * Time and chance of one simulation: all that happens happens in turns whose order the scheduler chooses, and
 * time moves only when everybody waits for it.
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

  /** Waits for one's turn, `ms` from now at the earliest; for ever when nobody wants it any more by then. */
  async wait(ms: number, isWanted = () => true): Promise<void> {
    if (ms > 0) {
      await new Promise<void>((ring) => this.#timers.push({ at: this.#now + ms, ring, isWanted }))
    }
    await this.#scheduler.schedule(Promise.resolve())
  }

  /** Lets things happen until something is the case. Returns whether it ever was. */
  async run(isOver: () => boolean): Promise<boolean> {
    for (let idle = 0; idle < IDLE_TURNS; ) {
      await new Promise(setImmediate)
      if (isOver()) return true
      if (this.#scheduler.count() > 0) {
        await this.#scheduler.waitNext(1)
        idle = 0
      } else if (this.#timers.length === 0 || idle < 1) {
        // Somebody may still be on the way to a turn of its own.
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
