import { ActionError, CancelledError, explainError } from '../core/errors.js'
import { listProxySecrets } from '../http/proxy.js'
import { createActionsRunner } from './actions-runner.js'
import type { Runner } from './runner.js'

/** The inputs of all actions that hold secrets. */
const SECRET_INPUTS = ['org_key', 'github_token']

const RAN_DRY =
  'The action ended before it was done: it still waited for a response, and nothing was left that could bring one. Check the Junction Dashboard for new keys that nothing uses, then run again'

/**
 * Runs a command and ends the process: the one place where a thrown error becomes an annotation.
 * `show` says how: a main step fails, a post step only warns.
 */
export async function runCommand(
  command: (runner: Runner) => Promise<void>,
  show: (runner: Runner, message: string) => void,
): Promise<void> {
  const runner = createActionsRunner()
  // Here and not in the commands, so that no step can do anything else first.
  const secrets = [...SECRET_INPUTS.map(runner.readInput), ...listProxySecrets(process.env)]
  for (const secret of secrets) runner.mask(secret)
  // Certificates are checked all the same; with it Node.js would warn that they are not.
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  const showError = (error: unknown) => {
    show(runner, explainError(error))
    if (!(error instanceof CancelledError) && error instanceof Error)
      runner.debug(error.stack ?? '')
  }
  const fail = (error: unknown) => {
    showError(error)
    endProcess()
  }
  // A socket that fails when nobody listens any more must not print its innards, headers among them.
  process.on('uncaughtException', fail)
  // The event loop has nothing left to do, and the command is still waiting.
  const failForSilence = () => fail(new ActionError(RAN_DRY))
  process.once('beforeExit', failForSilence)
  try {
    await command(runner)
  } catch (error) {
    showError(error)
  }
  process.off('beforeExit', failForSilence)
  endProcess()
}

/** Ends the process although a socket may linger, once everything printed has been taken. */
function endProcess(): void {
  process.stdout.write('', () => process.exit())
}
