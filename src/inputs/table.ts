import { InputError } from '../core/errors.js'
import { describeMisspelledNames, findMisspelledNames } from './names.js'
import type { Parsed, ValueParser } from './values.js'

/** One input of an action: a row of its table. */
export interface Input<T> {
  /** Its name in `action.yml`. */
  readonly name: string
  readonly isRequired: boolean
  /** The default in `action.yml`; `''` when there is none. */
  readonly default: string
  /** Turns the text, blank when the input is omitted, into the value. */
  readonly parse: ValueParser<T>
  /** Its value when it is wrong, which is an error only where the input is used (`InputReader.use`). */
  readonly unused?: T
}

/** The inputs of an action, by the name of their value in the code. */
export type InputTable<V> = { readonly [K in keyof V]: Input<V[K]> }

/** The values of a table's inputs. */
export type InputValues<Table> = Table extends InputTable<infer V> ? Readonly<V> : never

/** A required input; its parser reports when it is empty. */
export function required<T>(name: string, parse: ValueParser<T>): Input<T> {
  return { name, isRequired: true, default: '', parse }
}

/** An optional input, with the value `absent` when omitted or empty. */
export function optional<T, const F>(name: string, parse: ValueParser<T>, absent: F): Input<T | F> {
  const parseOrSkip = (text: string): Parsed<T | F> =>
    text.trim() === '' ? { value: absent } : parse(text)
  return { name, isRequired: false, default: '', parse: parseOrSkip }
}

/** An optional input that means the same as the text `fallback` when omitted or empty. */
export function withDefault<T>(name: string, fallback: string, parse: ValueParser<T>): Input<T> {
  const parseOrDefault = (text: string) => parse(text.trim() === '' ? fallback : text)
  return { name, isRequired: false, default: fallback, parse: parseOrDefault }
}

/** Parses the inputs of a table, each once, and collects everything that is wrong with them. */
export class InputReader<V> {
  readonly #keys: readonly (keyof V)[]
  readonly #set = new Set<keyof V>()
  /** Without the inputs that are wrong or misspelled. */
  readonly #values: Partial<V> = {}
  readonly #problems: string[] = []
  readonly #ifUsed = new Map<keyof V, string>()

  /**
   * `read` returns an input's text exactly as the runner passed it, `''` when it is not set. `given` are the names of
   * all inputs that are set, known or not, as the runner writes them.
   */
  constructor(table: InputTable<V>, read: (name: string) => string, given: readonly string[] = []) {
    const keys: (keyof V)[] = []
    for (const key in table) keys.push(key)
    this.#keys = keys
    const names = keys.map((key) => table[key].name)
    const misspelled = findMisspelledNames(given, names)
    for (const problem of describeMisspelledNames(misspelled)) this.report(problem)
    for (const key of keys) {
      const { name, default: fallback, parse, unused } = table[key]
      const text = read(name)
      const isOmitted = ['', fallback].includes(text.trim())
      // What follows from its being omitted has the same cause.
      const isMisspelled = isOmitted && misspelled.some(({ meant }) => meant === name)
      if (text.trim() !== '' || isMisspelled) this.#set.add(key)
      if (!isMisspelled) this.#add(key, parse(text), `${name} `, unused)
    }
  }

  #add<K extends keyof V>(key: K, parsed: Parsed<V[K]>, name: string, unused: V[K] | undefined) {
    if ('value' in parsed) {
      this.#values[key] = parsed.value
    } else if (unused === undefined) {
      this.report(`${name}${parsed.problem}`)
    } else {
      this.#values[key] = unused
      this.#ifUsed.set(key, `${name}${parsed.problem}`)
    }
  }

  /** Adds a problem, unless it was already reported. */
  report(problem: string): void {
    if (!this.#problems.includes(problem)) this.#problems.push(problem)
  }

  /** Reports what is wrong with an input that is checked only where it is used. */
  use(key: keyof V): void {
    const problem = this.#ifUsed.get(key)
    if (problem === undefined) return
    this.report(problem)
    delete this.#values[key]
  }

  /** Whether an input is set, even to a wrong value or by a misspelled name. */
  isSet(key: keyof V): boolean {
    return this.#set.has(key)
  }

  /** The values of some inputs; `undefined` when one of them is wrong. */
  pick<K extends keyof V>(keys: readonly K[]): Readonly<Pick<V, K>> | undefined {
    return hasAll(this.#values, keys) ? this.#values : undefined
  }

  /**
   * Checks some inputs together: `findProblem` returns what is wrong with their values, if anything.
   * Skipped when one of them is already wrong by itself.
   */
  check<K extends keyof V>(
    keys: readonly K[],
    findProblem: (values: Readonly<Pick<V, K>>) => string | false | undefined,
  ): void {
    const values = this.pick(keys)
    const problem = values !== undefined && findProblem(values)
    if (problem) this.report(problem)
  }

  /** Returns all values. Throws one `InputError` with every problem, if there is any. */
  finish(): Readonly<Pick<V, keyof V>> {
    const values = this.pick(this.#keys)
    if (values === undefined || this.#problems.length > 0) throw new InputError(this.#problems)
    return values
  }
}

function hasAll<V, K extends keyof V>(
  values: Partial<V>,
  keys: readonly K[],
): values is Partial<V> & Pick<V, K> {
  return keys.every((key) => key in values)
}
