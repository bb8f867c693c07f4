// What the entries share, and therefore one file in dist/: the steps, and the way to run them.
export { cleanUp } from './commands/clean-up.js'
export { createKey } from './commands/create-key.js'
export { runCommand } from './runner/run-command.js'
