import { pruneKeys, runCommand } from './index.js'

// Only step of the prune action.
void runCommand(pruneKeys, (runner, message) => runner.fail(message))
