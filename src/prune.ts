import { pruneKeys, reportFailure, runCommand } from './bundle.js'

// The only step of the prune action.
void runCommand(pruneKeys, reportFailure('The stale Management Keys could not be pruned'))
