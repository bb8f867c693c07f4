import { CancelledError, explainError } from '../core/errors.js'
import { createActionsRunner } from './actions-runner.js'
import type { Runner } from './runner.js'

/** The inputs of all actions that hold secrets. */
const SECRET_INPUTS = ['org_key', 'github_token']

/**
 * Runs a command and ends the process: the one place where a thrown error becomes an annotation.
 * `show` says how: a main step fails, a post step only warns.
 */
export async function runCommand(
  command: (runner: Runner) => Promise<void>,
  show: (runner: Runner, message: string) => void,
): Promise<void> {
  // The bundled proxy tunnel uses an old way to make buffers, and nobody who reads the log can mend it.
  process.noDeprecation = true
  const runner = createActionsRunner()
  // Here and not in the commands, so that no step can do anything else first.
  for (const name of SECRET_INPUTS) runner.mask(runner.readInput(name))
  const showError = (error: unknown) => {
    show(runner, explainError(error))
    if (!(error instanceof CancelledError) && error instanceof Error)
      runner.debug(error.stack ?? '')
  }
  // A socket that fails when nobody listens any more must not print its innards, headers among them.
  process.on('uncaughtException', (error) => {
    showError(error)
    endProcess()
  })
  try {
    await command(runner)
  } catch (error) {
    showError(error)
  }
  endProcess()
}

/** Ends the process although a proxy's socket may linger, once everything printed has been taken. */
function endProcess(): void {
  process.stdout.write('', () => process.exit())
}
