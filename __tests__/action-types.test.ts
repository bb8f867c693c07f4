import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { joinWords } from '../src/core/plain-text.js'
import { CREATE_INPUTS } from '../src/inputs/create.js'
import { PRUNE_INPUTS } from '../src/inputs/prune.js'
import { REVOKE_INPUTS } from '../src/inputs/revoke.js'
import type { Input } from '../src/inputs/table.js'
import { VERSION } from '../src/version.js'
import { catchProblems } from './support/inputs.js'

/** A type as typesafegithub/github-actions-typing has it, as far as these actions use it. */
interface Typing {
  readonly type: string
  readonly 'allowed-values'?: readonly string[]
}

interface Interface {
  readonly inputs: Readonly<Record<string, Typing>>
  readonly outputs: Readonly<Record<string, Typing>>
}

/** For each type, a text that every input of the type accepts, and one that each rejects. */
const SAMPLES: Readonly<Record<string, readonly [string, string]>> = {
  boolean: ['true', 'perhaps'],
  integer: ['2', '1.5'],
}

const ACTIONS: readonly [string, Readonly<Record<string, Input<unknown>>>][] = [
  ['', CREATE_INPUTS],
  ['revoke/', REVOKE_INPUTS],
  ['prune/', PRUNE_INPUTS],
]

describe.each(ACTIONS)('%saction-types.yml', (folder, table) => {
  const metadata: Interface = parse(readFileSync(`${folder}action.yml`, 'utf8'))
  const typings: Interface = parse(readFileSync(`${folder}action-types.yml`, 'utf8'))

  test('types each input and each output of action.yml, in its order', () => {
    expect(Object.keys(typings.inputs)).toEqual(Object.keys(metadata.inputs))
    expect(Object.keys(typings.outputs)).toEqual(Object.keys(metadata.outputs))
  })

  test('says of booleans and integers what the action accepts', () => {
    const accepted = Object.values(table).map(({ name, parse }) => {
      const refuses = (text: string) => catchProblems(() => parse(text)).length > 0
      const type = Object.entries(SAMPLES).find(([, [good, bad]]) => !refuses(good) && refuses(bad))
      return [name, type?.[0] ?? 'another type']
    })
    const typed = accepted.map(([name = '']) => {
      const type = typings.inputs[name]?.type ?? ''
      return [name, Object.hasOwn(SAMPLES, type) ? type : 'another type']
    })
    expect(typed).toEqual(accepted)
  })

  test('allows the words that the action accepts', () => {
    const allowed = Object.values(table).map(({ name }) => {
      const words = typings.inputs[name]?.['allowed-values']
      return [name, words && `"none" is not a valid value; enter ${joinWords(words, 'or')}`]
    })
    const accepted = Object.values(table).map(({ name, parse }) => {
      const [problem] = catchProblems(() => parse('none'))
      return [name, problem?.startsWith('"none" is not a valid value;') ? problem : undefined]
    })
    expect(allowed).toEqual(accepted)
  })
})

test('the version sent as User-Agent is the one in package.json', () => {
  const manifest: unknown = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(manifest).toMatchObject({ version: VERSION })
})
