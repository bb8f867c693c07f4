import {
  closeSync,
  constants,
  fstatSync,
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

/** In the folder that the runner empties after each job. */
const FOLDER = 'junction-management-key'

/** Above the size of a note, which quotes a record of 128 KiB, and far more notes than a job has steps. */
const LARGEST_NOTE_BYTES = 512 * 1024
const MOST_NOTES = 1_000

const NAME = /^\d{1,16}-\d{1,10}\.json$/

/**
 * Writes a note for the other steps of the job, replacing the previous one of that name. Atomic: a killed process
 * leaves no partial note. Throws when it cannot be written.
 */
export function writeNote(temp: string, name: string, text: string): void {
  const folder = join(temp, FOLDER)
  // Throws when the runner's folder is missing; it is not ours to create.
  statSync(temp)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  refuseLink(folder)
  const draft = join(folder, `${name}.draft`)
  rmSync(draft, { force: true })
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
  renameSync(draft, join(folder, name))
}

/** The notes of the job's steps, oldest first. Anything else is skipped. */
export function readNotes(temp: string): readonly string[] {
  const folder = join(temp, FOLDER)
  return listNames(folder).flatMap((name) => {
    try {
      return [readNote(join(folder, name))]
    } catch {
      // Another program's file, or one that is already gone.
      return []
    }
  })
}

function listNames(folder: string): readonly string[] {
  try {
    refuseLink(folder)
    const names = readdirSync(folder).filter((name) => NAME.test(name))
    return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).slice(-MOST_NOTES)
  } catch {
    // No step of this job has written a note.
    return []
  }
}

/** Every step of the job can write to the folder, so a note may be a link, a pipe or any amount of data. */
function readNote(path: string): string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
  // On a platform without one of these, it is `undefined`, which sets no bit.
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.nlink > 1 || stats.size > LARGEST_NOTE_BYTES) {
      throw new Error(`${path} is not a note`)
    }
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function refuseLink(folder: string): void {
  if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`)
}
