import { revokeKeys, runCommand } from './bundle.js'

// Only step of the revoke action.
void runCommand(revokeKeys, (runner, message) => runner.fail(message))
