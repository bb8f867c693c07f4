import { ActionError, CancelledError, explainError } from '../core/errors.js'
import type { Message } from '../core/message.js'
import { listProxySecrets } from '../http/proxy.js'
import { createRunner, type Runner } from './runner.js'

/** The inputs, of all actions, that contain secrets. */
const MASKED_INPUTS = ['org_key', 'github_token']

const ENDED_EARLY =
  'The action ended early: it was waiting for a response that can no longer arrive. Check the Junction Dashboard for new, unused keys, then run again'

/**
 * Runs a command and ends the process: the one place where a thrown error becomes an annotation.
 * `show` says how: a main step fails, a post step only warns.
 */
export async function runCommand(
  command: (runner: Runner) => Promise<void>,
  show: (runner: Runner, message: Message) => void,
): Promise<void> {
  const runner = createRunner()
  // Mask here rather than in the commands, so that nothing can happen first.
  const secrets = [...MASKED_INPUTS.map(runner.readInput), ...listProxySecrets(process.env)]
  for (const secret of secrets) runner.mask(secret)
  // Certificates are always checked; with this variable set, Node.js would warn that they are not.
  delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  const showError = (error: unknown) => {
    show(runner, error instanceof ActionError ? error.text : explainError(error))
    if (!(error instanceof CancelledError) && error instanceof Error)
      runner.debug(error.stack ?? '')
  }
  const fail = (error: unknown) => {
    showError(error)
    endProcess()
  }
  // A late socket error would print the error object, including request headers.
  process.on('uncaughtException', fail)
  // The event loop is empty while the command is still waiting.
  const failWhenIdle = () => fail(new ActionError(ENDED_EARLY))
  process.once('beforeExit', failWhenIdle)
  try {
    await command(runner)
  } catch (error) {
    showError(error)
  }
  process.off('beforeExit', failWhenIdle)
  endProcess()
}

/** Ends the process once everything printed is flushed, even if a socket is still open. */
function endProcess(): void {
  process.stdout.write('', () => process.exit())
}
