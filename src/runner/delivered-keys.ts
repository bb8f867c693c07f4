import { appendFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Ids, one a line, in the folder that the runner empties after every job. */
const FILE_NAME = 'junction-management-key-delivered'

/**
 * Notes that a step of this job has delivered a key. A step that was cut off looks for keys it may have
 * left behind, and must not take one for its own that a later attempt in the same job has delivered.
 */
export function rememberDelivered(keyId: string, folder: string | undefined): void {
  if (folder === undefined || folder === '') return
  appendFileSync(join(folder, FILE_NAME), `${keyId}\n`)
}

/** Ids of the keys that steps of this job have delivered; none when the folder has no such note. */
export function listDelivered(folder: string | undefined): readonly string[] {
  if (folder === undefined || folder === '') return []
  try {
    return readFileSync(join(folder, FILE_NAME), 'utf8').split('\n').filter(Boolean)
  } catch {
    // No step of this job has delivered a key.
    return []
  }
}
