import type { Runner } from '../runner/runner.js'

/** Lines of the log that stay in sight. */
const MOST_LINES_IN_SIGHT = 5

/** Writes lines to the log, folded when they are many. */
export function infoMany(title: string, lines: readonly string[], runner: Runner): Promise<void> {
  return foldMany(title, lines.length, runner, async () => {
    for (const line of lines) runner.info(line)
  })
}

/** Does work that writes about as many lines to the log as `lines` says, and folds them when they are many. */
export function foldMany<T>(
  title: string,
  lines: number,
  runner: Runner,
  work: () => Promise<T>,
): Promise<T> {
  return lines > MOST_LINES_IN_SIGHT ? runner.group(title, work) : work()
}
