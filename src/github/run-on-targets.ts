import { ActionError, explainError } from '../core/errors.js'
import { describeSecret, listFailures, type SecretTarget } from '../core/secret-target.js'

/** What came of the same work on many targets. */
export interface TargetResults<T> {
  readonly done: readonly { readonly target: SecretTarget; readonly value: T }[]
  /** One line for each target that failed, with its name and the reason. */
  readonly failures: readonly string[]
}

/** Works on all targets side by side, whatever fails; the client limits how many requests are open. */
export async function runOnTargets<T>(
  targets: readonly SecretTarget[],
  work: (target: SecretTarget) => Promise<T>,
): Promise<TargetResults<T>> {
  const outcomes = await Promise.all(
    targets.map(async (target) => {
      try {
        return { target, value: await work(target) }
      } catch (error) {
        return { failure: `${describeSecret(target)}: ${explainError(error)}` }
      }
    }),
  )
  return {
    done: outcomes.flatMap((outcome) => ('failure' in outcome ? [] : [outcome])),
    failures: outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome.failure] : [])),
  }
}

/** The same, for work that has to be done on all targets. Throws one `ActionError` that lists the failures after `predicate`. */
export async function runOnAllTargets<T>(
  targets: readonly SecretTarget[],
  predicate: string,
  work: (target: SecretTarget) => Promise<T>,
): Promise<readonly T[]> {
  const { done, failures } = await runOnTargets(targets, work)
  if (failures.length > 0) throw new ActionError(listFailures(predicate, failures))
  return done.map(({ value }) => value)
}
