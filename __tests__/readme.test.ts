import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { parseCreateInputs } from '../src/core/create-inputs.js'
import { isRecord } from '../src/core/json.js'
import { VERSION } from '../src/version.js'

const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md']
const THIS_ACTION = /^[\w.-]+\/junction-management-key@(?<version>.+)$/
const EXPRESSION = /\$\{\{.*?\}\}/g
const UUID = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'

/** What the expressions of the examples may stand for; anything else stands for a number. */
const EXAMPLE_VALUES: Readonly<Record<string, string>> = {
  org_key: 'mg_example',
  org_id: UUID,
  team_id: UUID,
}

const readme = read('README.md')
const metadata: unknown = parse(read('action.yml'))
const inputs = Object.entries(record(record(metadata)['inputs']))
const outputs = Object.entries(record(record(metadata)['outputs']))
const blocks = findYamlBlocks(readme)

describe('tables', () => {
  test('the inputs are those of action.yml, in its order', () => {
    expect(readTable('Inputs').map((row) => row.slice(0, 3))).toEqual(
      inputs.map(([name, input]) => {
        const { required = false, default: fallback } = record(input)
        return [
          `\`${name}\``,
          required === true ? 'yes' : 'no',
          fallback === undefined ? '' : `\`${fallback}\``,
        ]
      }),
    )
  })

  test('the outputs are those of action.yml, in its order', () => {
    expect(readTable('Outputs').map(([name]) => name)).toEqual(
      outputs.map(([name]) => `\`${name}\``),
    )
  })

  test('every row says what it means', () => {
    const rows = [...readTable('Inputs'), ...readTable('Outputs'), ...readTable('Troubleshooting')]
    expect(rows.filter((row) => row.at(-1) === '')).toEqual([])
  })
})

describe('examples', () => {
  test('there is one for the start and one for each use', () => {
    expect(blocks.map(({ workflow }) => workflow['name'])).toEqual([
      'Use a Junction Management Key',
      'Bootstrap an environment',
      'Preview',
      'Rotate the Junction key',
    ])
  })

  test.each(blocks)('line $line: a whole workflow with least privilege', ({ workflow }) => {
    expect(Object.keys(workflow)).toEqual(expect.arrayContaining(['on', 'permissions', 'jobs']))
    expect(workflow['permissions']).toEqual({})
  })

  test.each(blocks)('line $line: uses this action as it is', ({ workflow }) => {
    const steps = listJobs(workflow).flatMap(listSteps).filter(usesThisAction)
    expect(steps).not.toEqual([])
    for (const step of steps) {
      const given = record(step['with'])
      expect(inputs.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(given)))
      expect(() => parseCreateInputs((name) => evaluate(name, given), noReason)).not.toThrow()
      const version = THIS_ACTION.exec(String(step['uses']))?.groups?.['version']
      expect(version).toBe(`v${VERSION.split('.')[0]}`)
    }
  })

  test.each(blocks)('line $line: reads only outputs there are', ({ workflow }) => {
    for (const job of listJobs(workflow)) {
      const ids = listSteps(job)
        .filter(usesThisAction)
        .map(({ id }) => id)
      const read = JSON.stringify(job).matchAll(/steps\.(?<id>[\w-]+)\.outputs\.(?<name>[\w-]+)/g)
      for (const { groups } of read) {
        expect(ids).toContain(groups?.['id'])
        expect(outputs.map(([name]) => name)).toContain(groups?.['name'])
      }
    }
  })

  test.each(blocks)('line $line: no expression becomes part of a script', ({ workflow }) => {
    const scripts = listJobs(workflow)
      .flatMap(listSteps)
      .map(({ run = '' }) => String(run))
    expect(scripts.filter((script) => script.search(EXPRESSION) >= 0)).toEqual([])
  })
})

describe('troubleshooting', () => {
  const sources = readSources()

  test.each(readTable('Troubleshooting').map(([message = '']) => message))('%s', (cell) => {
    const message = /^`(?<text>.+)`$/.exec(cell)?.groups?.['text'] ?? ''
    // The sources say what is wrong with an input without its name.
    const [first = '', ...problem] = message.split(' ')
    const isInput = inputs.some(([name]) => name === first)
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

/** Cells of the first table below a heading, without its head. */
function readTable(heading: string): string[][] {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const [, , ...rows] = section.split('\n').filter((line) => line.startsWith('|'))
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  )
}

function findYamlBlocks(markdown: string) {
  return [...markdown.matchAll(/^```ya?ml\n(?<text>[\s\S]*?)^```$/gm)].map(({ index, groups }) => ({
    line: markdown.slice(0, index).split('\n').length,
    workflow: record(parse(groups?.['text'] ?? '')),
  }))
}

function listJobs(workflow: Readonly<Record<string, unknown>>) {
  return Object.values(record(workflow['jobs'])).map(record)
}

function listSteps(job: Readonly<Record<string, unknown>>) {
  return Array.isArray(job['steps']) ? job['steps'].map(record) : []
}

function usesThisAction(step: Readonly<Record<string, unknown>>): boolean {
  return THIS_ACTION.test(String(step['uses']))
}

/** Text of an input as a runner would pass it. */
function evaluate(name: string, given: Readonly<Record<string, unknown>>): string {
  return String(given[name] ?? '').replace(EXPRESSION, EXAMPLE_VALUES[name] ?? '7')
}

function noReason(): undefined {
  return undefined
}

/** All sources in one text, each inserted value as `\0`. */
function readSources(): string {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => read(join('src', file)))
    .join('\n')
    .replace(/(?<!\\)\$\{[^{}]*\}/g, '\0')
}

/** Matches a string of the sources that begins so; numbers and `…` may stand for inserted values. */
function matchBeginning(message: string): RegExp {
  const words = message.split(' ').map((word) => {
    const literal = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    return /[\d…]/.test(word) ? `(?:${literal}|\\S*\\0\\S*)` : literal
  })
  return new RegExp(`['"\`]${words.join(' ')}`)
}

/** Markdown without its code. */
function prose(markdown: string): string {
  return markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
}

function resolves(target: string, document: string): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? document : path
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
