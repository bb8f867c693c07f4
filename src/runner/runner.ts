import { accessSync, appendFileSync, constants, statSync } from 'node:fs'
import * as core from '@actions/core'
import { ActionError, explainError } from '../core/errors.js'
import {
  escapeAstral,
  type Message,
  mapMessage,
  shorten,
  writeLines,
  writeOut,
} from '../core/message.js'
import { defuseCommands } from '../core/plain-text.js'
import { SecretRegistry } from '../core/scrub.js'
import { observeProcess, signalProcess } from './processes.js'
import { readRunContext } from './run-context.js'
import { addNote, readNotes, replaceNote, type StepNote } from './step-notes.js'

/** Exit code of a process ended by SIGINT, the signal with which a runner cancels a step. */
const CANCELLED_EXIT_CODE = 130

/** Heads each annotation, which GitHub shows far from the step that made it. */
const TITLE = 'Junction Management Key'

/** What the runner keeps of one message, in UTF-16 units, and of one level in a step; the rest stands nowhere. */
const LONGEST_MESSAGE = 4_096
const MOST_OF_A_LEVEL = 10

/** Lines of the log that stay in sight. */
const MOST_LINES_IN_SIGHT = 5

/**
 * How long after the first signal a request may go on, in milliseconds: the runner kills the process 10 s after it,
 * and a post step ends it 8 s after its own (source: actions/runner, ProcessInvoker.cs).
 */
const LAST_CALL_AFTER_MS = 7_000

/**
 * Everything the action reads from the runner and writes to it. Known secrets are removed from every text written,
 * except outputs, variables and state, and no text can be mistaken for a workflow command.
 */
export type Runner = ReturnType<typeof createRunner>

export type RunContext = Runner['context']

/** Step outputs by their names. */
export type Outputs = Readonly<Record<string, string | readonly unknown[]>>

/** Builds the port on GitHub's toolkit and this process. */
export function createRunner() {
  const secrets = new SecretRegistry()
  const clean = (text: string) => defuseCommands(secrets.scrub(text))
  const cancellation = new AbortController()
  const lastCall = new AbortController()
  const annotate = createAnnotator(clean)
  let uninterruptible = 0
  let hasSummary = false
  const readTemp = () => process.env['RUNNER_TEMP'] ?? ''

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (uninterruptible === 0) process.exit(CANCELLED_EXIT_CODE)
      cancellation.abort()
      setTimeout(() => lastCall.abort(), LAST_CALL_AFTER_MS).unref()
    })
  }

  return {
    context: readRunContext(process.env),
    /** Text of an input as the workflow gave it, untrimmed; `''` when not set. */
    readInput: (name: string): string => core.getInput(name, { trimWhitespace: false }),
    /** Text that the main step saved for the post step; `''` when there is none. */
    readState: (name: string): string => core.getState(name),
    /** Hides a value from here on: in the log, and in everything else written through this port. */
    mask: (secret: string): void => secrets.add(secret).forEach(core.setSecret),
    /** Hides a value in everything written through this port, without passing it to the runner. */
    hide: (secret: string): void => void secrets.add(secret),
    /** Removes every known secret, and every piece of one, from outside text. */
    scrub: (text: string): string => secrets.scrubForeign(text),
    /** Saves a text, which must not contain a secret, for the post step. */
    saveState: (name: string, value: string): void => core.saveState(name, value),
    /** Sets step outputs; a list becomes JSON. */
    setOutputs: (outputs: Outputs): void => {
      for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value)
    },
    exportVariable: (name: string, value: string): void => core.exportVariable(name, value),
    /** `addNote`; `undefined` without a folder for temporary files. */
    addNote: (text: string): number | undefined =>
      readTemp() === '' ? undefined : addNote(readTemp(), text),
    replaceNote: (number: number, text: string): void => replaceNote(readTemp(), number, text),
    readNotes: (): readonly StepNote[] => (readTemp() === '' ? [] : readNotes(readTemp())),
    observe: observeProcess,
    signal: signalProcess,
    checkFiles,
    /** Shown only with step debug logging. */
    debug: (message: string): void => core.debug(clean(message)),
    info: (message: string): void => core.info(clean(message)),
    /** Does work that writes about as many lines to the log as `lines` says: folds them, under a title, when they are many. */
    group: async <T>(title: string, lines: number, work: () => Promise<T>): Promise<T> => {
      if (lines <= MOST_LINES_IN_SIGHT) return work()
      core.startGroup(clean(title))
      try {
        return await work()
      } finally {
        core.endGroup()
      }
    },
    /**
     * An annotation that informs. Where an annotation is too long for GitHub, or one too many, all of it stands in
     * plain lines.
     */
    notice: (message: Message): void => annotate('notice', message),
    warning: (message: Message): void => annotate('warning', message),
    /** An annotation that says why the step failed, and fails it. */
    fail: (message: Message): void => {
      process.exitCode = core.ExitCode.Failure
      annotate('error', message)
    },
    /** Adds Markdown to the job summary. Never throws: a summary is not worth a failed job. */
    appendSummary: (markdown: string): void => {
      try {
        // The toolkit's writer waits for the thread pool, which takes a tenth of a whole step.
        appendFileSync(process.env['GITHUB_STEP_SUMMARY'] ?? '', secrets.scrub(markdown))
        hasSummary = true
      } catch (error) {
        core.debug(clean(`Could not write the job summary: ${explainError(error)}`))
      }
    },
    /** Whether this process has added to the job summary. */
    hasSummary: (): boolean => hasSummary,
    /**
     * Runs work that must not be interrupted: while it runs, a cancellation only aborts the signals below.
     * Otherwise, a cancellation ends the process immediately.
     */
    uninterrupted: async <T>(work: () => Promise<T>): Promise<T> => {
      uninterruptible += 1
      try {
        return await work()
      } finally {
        uninterruptible -= 1
      }
    },
    /** Aborted when the runner cancels the step while uninterrupted work runs. */
    cancellation: cancellation.signal,
    /** Aborted a few seconds later, in time to save the record and end before the runner kills the process. */
    lastCall: lastCall.signal,
  }
}

const PRINT = { notice: core.notice, warning: core.warning, error: core.error }

function createAnnotator(clean: (text: string) => string) {
  const counts = { notice: 0, warning: 0, error: 0 }
  return (level: keyof typeof PRINT, message: Message): void => {
    // In an error or a warning, such a character can end GitHub's worker, and with it the job, without a post step.
    const safe = level === 'notice' ? clean : (text: string) => escapeAstral(clean(text))
    const text = mapMessage(message, safe)
    const shown = shorten(text, LONGEST_MESSAGE)
    const isOneTooMany = counts[level] >= MOST_OF_A_LEVEL
    if (isOneTooMany || shown !== writeOut(text)) writeLines(text).forEach(core.info)
    if (isOneTooMany) return
    counts[level] += 1
    PRINT[level](shown, { title: TITLE })
  }
}

/**
 * Throws an `ActionError` when a file command of the runner, by the name of its variable without `GITHUB_`, could not
 * be written later: the toolkit then prints an output to the log, key included, or throws.
 */
function checkFiles(files: readonly ('OUTPUT' | 'STATE' | 'ENV')[]): void {
  for (const file of files) {
    const variable = `GITHUB_${file}`
    const path = process.env[variable] ?? ''
    try {
      accessSync(path, constants.W_OK)
      if (!statSync(path).isFile()) throw new Error(`${path} is not a file`)
    } catch (cause) {
      throw new ActionError(
        `${variable} is not a writable file, so the key could not be delivered. Nothing was created: ${explainError(cause)}`,
        { cause },
      )
    }
  }
}
