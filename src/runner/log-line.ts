import { replaceControls } from '../core/plain-text.js'

/**
 * Makes a text safe to print as lines of the log: without control characters, and no command. The runner takes a line for a command when it
 * begins with `::`, and, in the old form, when `##[` stands anywhere in it
 * (source: actions/runner, ActionCommand.cs); labels and server answers may hold either.
 */
export function defuseCommands(text: string): string {
  return text
    .replaceAll('##[', '## [')
    .split(/\r\n|[\r\n]/)
    .map((line) => replaceControls(line).replace(/^(\s*):(?=:)/, '$1\u200b:'))
    .join('\n')
}
