import { revokeKeys, runCommand } from './bundle.js'

// The only step of the revoke action.
void runCommand(revokeKeys, (runner, message) => runner.fail(message))
