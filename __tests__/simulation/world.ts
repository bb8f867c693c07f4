/** When every simulation begins: a whole second, in milliseconds since the epoch. */
const START = Date.parse('2026-01-02T03:04:00Z')

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
 * Time and chance of one simulation: everything happens in turns whose order `random` decides, and time advances only
 * when everything waits for it.
 */
export class World {
  readonly #random: () => number
  #timers: Timer[] = []
  #now = START

  constructor(random: () => number) {
    this.#random = random
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
  wait(ms: number, isWanted = () => true): Promise<void> {
    return new Promise((ring) => {
      this.#timers.push({ at: this.#now + ms, ring, isWanted })
    })
  }

  /** Runs turns until a condition holds, or nothing waits for one. */
  async run(isOver: () => boolean): Promise<void> {
    for (let idle = 0; idle < IDLE_TURNS; idle += 1) {
      await new Promise(setImmediate)
      if (isOver()) return
      this.#timers = this.#timers.filter(({ isWanted }) => isWanted())
      const due = this.#timers.filter(({ at }) => at <= this.#now)
      const next = due[Math.floor(this.#random() * due.length)]
      if (next !== undefined) {
        this.#timers.splice(this.#timers.indexOf(next), 1)
        next.ring()
        idle = -1
      } else if (idle > 0 && this.#timers.length > 0) {
        // In the first idle turn, something may still be about to ask for one.
        this.#now = Math.min(...this.#timers.map(({ at }) => at))
        idle = -1
      }
    }
  }
}
