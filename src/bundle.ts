// What the entries share, and therefore one file in dist/: the steps, and the way to run them.

export { createKey } from './commands/create.js'
export { cleanUp } from './commands/post.js'
export { pruneKeys } from './commands/prune.js'
export { revokeKeys } from './commands/revoke.js'
// For the part that only steps with secrets load.
export * from './core/errors.js'
export * from './http/retry.js'
export * from './http/send.js'
export { runCommand } from './runner/run-command.js'
