import { appendFileSync, closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Ids, one a line, in the folder that the runner empties after every job. */
const FILE_NAME = 'junction-management-key-delivered'

/** More than a job ever delivers. */
const LARGEST_FILE_BYTES = 64 * 1024

const ID = /^[\x21-\x7e]{1,200}$/

/**
 * Notes that a step of this job has delivered a key. A step that was cut off looks for keys it may have
 * left behind, and must not take one for its own that a later attempt in the same job has delivered.
 * Throws when the note cannot be written.
 */
export function rememberDelivered(keyId: string, folder: string | undefined): void {
  if (folder === undefined || folder === '') return
  const { O_WRONLY, O_APPEND, O_CREAT } = constants
  // The line break in front ends what another step may have left half written.
  withFile(folder, O_WRONLY | O_APPEND | O_CREAT, (file) => appendFileSync(file, `\n${keyId}\n`))
}

/** Ids of the keys that steps of this job have delivered; none when the folder has no such note. */
export function listDelivered(folder: string | undefined): readonly string[] {
  if (folder === undefined || folder === '') return []
  try {
    return withFile(folder, constants.O_RDONLY, (file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => ID.test(line)),
    )
  } catch {
    // No step of this job has delivered a key, or what is there is not our note.
    return []
  }
}

/** Every step of the job may write to the folder: what is there may be a link, a pipe or any amount of data. */
function withFile<T>(folder: string, flags: number, use: (file: number) => T): T {
  const { O_NOFOLLOW, O_NONBLOCK } = constants
  // Where a platform lacks one of these, it is `undefined`, which changes no bit.
  const file = openSync(join(folder, FILE_NAME), flags | O_NOFOLLOW | O_NONBLOCK, 0o600)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() || stats.nlink > 1) throw new Error(`${FILE_NAME} is not a file of its own`)
    if (stats.size > LARGEST_FILE_BYTES) throw new Error(`${FILE_NAME} is too large`)
    return use(file)
  } finally {
    closeSync(file)
  }
}
