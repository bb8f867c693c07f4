import { pruneKeys, runCommand } from './bundle.js'

// Only step of the prune action.
void runCommand(pruneKeys, (runner, message) => runner.fail(message))
