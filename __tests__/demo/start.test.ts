import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from '@jest/globals'

const DEMO = fileURLToPath(new URL('../../demo/demo.js', import.meta.url))

describe('npm start', () => {
  let shown = ''

  // As when it is piped, or shown to somebody without color.
  beforeAll(async () => {
    const { PATH = '' } = process.env
    shown = (await promisify(execFile)(process.execPath, [DEMO], { env: { PATH } })).stdout
  })

  /** Rows of the table with this title, each with its cells. */
  function readTable(title: string): string[][] {
    const [, text = ''] = shown.split(`── ${title}\n`)
    const [, , ...rows] = (text.split('\n\n')[0] ?? '').split('\n')
    return rows.map((row) => row.split(/ {2,}/))
  }

  test('shows a summary per job, within 100 columns, without color or Markdown', () => {
    expect(shown.split('\n').filter((line) => [...line].length > 100)).toEqual([])
    expect(shown).not.toContain('\u001b')
    expect(shown.match(/^── Job summary$/gm)).toHaveLength(5)
    expect(shown).not.toMatch(/\|\s*---|<br>|<details>|^#{1,6} |`[\w-]+`/m)
  })

  test('tells the life of a key and the end of a stale one, as both services have it', () => {
    const keys = readTable('Keys in the Management API')
    expect(keys.map(([, label, state]) => [label, state])).toEqual([
      ['preview-pr-7', 'revoked (prune)'],
      ['preview-pr-41', 'active'],
      ['preview-pr-42', 'revoked (push)'],
      ['preview-pr-42', 'revoked (close)'],
    ])
    const [first, second] = keys.slice(2).map(([id]) => id)
    expect(first).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
    expect(readTable('Secrets in GitHub')).toEqual([
      ['open', 'environment preview-pr-42', 'JUNCTION_MANAGEMENT_KEY', first],
      ['push', 'environment preview-pr-42', 'JUNCTION_MANAGEMENT_KEY', second],
      ['close', 'none'],
      ['report', 'none'],
      ['prune', 'none'],
    ])
    expect(shown).toContain('\n  403: the service recognizes the key; a team key may not do this\n')
    expect(shown).toMatch(/\n\nSuccess: .*created, used, replaced and revoked/)
  })

  test('shows no key, no token and no sealed value', () => {
    expect(shown.match(/^The key is .*/gm)).toEqual(['The key is ***'])
    expect(shown).not.toMatch(/mg_|gh[ps]_|[A-Za-z0-9+/]{64,}/)
  })
})
