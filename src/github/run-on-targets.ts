import { describeSecret, type SecretTarget } from '../core/secret-target.js'
import { describeGitHubError } from './github-error.js'

/** What came of the same work on many targets. */
export interface SettledTargets<T> {
  readonly done: readonly { readonly target: SecretTarget; readonly value: T }[]
  /** One line for each target that failed, with its name and the reason. */
  readonly failures: readonly string[]
}

/** Works on targets side by side (octokit limits how many at once), and on all of them whatever fails. */
export async function settleTargets<T>(
  targets: readonly SecretTarget[],
  { scrub }: { readonly scrub: (text: string) => string },
  work: (target: SecretTarget) => Promise<T>,
): Promise<SettledTargets<T>> {
  const outcomes = await Promise.all(
    targets.map(async (target) => {
      try {
        return { target, value: await work(target) }
      } catch (error) {
        return {
          failure: `${describeSecret(target)}: ${describeGitHubError(error, scrub).message}`,
        }
      }
    }),
  )
  return {
    done: outcomes.flatMap((outcome) => ('failure' in outcome ? [] : [outcome])),
    failures: outcomes.flatMap((outcome) => ('failure' in outcome ? [outcome.failure] : [])),
  }
}
