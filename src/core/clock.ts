/** Time and chance, as a port: tests pass their own. All times are milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch; never runs backwards within a process. */
  now(): number
  /** Since this machine started: the same for all its processes, and no setting of the clock moves it. */
  uptime(): number
  /** Waits; ends early, by throwing a `CancelledError`, when the runner cancels the step. */
  sleep(milliseconds: number): Promise<void>
  /** A number from 0 (inclusive) to 1 (exclusive). */
  random(): number
}
