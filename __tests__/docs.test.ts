import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { InputContext } from '../src/core/input-context.js'
import { isRecord } from '../src/core/json.js'
import { SECRET_APPS, VISIBILITIES } from '../src/core/secret-target.js'
import { parseCreateInputs } from '../src/inputs/create.js'
import { parsePruneInputs } from '../src/inputs/prune.js'
import { parseRevokeInputs } from '../src/inputs/revoke.js'
import { parseSecretTargets } from '../src/inputs/secret-targets.js'
import { VERSION } from '../src/version.js'
import { RUN } from './support/inputs.js'

const DOCUMENTS = ['.', 'docs', 'docs/maintainers', 'revoke', 'prune'].flatMap((folder) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file)),
)
const THIS_ACTION = /^[\w.-]+\/junction-management-key(?:\/(?<name>\w+))?@(?<version>.+)$/
/** Its tables quote messages. */
const TROUBLES = 'docs/troubleshooting.md'
const EXPRESSION = /\$\{\{.*?\}\}/g
const UUID = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'

/** Values of inputs that are one expression; all other expressions become a number. */
const EXAMPLE_VALUES: Readonly<Record<string, string>> = {
  org_key: 'mg_example',
  org_id: UUID,
  team_id: UUID,
  key_id: UUID,
  github_api_url: 'https://api.github.com',
  older_than: '30d',
  dry_run: 'false',
  secret_targets: 'env=7',
}

const EXAMPLE_RUN: InputContext = { ...RUN, repository: 'my-org/my-app' }

const readme = read('README.md')
const actions = [
  { name: 'create', file: 'action.yml', parseInputs: parseCreateInputs },
  { name: 'revoke', file: 'revoke/action.yml', parseInputs: parseRevokeInputs },
  { name: 'prune', file: 'prune/action.yml', parseInputs: parsePruneInputs },
].map((action) => {
  const metadata = record(parse(read(action.file)))
  return {
    ...action,
    inputs: Object.entries(record(metadata['inputs'])),
    outputs: Object.keys(record(metadata['outputs'])),
  }
})
const blocks = DOCUMENTS.flatMap((document) => findYamlBlocks(document))
const examples = readdirSync('examples').map((file) => {
  const workflow = record(parse(read(`examples/${file}`)))
  return { place: `examples/${file}`, workflow, jobs: listJobs(workflow) }
})
const copied = [...blocks, ...examples]

test('the tables of inputs and outputs are those of the three action.yml', () => {
  const check = ['scripts/update-docs.js', '--check']
  expect(() => execFileSync(process.execPath, check, { stdio: 'pipe' })).not.toThrow()
})

test('a link to a finding names what its script shows', () => {
  const links = DOCUMENTS.flatMap((document) => [
    ...read(document).matchAll(/\[([^\]]*)\]\([^)]*(findings[^)]*)\)/g),
  ])
  expect(links).not.toEqual([])
  for (const [, text = '', script = ''] of links) {
    expect(script).toMatch(/\.sh$/)
    for (const name of text.split(', ')) expect(read(script)).toContain(name)
  }
})

describe('examples', () => {
  test('the start is a whole workflow with least privilege', () => {
    const start = blocks.find(({ place }) => place.startsWith('README.md'))
    expect(start?.workflow).toMatchObject({ on: 'workflow_dispatch', permissions: {} })
    expect(start?.jobs).toHaveLength(1)
  })

  test.each(copied)('$place: uses the actions as they are', ({ jobs }) => {
    const steps = jobs.flatMap(listSteps).filter((step) => findAction(step) !== undefined)
    expect(steps).not.toEqual([])
    for (const step of steps) {
      const action = findAction(step)
      const given = record(step['with'])
      const known = action?.inputs.map(([name]) => name)
      expect(known).toEqual(expect.arrayContaining(Object.keys(given)))
      const readInput = (name: string) => evaluate(name, action?.inputs ?? [], given)
      expect(() => action?.parseInputs(readInput, EXAMPLE_RUN)).not.toThrow()
      const version = THIS_ACTION.exec(String(step['uses']))?.groups?.['version']
      expect(version).toBe(`v${VERSION.split('.')[0]}`)
    }
  })

  test('the nightly prune deletes the environments of the keys that it could revoke, whatever fails', () => {
    const prune = examples.find(({ place }) => place.endsWith('/prune.yml'))
    const [revoke, ...others] = prune?.jobs.flatMap(listSteps) ?? []
    expect(revoke?.['uses']).toContain('/prune@')
    expect(others).toHaveLength(3)
    // Without a status function, GitHub skips a step after one that failed.
    for (const step of others) expect(step['if']).toMatch(/^always\(\)/)
  })
})

describe('recipes', () => {
  test.each([
    ['One key for each pull-request preview', 'examples/preview.yml'],
    ['Scheduled rotation', 'examples/rotate.yml'],
  ])('%s shows %s', (heading, file) => {
    const shown = findYamlBlocks('docs/recipes.md', heading)
    expect(shown.map(({ workflow }) => workflow)).toEqual([parse(read(file))])
  })

  test.each([
    ['README.md', 'Store the key in a GitHub secret', 'examples/bootstrap-environment.yml'],
    ['prune/README.md', undefined, 'examples/prune.yml'],
    ['revoke/README.md', undefined, 'examples/preview.yml'],
  ])('the step of %s, %s, is one of %s', (document, heading, file) => {
    const complete = listJobs(record(parse(read(file)))).flatMap(listSteps)
    const [block] = findYamlBlocks(document, heading)
    const steps = block?.jobs.flatMap(listSteps) ?? []
    expect(steps).toHaveLength(1)
    expect(steps.filter((step) => !complete.some((whole) => isPartOf(step, whole)))).toEqual([])
  })

  test('every example is linked', () => {
    expect(examples).not.toEqual([])
    expect(examples.filter(({ place }) => !readme.includes(`](${place})`))).toEqual([])
  })
})

describe('secret targets', () => {
  const section = readSection('docs/secrets.md', 'Secret targets')
  const defaults = { repository: EXAMPLE_RUN.repository, secretName: 'KEY' }

  test.each(readTable('docs/secrets.md', 'Secret targets'))(
    'the pair %s stands in its own example',
    (pair, _, line) => {
      const { targets, problems } = parseSecretTargets(unquote(line), defaults)
      expect(problems).toEqual([])
      expect(targets).toHaveLength(1)
      expect(unquote(line)).toContain(unquote(pair).split('=')[0])
    },
  )

  test('the table names every value that a pair may have', () => {
    const words = [...section.matchAll(/`(?<word>\w+)`/g)].map(({ groups }) => groups?.['word'])
    expect(words).toEqual(expect.arrayContaining([...SECRET_APPS, ...VISIBILITIES]))
  })

  test('the lines shown together can be written together', () => {
    const text = /^```text\n(?<lines>[\s\S]*?)^```$/m.exec(section)?.groups?.['lines'] ?? ''
    const { targets, problems } = parseSecretTargets(text, defaults)
    expect(problems).toEqual([])
    expect(targets.map(({ name }) => name)).toEqual(['KEY', 'KEY', 'JUNCTION_KEY'])
  })
})

describe('troubleshooting', () => {
  const sources = readSources()
  const headings = [...read(TROUBLES).matchAll(/^## (?<text>.+)\n\n\|/gm)]
  const rows = headings.flatMap(({ groups }) => readTable(TROUBLES, groups?.['text'] ?? ''))

  test.each(rows.map(([message = '']) => message))('%s', (cell) => {
    const message = /^`(?<text>.+)`$/.exec(cell)?.groups?.['text'] ?? ''
    // In the sources, an input's problem lacks its name.
    const [first = '', ...problem] = message.split(' ')
    const isInput = actions.some(({ inputs }) => inputs.some(([name]) => name === first))
    const patterns = [message, ...(isInput ? [problem.join(' ')] : [])].map(matchBeginning)
    expect(patterns.some((pattern) => pattern.test(sources))).toBe(true)
  })
})

describe('documents', () => {
  test.each(['npm start', 'npm cit'])('the README shows the command %s', (command) => {
    expect(readme.split('\n').filter((line) => line === command)).toHaveLength(1)
  })

  test.each(DOCUMENTS)('the links in %s lead somewhere', (document) => {
    const links = [...prose(read(document)).matchAll(/\]\((?!https:)(?<target>[^)\s]+)\)/g)]
    const broken = links
      .map(({ groups }) => groups?.['target'] ?? '')
      .filter((target) => !resolves(target, document))
    expect(broken).toEqual([])
  })
})

function read(file: string): string {
  return readFileSync(file, 'utf8')
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

/** Text below a heading of a document, up to the next one of the second or third level. */
function readSection(document: string, heading: string): string {
  const [, ...sections] = read(document).split(/^#{2,3} /m)
  return sections.find((section) => section.startsWith(`${heading}\n`)) ?? ''
}

/** Cells of the first table below a heading, without its head. */
function readTable(document: string, heading: string): string[][] {
  const [, , ...rows] = readSection(document, heading)
    .split('\n')
    .filter((line) => line.startsWith('|'))
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  )
}

/** Each block is a workflow, a part of one with jobs, or a list of steps. */
function findYamlBlocks(document: string, heading?: string) {
  const markdown = heading === undefined ? read(document) : readSection(document, heading)
  return [...markdown.matchAll(/^```ya?ml\n(?<text>[\s\S]*?)^```$/gm)].map(({ index, groups }) => {
    const value: unknown = parse(groups?.['text'] ?? '')
    const workflow = record(value)
    return {
      place: `${document}:${markdown.slice(0, index).split('\n').length}`,
      workflow,
      jobs: Array.isArray(value) ? [{ steps: value }] : listJobs(workflow),
    }
  })
}

function listJobs(workflow: Readonly<Record<string, unknown>>) {
  return Object.values(record(workflow['jobs'])).map(record)
}

function listSteps(job: Readonly<Record<string, unknown>>) {
  return Array.isArray(job['steps']) ? job['steps'].map(record) : []
}

function findAction(step: Readonly<Record<string, unknown>>) {
  const { groups } = THIS_ACTION.exec(String(step['uses'])) ?? {}
  if (groups === undefined) return undefined
  return actions.find(({ name }) => name === (groups['name'] ?? 'create'))
}

/** Whether a step uses the same action as another, with inputs it has too, or runs the same script; expressions may differ. */
function isPartOf(
  step: Readonly<Record<string, unknown>>,
  whole: Readonly<Record<string, unknown>>,
): boolean {
  if (step['uses'] !== whole['uses'] || step['run'] !== whole['run']) return false
  const complete = record(whole['with'])
  return Object.entries(record(step['with'])).every(([name, value]) => {
    const other = complete[name]
    if (other === undefined) return false
    return `${value}${other}`.search(EXPRESSION) >= 0 || value === other
  })
}

function unquote(cell = ''): string {
  return cell.replaceAll('`', '')
}

/** Text of an input as a runner would pass it. */
function evaluate(
  name: string,
  inputs: readonly (readonly [string, unknown])[],
  given: Readonly<Record<string, unknown>>,
): string {
  const [, input] = inputs.find(([known]) => known === name) ?? []
  const text = String(given[name] ?? record(input)['default'] ?? '')
  const whole = text.replace(EXPRESSION, '') === '' ? EXAMPLE_VALUES[name] : undefined
  return text.replace(EXPRESSION, whole ?? '7')
}

/** All sources in one text, each inserted value as `\0`. */
function readSources(): string {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join('src', file)))
    .join('\n')
    .replace(/\$\{(s)ervice\}/gi, (_, s) =>
      s === 's' ? 'the Management API' : 'The Management API',
    )
    .replace(/(?<!\\)\$\{[^{}]*\}/g, '\0')
}

/** Matches the beginning of a string in the sources; numbers and `…` match inserted values. */
function matchBeginning(message: string): RegExp {
  const words = message.split(' ').map((word) => {
    const literal = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return /[\d…]/.test(word) ? `(?:${literal}|\\S*\\0\\S*)` : literal
  })
  return new RegExp(`['"\`]${words.join(' ')}`)
}

function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
}

function resolves(target: string, document: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document : join(dirname(document), path)
  if (!existsSync(file)) return false
  return anchor === undefined || listAnchors(read(file)).includes(anchor)
}

/** Anchors as GitHub makes them of headings. */
function listAnchors(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (?<text>.+)$/gm)]
  return headings.map(({ groups }) =>
    (groups?.['text'] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
