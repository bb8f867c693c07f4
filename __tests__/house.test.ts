import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'

/** A file this long does more than one thing. */
const MOST_LINES = 300

/** What a room of src/ may import from, besides itself: entry → command → service → core. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  entries: ['bundle', 'commands', 'runner'],
  // What the entries share, and what the part for GitHub shares with them.
  bundle: ['commands', 'runner', 'http', 'core'],
  commands: ['junction', 'github', 'http', 'runner', 'core'],
  junction: ['http', 'core', 'version'],
  github: ['http', 'core', 'version'],
  http: ['core'],
  runner: ['core'],
  core: [],
  version: [],
}

/** Every file of src/, its path from there, with slashes. */
const FILES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))

function read(file: string): string {
  return readFileSync(join('src', file), 'utf8')
}

/** What a source imports, statically, as a type or at run time. */
function findImports(source: string): readonly string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const imports = code.matchAll(/\b(?:from|import)\s*(?:\(\s*)?(['"])(.+?)\1/g)
  return [...imports].map(([, , specifier = '']) => specifier)
}

/** Files at the top of src/ that are no entries. */
const LONE_FILES: Readonly<Record<string, string>> = {
  'version.ts': 'version',
  'index.ts': 'bundle',
}

/** The room a file of src/ is in: its folder, or one of the kinds that stand at the top. */
function roomOf(file: string): string {
  const [first = '', ...rest] = file.split('/')
  if (rest.length > 0) return first
  return LONE_FILES[first] ?? 'entries'
}

/** The file of src/ a specifier leads to, or nothing when it leads out of there. */
function resolve(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const path = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts')
  return path.startsWith('..') ? undefined : path
}

/** What is wrong with an import, or nothing. */
function objectTo(file: string, specifier: string): string | undefined {
  const room = roomOf(file)
  const allowed = MAY_IMPORT[room]
  if (allowed === undefined) return `${file} is in a room that is not in the house`
  if (!specifier.startsWith('.')) {
    return room === 'core' ? `${file} imports ${specifier}, and core imports only core` : undefined
  }
  const target = resolve(file, specifier)
  if (target === undefined) return `${file} imports ${specifier}, which is not in src`
  const other = roomOf(target)
  if (other === room || allowed.includes(other)) return undefined
  return `${file} imports ${specifier}, against the direction`
}

/** The first way round a graph of files that ends where it began. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path, file]
    if (done.has(file)) return undefined
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle !== undefined) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of graph.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the rules themselves', () => {
  test('see every kind of import', () => {
    expect(
      findImports(`
        import './a.js'
        import b from './b.js'
        import type { C } from "./c.js"
        import {
          d,
        } from './d.js'
        export { e } from './e.js'
        export * from './f.js'
        const g = await import('./g.js')
        const h = await import(/* webpackMode: "eager" */ './h.js')
        const { i } = await import(
          './i.js'
        )
        /** From 'comments' nothing comes. */
        // import 'comments'
      `),
    ).toEqual([...'abcdefghi'].map((letter) => `./${letter}.js`))
  })

  test.each([
    ['create.ts', './commands/x.js'],
    ['create.ts', './bundle.js'],
    ['commands/x.ts', '../junction/y.js'],
    ['commands/x.ts', '../runner/y.js'],
    ['index.ts', './core/x.js'],
    ['commands/x.ts', './y.js'],
    ['junction/x.ts', '../version.js'],
    ['github/x.ts', '../http/y.js'],
    ['junction/x.ts', '../core/y.js'],
    ['junction/x.ts', 'node:http'],
    ['runner/x.ts', '@actions/core'],
    ['core/x.ts', './y.js'],
  ])('let %s import %s', (file, specifier) => {
    expect(objectTo(file, specifier)).toBeUndefined()
  })

  test.each([
    ['core/x.ts', '../junction/y.js'],
    ['core/x.ts', '../version.js'],
    ['core/x.ts', 'node:fs'],
    ['core/x.ts', '@actions/core'],
    ['junction/x.ts', '../runner/y.js'],
    ['junction/x.ts', '../github/y.js'],
    ['http/x.ts', '../junction/y.js'],
    ['junction/x.ts', '../commands/y.js'],
    ['runner/x.ts', '../junction/y.js'],
    ['commands/x.ts', '../create.js'],
    ['commands/x.ts', '../../sandbox/server.js'],
    ['create.ts', '../local-runner/run-action.js'],
    ['create.ts', './core/x.js'],
    ['attic/x.ts', './y.js'],
  ])('do not let %s import %s', (file, specifier) => {
    expect(objectTo(file, specifier)).toMatch(new RegExp(`^${file} `))
  })

  test('see a circle', () => {
    const graph = new Map([
      ['a', ['b', 'c']],
      ['b', ['d']],
      ['c', ['d', 'e']],
      ['d', []],
      ['e', ['c']],
    ])
    expect(findCycle(graph)).toEqual(['a', 'c', 'e', 'c'])
    expect(findCycle(new Map([...graph, ['e', ['d']]]))).toBeUndefined()
  })
})

describe('the house', () => {
  const imports = FILES.flatMap((file) =>
    findImports(read(file)).map((specifier) => ({ file, specifier })),
  )

  test('is seen as it is', () => {
    expect(FILES).toContain('core/errors.ts')
    expect(imports).toContainEqual({
      file: 'http/toolkit-client.ts',
      specifier: '@actions/http-client',
    })
    expect(imports).toContainEqual({ file: 'create.ts', specifier: './bundle.js' })
  })

  test('lets imports run one way', () => {
    const objections = imports.flatMap(({ file, specifier }) => objectTo(file, specifier) ?? [])
    expect(objections).toEqual([])
  })

  test('has no circles inside its rooms either', () => {
    const graph = new Map(
      FILES.map((file) => [
        file,
        findImports(read(file)).flatMap((specifier) => resolve(file, specifier) ?? []),
      ]),
    )
    expect(findCycle(graph)).toBeUndefined()
  })

  test(`has no file of more than ${MOST_LINES} lines`, () => {
    const long = FILES.filter((file) => read(file).split('\n').length - 1 > MOST_LINES)
    expect(long).toEqual([])
  })
})
