import { pruneKeys, runCommand } from './bundle.js'

// The only step of the prune action.
void runCommand(pruneKeys, (runner, message) => runner.fail(message))
