import { replaceControls } from '../core/plain-text.js'

/**
 * Makes a text safe to print as lines of the log: without control characters, and never a workflow command. The runner
 * reads a line as a command when it begins with `::` and, in the old form, when it contains `##[`
 * (source: actions/runner, ActionCommand.cs); labels and responses may contain either.
 */
export function defuseCommands(text: string): string {
  return text
    .replaceAll('##[', '## [')
    .split(/\r\n|[\r\n]/)
    .map((line) => replaceControls(line).replace(/^(\s*):(?=:)/, '$1\u200b:'))
    .join('\n')
}
