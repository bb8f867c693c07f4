import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'

/** Everything that has a `uses:`, or shows one. */
const FILES = [
  ...readdirSync('.'),
  ...['.ci', '.github', 'examples', 'prune', 'revoke'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  ),
].filter((file) => /\.(?:md|ya?ml)$/.test(file))

describe('references', () => {
  test.each(FILES)('%s: no `uses: $/`, which runners refuse', (file) => {
    expect(read(file).match(/^[ \t-]*uses:[ \t]*["']?\$\/.*$/gm)).toBeNull()
  })

  test.each(FILES)('%s: no deprecated input of create-github-app-token', (file) => {
    expect(read(file).match(/^[ \t]*app-id:.*$/gm)).toBeNull()
  })
})

function read(file: string): string {
  return readFileSync(file, 'utf8')
}
