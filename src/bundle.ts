// Everything the entries share, in one file of dist/.

export { createKey } from './commands/create.js'
export { reportFailure } from './commands/job-summary.js'
export { cleanUp } from './commands/post.js'
export { pruneKeys } from './commands/prune.js'
export { revokeKeys } from './commands/revoke.js'
// For github.cjs, which only steps with secrets load.
export * from './core/errors.js'
export * from './http/retry.js'
export * from './http/service.js'
export { runCommand } from './runner/run-command.js'
