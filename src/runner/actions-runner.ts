import { accessSync, appendFileSync, constants, statSync } from 'node:fs'
import { uptime } from 'node:os'
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
import { readRunContext } from './run-context.js'
import type { Runner, RunnerFile } from './runner.js'
import { readNotes, writeNote } from './step-notes.js'

/** Exit code of a process ended by SIGINT, the signal with which a runner cancels a step. */
const CANCELLED_EXIT_CODE = 130

/** Heads each annotation, which GitHub shows far from the step that made it. */
const TITLE = 'Junction Management Key'

/** What the runner keeps of one message, in UTF-16 units, and of one level in a step; the rest stands nowhere. */
const LONGEST_MESSAGE = 4_096
const MOST_OF_A_LEVEL = 10

/**
 * How long after SIGINT an open request may go on, in milliseconds: the runner sends SIGTERM 7.5 s after it, and waits
 * no longer for a background step (source: actions/runner, BackgroundStepCoordinator.cs).
 */
const LAST_CALL_AFTER_MS = 5_000

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
  // Process IDs are reused, and names sort by age.
  const noteName = `${Math.round(uptime() * 1000)}-${process.pid}.json`

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
    mask: (secret) => {
      for (const line of secrets.add(secret)) core.setSecret(line)
    },
    hide: (secret) => {
      secrets.add(secret)
    },
    scrub: (text) => secrets.scrubForeign(text),
    saveState: (name, value) => core.saveState(name, value),
    setOutput: (name, value) => core.setOutput(name, value),
    exportVariable: (name, value) => core.exportVariable(name, value),
    writeNote: (text) => {
      const temp = readTemp()
      if (temp === '') return
      try {
        writeNote(temp, noteName, text)
      } catch (error) {
        core.debug(clean(`Could not write a note for the other steps: ${explainError(error)}`))
      }
    },
    readNotes: () => (readTemp() === '' ? [] : readNotes(readTemp())),
    isAlive,
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

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
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
