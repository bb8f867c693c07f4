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
import type { Runner, RunnerFile } from './runner.js'
import { addNote, readNotes, replaceNote } from './step-notes.js'

/** Exit code of a process ended by SIGINT, the signal with which a runner cancels a step. */
const CANCELLED_EXIT_CODE = 130

/** Heads each annotation, which GitHub shows far from the step that made it. */
const TITLE = 'Junction Management Key'

/** What the runner keeps of one message, in UTF-16 units, and of one level in a step; the rest stands nowhere. */
const LONGEST_MESSAGE = 4_096
const MOST_OF_A_LEVEL = 10

/**
 * How long after the first signal a request may go on, in milliseconds: the runner kills the process 10 s after it,
 * and a post step ends it 8 s after its own (source: actions/runner, ProcessInvoker.cs).
 */
const LAST_CALL_AFTER_MS = 7_000

/** Builds the runner port on GitHub's toolkit and this process. */
export function createActionsRunner(): Runner {
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
    cancellation: cancellation.signal,
    lastCall: lastCall.signal,
    readInput: (name) => core.getInput(name, { trimWhitespace: false }),
    readState: (name) => core.getState(name),
    mask: (secret) => secrets.add(secret).forEach(core.setSecret),
    hide: (secret) => void secrets.add(secret),
    scrub: (text) => secrets.scrubForeign(text),
    saveState: (name, value) => core.saveState(name, value),
    setOutput: (name, value) => core.setOutput(name, value),
    exportVariable: (name, value) => core.exportVariable(name, value),
    addNote: (text) => (readTemp() === '' ? undefined : addNote(readTemp(), text)),
    replaceNote: (number, text) => replaceNote(readTemp(), number, text),
    readNotes: () => (readTemp() === '' ? [] : readNotes(readTemp())),
    observe: observeProcess,
    signal: signalProcess,
    checkFiles,
    debug: (message) => core.debug(clean(message)),
    info: (message) => core.info(clean(message)),
    group: async (title, work) => {
      core.startGroup(clean(title))
      try {
        return await work()
      } finally {
        core.endGroup()
      }
    },
    notice: (message) => annotate('notice', message),
    warning: (message) => annotate('warning', message),
    fail: (message) => {
      process.exitCode = core.ExitCode.Failure
      annotate('error', message)
    },
    appendSummary: (markdown) => {
      try {
        // The toolkit's writer waits for the thread pool, which takes a tenth of a whole step.
        appendFileSync(process.env['GITHUB_STEP_SUMMARY'] ?? '', secrets.scrub(markdown))
        hasSummary = true
      } catch (error) {
        core.debug(clean(`Could not write the job summary: ${explainError(error)}`))
      }
    },
    hasSummary: () => hasSummary,
    uninterrupted: async (work) => {
      uninterruptible += 1
      try {
        return await work()
      } finally {
        uninterruptible -= 1
      }
    },
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

/** Without its file, the toolkit prints an output to the log, key included, or throws, so check before creating a key. */
function checkFiles(files: readonly RunnerFile[]): void {
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
