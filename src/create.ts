import { createKey, runCommand } from './bundle.js'

// Main step of the root action.
void runCommand(createKey, (runner, message) => runner.fail(message))
