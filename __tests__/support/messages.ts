import type { Annotation, RunResult } from '../../local-runner/types.js'

/** A step's annotations at these levels, in order. */
export function messagesOf(
  { annotations }: RunResult,
  ...levels: readonly Annotation['level'][]
): readonly string[] {
  return annotations.filter(({ level }) => levels.includes(level)).map(({ message }) => message)
}

/** How a step ended: compared with `SUCCESS`, a failure shows its reason. */
export function outcomeOf(result: RunResult): object {
  return { exitCode: result.exitCode, errors: messagesOf(result, 'error') }
}

/** The outcome of a step that went well. */
export const SUCCESS = { exitCode: 0, errors: [] }
