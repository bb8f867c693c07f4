import { createKey, runCommand } from './bundle.js'

// The main step of the root action.
void runCommand(createKey, (runner, message) => runner.fail(message))
