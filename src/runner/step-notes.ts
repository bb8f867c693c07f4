import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

const FOLDER = 'junction-management-key'

/** Above the size of a note, which contains a record of 128 KiB, and far more notes than a job has steps. */
const LARGEST_NOTE_BYTES = 256 * 1024
const MOST_NOTES = 1_000

const NAME = /^([1-9]\d{0,8})\.json$/

/** A note that a process has left for the other steps of its job. */
export interface StepNote {
  /** Its place in the order in which notes were first written. */
  readonly number: number
  readonly text: string
}

/**
 * Writes a note under the first free number, which no other process gets, and returns the number.
 * The note is complete as soon as others see it. Throws when it cannot be written.
 */
export function addNote(temp: string, text: string): number {
  const folder = openFolder(temp)
  const draft = writeDraft(folder, text)
  try {
    for (let number = Math.max(0, ...listNumbers(folder)) + 1; ; number += 1) {
      if (tryLink(draft, join(folder, `${number}.json`))) return number
    }
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Replaces a note. Atomic: a killed process leaves no partial one. Throws when it cannot be written. */
export function replaceNote(temp: string, number: number, text: string): void {
  const folder = openFolder(temp)
  renameSync(writeDraft(folder, text), join(folder, `${number}.json`))
}

/** The notes of the job's steps in order. Anything else is skipped. */
export function readNotes(temp: string): readonly StepNote[] {
  const folder = join(temp, FOLDER)
  const read = (number: number) => {
    try {
      return [{ number, text: readNote(join(folder, `${number}.json`)) }]
    } catch {
      // Another program's file, or one that is already gone.
      return []
    }
  }
  try {
    refuseLink(folder)
    return listNumbers(folder).flatMap(read)
  } catch {
    // No step of this job has written a note, or another user has left a folder that only they can read.
    return []
  }
}

function openFolder(temp: string): string {
  const folder = join(temp, FOLDER)
  // Throws when the runner's folder is missing; it is not ours to create.
  statSync(temp)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  refuseLink(folder)
  return folder
}

function writeDraft(folder: string, text: string): string {
  // Process IDs repeat in other containers.
  const draft = join(folder, `${process.pid}-${process.hrtime.bigint()}.draft`)
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
  return draft
}

/** A hard link is made only where nothing has its name. Returns whether it was. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function listNumbers(folder: string): readonly number[] {
  const numbers = readdirSync(folder).flatMap((name) => NAME.exec(name)?.[1] ?? [])
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .slice(-MOST_NOTES)
}

/** Every step of the job can write to the folder, so a note may be a link, a pipe or any amount of data. */
function readNote(path: string): string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  // On a platform without one of these, it is `undefined`, which sets no bit.
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.size > LARGEST_NOTE_BYTES) throw new Error(`${path} is not a note`)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function refuseLink(folder: string): void {
  if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`)
}
