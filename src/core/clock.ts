/** Time and randomness, as a port that tests replace. All times are milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch; never runs backwards within a process. */
  now(): number
  /** Since this machine started: the same for all its processes, and unaffected by changes to the clock. */
  uptime(): number
  /** Waits; ends early, by throwing a `CancelledError`, when the runner cancels the step. */
  sleep(milliseconds: number): Promise<void>
  /** A number from 0 (inclusive) to 1 (exclusive). */
  random(): number
}
