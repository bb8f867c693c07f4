import type { Runner } from '../runner/runner.js'
import { renderReason, renderSummary } from './render-summary.js'

/**
 * How a step shows its failure: in an annotation, and in the job summary unless that already says how the step ended.
 * A `warning` does not fail it.
 */
export function reportFailure(title: string, level: 'fail' | 'warning' = 'fail') {
  return (runner: Runner, message: string): void => {
    runner[level](message)
    if (runner.hasSummary()) return
    const mark = level === 'fail' ? 'failed' : 'attention'
    runner.appendSummary(renderSummary(mark, title, [renderReason(message)]))
  }
}
