import type { Runner } from '../runner/runner.js'
import { renderReason, renderSummary } from './render-summary.js'

/** How a failure is shown: a failed step, or one that only warns. */
interface FailureStyle {
  readonly title: string
  readonly level: 'fail' | 'warning'
}

/** Shows a failure in an annotation, and in the job summary unless that already says how the step ended. */
export function reportFailure({ title, level }: FailureStyle) {
  return (runner: Runner, message: string): void => {
    runner[level](message)
    if (runner.hasSummary()) return
    const mark = level === 'fail' ? 'failed' : 'attention'
    runner.appendSummary(renderSummary(mark, title, [renderReason(message)]))
  }
}
