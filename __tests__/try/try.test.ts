import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const STEP = `- uses: OWNER/junction-management-key@v1
  id: k
  with:
    org_key: \${{ secrets.ORG_KEY }}
    org_id: \${{ vars.ORG_ID }}
    team_id: 11111111-2222-4333-8444-555555555555
    label: my-app \${{ github.run_id }}
`

describe('npm run try', () => {
  let folder = ''
  let count = 0
  /** Writes the files and tries them. */
  const tryFiles = (...texts: readonly string[]) => {
    const files = texts.map((text) => {
      count += 1
      const file = join(folder, `${count}.yml`)
      writeFileSync(file, text)
      return file
    })
    return run(files)
  }
  const run = (args: readonly string[]) => {
    const { PATH = '' } = process.env
    const ended = spawnSync(process.execPath, ['try/try.js', ...args], {
      env: { PATH },
      encoding: 'utf8',
    })
    expect(ended.stdout).not.toMatch(/mg_|gh[ps]_/)
    return ended
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'try-test-'))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  test('plays main and post of a step, and shows what both services then hold', () => {
    const { status, stdout } = tryFiles(`- run: make\n${STEP}    secret_name: JMK
    secret_targets: |
      env=production
      org=acme app=dependabot
    github_token: \${{ steps.app.outputs.token }}
    revoke: never
`)
    const [, id = ''] = /^key_id +([\da-f-]{36})$/m.exec(stdout) ?? []
    expect(stdout.match(/^── .*/gm)).toEqual([
      '── Job job',
      '── Not played: run',
      '── Run OWNER/junction-management-key@v1',
      '── Post OWNER/junction-management-key@v1',
      ...['── Job summary', '── Keys in the Management API', '── Secrets in GitHub'],
    ])
    expect(stdout).toMatch(/^✅ Created Management Key my-app 1658821493$/m)
    expect(stdout).toContain(`\n${id}  my-app 1658821493  active\n`)
    expect(stdout).toMatch(
      new RegExp(
        `^job +environment production +JMK +${id}\njob +organization acme \\(dependabot\\) +JMK +${id}$`,
        'm',
      ),
    )
    expect(status).toBe(0)
  })

  test('passes outputs on, and drops the job outputs that contain the key', () => {
    const steps = `    steps:\n${STEP.replace(/^/gm, '      ')}`
    const { status, stdout } = tryFiles(`env: { LABEL: ignored }
jobs:
  create:
    if: github.event.action == 'opened'
    outputs: { id: '\${{ steps.k.outputs.key_id }}', key: '\${{ steps.k.outputs.key }}' }
${steps.trimEnd()}
  revoke:
    needs: create
    steps:
      - uses: ./revoke
        with: { org_key: x, org_id: y, key_id: '\${{ needs.create.outputs.id }}' }
`)
    expect(stdout).toContain("Played whatever its condition says: github.event.action == 'opened'")
    expect(stdout).toMatch(/^Job outputs that .* dropped: key$/m)
    expect(stdout).toMatch(/my-app 1658821493 +revoked \(revoke\)$/m)
    expect(status).toBe(0)
  })

  test('fails when a step does, and plays a file twice in one sandbox', () => {
    const { status, stdout } = tryFiles(`${STEP}    if_exists: fail\n    output_key: false`)
    expect([status, stdout]).toEqual([1, expect.stringContaining('output_key is false')])
    const file = `${STEP}    if_exists: replace\n`
    expect(tryFiles(file, file).stdout.match(/ (active|revoked \(job\))$/gm)).toHaveLength(2)
  })

  test('has a token that writes no secrets where a workflow has', () => {
    const { status, stdout } = tryFiles(
      `${STEP}    secret_name: JMK\n    github_token: \${{ github.token }}\n`,
    )
    expect([status, stdout]).toEqual([1, expect.stringContaining('GITHUB_TOKEN')])
  })

  test.each([
    ['format(1)', 'label: The local runner cannot evaluate'],
    ['steps.a.outputs.b', 'label: steps.a was not played'],
  ])('names the line of what it cannot evaluate: %s', (expression, words) => {
    const label = `\n    label: \${{ ${expression} }}`
    const { status, stderr } = tryFiles(STEP.replace(/label: .*/, label))
    expect([status, stderr]).toEqual([1, expect.stringContaining(`.yml:8: ${words}`)])
  })

  test('passes over what needs a step that was not played', () => {
    const { status, stdout } = tryFiles(
      `- run: make\n  id: make\n${STEP.replace('github.run_id', 'steps.make.outputs.label')}`,
    )
    expect(stdout).toContain('It needs steps.make, which was not played.')
    expect(status).toBe(0)
  })

  test('skips a step that a status function forbids, whatever else its condition says', () => {
    const { stdout } = tryFiles(`${STEP}- uses: ./revoke
  if: failure() && steps.k.outputs.created == 'true'
  with: { org_key: x, org_id: y, key_id: '\${{ steps.k.outputs.key_id }}' }
- uses: ./revoke
  if: always() && steps.k.outputs.created == 'true'
  with: { org_key: x, org_id: y, key_id: '\${{ steps.k.outputs.key_id }}' }
`)
    expect(stdout.match(/^(?:Skipped|Played|Revoked).*/gm)).toEqual([
      'Skipped: its condition does not hold.',
      "Played whatever its condition says: always() && steps.k.outputs.created == 'true'",
      expect.stringContaining('Revoked Management Key'),
    ])
  })

  test('explains what it takes', () => {
    expect(run([]).stderr).toContain('Usage: npm run try -- FILE')
    expect(tryFiles('steps: []').stderr).toContain('no step that uses junction-management-key')
    expect(tryFiles('a: [').stderr).toMatch(/^Error: .*\.yml: /)
    expect(run(['none.yml']).stderr).toBe(
      `Error: none.yml is not a file that can be read; enter its path from ${process.cwd()}, such as ../my-app/.github/workflows/rotate.yml\n`,
    )
  })

  test.each(readdirSync('examples'))('plays examples/%s', (name) => {
    expect(run([join('examples', name)])).toMatchObject({ status: 0, stderr: '' })
  })
})
