import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { parseActionYaml, readActionMetadata } from '../../local-runner/action-metadata.js'
import { isRecord } from '../../src/core/json.js'

const TEXT = readFileSync('action.yml', 'utf8')

/** What the `yaml` package reads, which is a mapping in all of these tests. */
function readYaml(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = parse(text)
  if (!isRecord(value)) throw new Error('not a mapping')
  return value
}

describe('parseActionYaml', () => {
  test('reads action.yml exactly as YAML does', () => {
    expect(parseActionYaml(TEXT)).toStrictEqual(readYaml(TEXT))
  })

  test('reads it the same with Windows line breaks', () => {
    expect(parseActionYaml(TEXT.replaceAll('\n', '\r\n'))).toStrictEqual(readYaml(TEXT))
  })

  test.each([
    'a: b',
    'a: true\nb: false',
    'a: yes\nb: on\nc: no',
    "a: 'it''s # : [x]'",
    'a: "x: # \'y\'"',
    'a: \'\'\nb: ""',
    'a: b:c\nd: e#f\ng: h - i\nj: -k',
    `a: \${{ job.status }}`,
    'a: https://fake.example/x?y=z#w',
    '# head\n\na:\n  # inner\n  b: c\n\n  d:\n    e: f\ng: h',
    'a:   spaced   \nb: c   ',
    'a b: c\nd-e: f\n_g: h',
    'a: trueish\nb: nullify',
    '__proto__: x\nconstructor: y',
  ])('reads %j as YAML does', (text) => {
    expect(Object.entries(parseActionYaml(text))).toStrictEqual(Object.entries(readYaml(text)))
  })

  test.each([
    ['a list', 'a:\n  - b'],
    ['a flow list', 'a: [b]'],
    ['a flow mapping', 'a: {b: c}'],
    ['a block text', 'a: |\n  b'],
    ['a folded text', 'a: >-\n  b'],
    ['an anchor', 'a: &b c'],
    ['an alias', 'a: *b'],
    ['a tag', 'a: !!str b'],
    ['a reserved sign', 'a: @b'],
    ['another reserved sign', 'a: `b'],
    ['a directive’s sign', 'a: %b'],
    ['a comment after a value', 'a: b # c'],
    ['a comment after a quoted value', "a: 'b' # c"],
    ['an escape', 'a: "b\\n"'],
    ['an open quote', 'a: "b'],
    ['text after a quote', "a: 'b' c"],
    ['a value of two lines', 'a: b\n  c'],
    ['a colon in a plain value', 'a: b: c'],
    ['a colon at its end', 'a: b:'],
    ['a number', 'a: 30'],
    ['a fraction', 'a: .5'],
    ['a hexadecimal number', 'a: 0x1F'],
    ['infinity', 'a: -.inf'],
    ['no number', 'a: .nan'],
    ['null', 'a: null'],
    ['a tilde', 'a: ~'],
    ['nothing', 'a:'],
    ['an unusual boolean', 'a: True'],
    ['the same key twice', 'a: b\na: c'],
    ['a tab', 'a: b\tc'],
    ['a tab as indentation', 'a:\n\tb: c'],
    ['one space of indentation', 'a:\n b: c'],
    ['four spaces of indentation', 'a:\n    b: c'],
    ['a step in', 'a: b\n  c: d'],
    ['a document mark', '---\na: b'],
    ['a quoted key', '"a": b'],
    ['a number as key', '1: b'],
    ['a bare text', 'a'],
    ['no space after the colon', 'a:b'],
  ])('refuses %s rather than guess', (_what, text) => {
    expect(() => parseActionYaml(text)).toThrow(/^action\.yml, line \d+: this reader does not know/)
  })

  test('never reads what YAML reads otherwise', () => {
    const pieces = [
      'a',
      'b c',
      ': ',
      ':',
      ' ',
      '  ',
      '\n',
      '\n',
      '#',
      ' #',
      "'",
      '"',
      '-',
      '- ',
      '?',
    ]
    const more = [
      '1',
      '.',
      '0x',
      '~',
      'true',
      'null',
      '[',
      '{',
      '|',
      '>',
      '&',
      '*',
      '!',
      '%',
      '\\',
      '@',
      '`',
    ]
    const alphabet = [...pieces, ...more, '\n  b: ', 'é', '\r\n', '\t', 'a: ', "a: '", 'a: "']
    let seed = 1
    const pick = (count: number) => {
      // Park and Miller's generator: the same texts every time.
      seed = (seed * 48_271) % 2_147_483_647
      return seed % count
    }
    let compared = 0
    for (let round = 0; round < 5_000; round += 1) {
      const text = `a: ${Array.from({ length: pick(6) }, () => alphabet[pick(alphabet.length)]).join('')}`
      const read = parseOrNothing(text)
      if (read === undefined) continue
      compared += 1
      expect([text, read]).toStrictEqual([text, readYaml(text)])
    }
    expect(compared).toBeGreaterThan(300)
  })
})

function parseOrNothing(text: string) {
  try {
    return parseActionYaml(text)
  } catch {
    return undefined
  }
}

describe('readActionMetadata', () => {
  let folder = ''

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'action-metadata-'))
  })

  afterAll(() => rmSync(folder, { recursive: true }))

  test('reads this action as a runner does', () => {
    const { inputs, outputs, ...rest } = readActionMetadata(process.cwd())
    expect(rest).toEqual({
      name: 'Junction Management Key',
      using: 'node24',
      main: 'dist/create.cjs',
      post: 'dist/post.cjs',
      postIf: 'always()',
    })
    const yaml = readYaml(TEXT)
    const descriptions = Object.entries(inputs).map(([name, { description }]) => [
      name,
      expect.objectContaining({ description }),
    ])
    expect(yaml['inputs']).toEqual(Object.fromEntries(descriptions))
    const described = outputs.map((name) => [name, { description: expect.any(String) }])
    expect(yaml['outputs']).toEqual(Object.fromEntries(described))
    expect(inputs['org_key']).toMatchObject({ required: true, default: '' })
    expect(inputs['retain']).toMatchObject({ required: false, default: '0' })
    expect(inputs['job_status']?.default).toBe(`\${{ job.status }}`)
  })

  test('fills in what may be left out', () => {
    writeFileSync(join(folder, 'action.yaml'), 'name: Fake\nruns:\n  using: node24\n  main: x.js\n')
    expect(readActionMetadata(folder)).toEqual({
      name: 'Fake',
      inputs: {},
      outputs: [],
      using: 'node24',
      main: 'x.js',
      post: undefined,
      postIf: 'always()',
    })
  })

  test.each([
    ['name', 'runs:\n  using: node24\n  main: x.js\n', 'name is not a text'],
    ['runs', 'name: Fake\n', 'runs is not a mapping'],
    ['main', 'name: Fake\nruns:\n  using: node24\n', 'runs.main is not a text'],
  ])('needs %s', (_what, text, words) => {
    writeFileSync(join(folder, 'action.yaml'), text)
    expect(() => readActionMetadata(folder)).toThrow(words)
  })

  test('says when there is no action', () => {
    expect(() => readActionMetadata(join(folder, 'gone'))).toThrow('No action.yml in')
  })
})
