import { InputError } from '../core/errors.js'
import { isSimilar, joinWords } from '../core/plain-text.js'
import type { Parser } from './values.js'

export interface Input<T> {
  readonly name: string
  readonly isRequired: boolean
  /** The default in `action.yml`; `''` when there is none. */
  readonly default: string
  /** Turns the text, blank when the input is omitted, into the value. */
  readonly parse: Parser<T>
  /** Its value when it is wrong, which is an error only where the input is used (`InputReader.use`). */
  readonly unused?: T
}

/** The inputs of an action, by the name of their value in the code. */
export type InputTable<V> = { readonly [K in keyof V]: Input<V[K]> }

export type InputValues<Table> = Table extends InputTable<infer V> ? Readonly<V> : never

/** A required input; its parser reports when it is empty. */
export function required<T>(name: string, parse: Parser<T>): Input<T> {
  return { name, isRequired: true, default: '', parse }
}

export function optional<T, const F>(name: string, parse: Parser<T>, absent: F): Input<T | F> {
  const parseOrSkip = (text: string) => (text.trim() === '' ? absent : parse(text))
  return { name, isRequired: false, default: '', parse: parseOrSkip }
}

/** An optional input that means the same as the text `fallback` when omitted or empty. */
export function withDefault<T>(name: string, fallback: string, parse: Parser<T>): Input<T> {
  const parseOrDefault = (text: string) => parse(text.trim() === '' ? fallback : text)
  return { name, isRequired: false, default: fallback, parse: parseOrDefault }
}

/** Parses the inputs of a table, each once, and collects everything that is wrong with them. */
export class InputReader<V> {
  /** Without the inputs that are wrong or misspelled. */
  readonly values: Partial<V> = {}
  readonly #table: InputTable<V>
  readonly #set = new Set<keyof V>()
  readonly #problems = new Set<string>()
  readonly #ifUsed = new Map<keyof V, string>()

  /** `read` returns a text as the runner passed it, `''` when it is not set; `given` are the names of all that are set. */
  constructor(table: InputTable<V>, read: (name: string) => string, given: readonly string[] = []) {
    this.#table = table
    const names: string[] = []
    for (const key in table) names.push(table[key].name)
    const misspelled = findMisspelledNames(given, names)
    const variables = misspelled.map(({ variable }) => `INPUT_${variable}`)
    misspelled.forEach(({ variable, meant }, at) => {
      const isLast = at === misspelled.length - 1
      const note = ` (if ${joinWords(variables, 'or')} is a variable of your own, rename it)`
      this.report(
        `${variable.toLowerCase()} is not an input of this action; enter ${meant} instead${isLast ? note : ''}`,
      )
    })
    for (const key in table) {
      const { name, default: fallback } = table[key]
      const text = read(name)
      const isOmitted = ['', fallback].includes(text.trim())
      // What follows from its being omitted has the same cause.
      const isMisspelled = isOmitted && misspelled.some(({ meant }) => meant === name)
      if (text.trim() !== '' || isMisspelled) this.#set.add(key)
      if (!isMisspelled) this.#parse(key, text)
    }
  }

  #parse<K extends keyof V>(key: K, text: string): void {
    const { name, parse, unused } = this.#table[key]
    try {
      this.values[key] = parse(text)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      this.#ifUsed.set(key, `${name} ${error.message}`)
      if (unused === undefined) this.use(key)
      else this.values[key] = unused
    }
  }

  /** Adds a problem, if there is one, unless it was already reported. */
  report(problem: string | undefined): void {
    if (problem) this.#problems.add(problem)
  }

  refuse(isWrong: boolean | undefined, problem: string): void {
    if (isWrong) this.report(problem)
  }

  /** Reports what is wrong with an input that is checked only where it is used. */
  use(key: keyof V): void {
    const problem = this.#ifUsed.get(key)
    this.report(problem)
    if (problem !== undefined) delete this.values[key]
  }

  /** Whether an input is set, even to a wrong value or by a misspelled name. */
  isSet(key: keyof V): boolean {
    return this.#set.has(key)
  }

  /** Returns all values. Throws one `InputError` with every problem, if there is any. */
  finish(): Readonly<V> {
    if (this.#problems.size > 0 || !isComplete(this.values, this.#table)) {
      throw new InputError([...this.#problems])
    }
    return this.values
  }
}

function isComplete<V>(values: Partial<V>, table: InputTable<V>): values is V {
  for (const key in table) if (!(key in values)) return false
  return true
}

/** In a name this short, two changed letters make another word (`label` and `level`), unless both were added. */
const LONGEST_SHORT_NAME = 5

/** Finds variables a letter or two off a name. GitHub only warns: with `revok: always`, no key would be revoked. */
function findMisspelledNames(variables: readonly string[], known: readonly string[]) {
  return variables.flatMap((variable) => {
    const name = variable.toLowerCase()
    if (known.includes(name)) return []
    const meant =
      known.find((one) => isSimilar(name, one, 1)) ??
      known.find(
        (one) =>
          (one.length > LONGEST_SHORT_NAME || name.length === one.length + 2) &&
          isSimilar(name, one),
      )
    return meant === undefined ? [] : [{ variable, meant }]
  })
}
