// What the entries share, and therefore one file in dist/: the steps, and the way to run them.
export { cleanUp } from './commands/clean-up.js'
export { createKey } from './commands/create-key.js'
export { pruneKeys } from './commands/prune-keys.js'
export { revokeKeys } from './commands/revoke-keys.js'
// For the part that only steps with secrets load.
export * from './core/errors.js'
export { createExchange } from './http/exchange.js'
export { runCommand } from './runner/run-command.js'
