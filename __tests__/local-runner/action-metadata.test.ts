import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { readActionMetadata } from '../../local-runner/action-metadata.js'
import { isRecord } from '../../src/core/json.js'

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
    const yaml: unknown = parse(readFileSync('action.yml', 'utf8'))
    if (!isRecord(yaml)) throw new Error('not a mapping')
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

  test('reads every scalar as text, as a runner does', () => {
    const inputs =
      'inputs:\n  version:\n    default: 1.10\n  quiet:\n    default: yes\n    required: true\n'
    const runs = 'runs:\n  using: node24\n  main: x.js\n'
    writeFileSync(join(folder, 'action.yaml'), `name: Fake\n${inputs}${runs}`)
    expect(readActionMetadata(folder).inputs).toEqual({
      version: { description: '', required: false, default: '1.10' },
      quiet: { description: '', required: true, default: 'yes' },
    })
  })

  test.each([
    [
      'inputs that are no list',
      'name: Fake\ninputs: [a]\nruns:\n  using: node24\n',
      'inputs is not a mapping',
    ],
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
