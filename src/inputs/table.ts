import { InputError } from '../core/errors.js'
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
  /** Names of the inputs in `action.yml`. */
  readonly names: readonly string[]
  readonly #keys: readonly (keyof V)[]
  readonly #set = new Set<keyof V>()
  /** Without the inputs that are wrong. */
  readonly #values: Partial<V> = {}
  readonly #problems: string[] = []

  /** `read` returns an input's text exactly as the runner passed it, `''` when it is not set. */
  constructor(table: InputTable<V>, read: (name: string) => string) {
    const names: string[] = []
    const keys: (keyof V)[] = []
    for (const key in table) {
      const { name, parse } = table[key]
      names.push(name)
      keys.push(key)
      const text = read(name)
      if (text.trim() !== '') this.#set.add(key)
      const parsed = parse(text)
      if ('value' in parsed) this.#values[key] = parsed.value
      else this.report(`${name} ${parsed.problem}`)
    }
    this.names = names
    this.#keys = keys
  }

  /** Adds a problem, unless it was already reported. */
  report(problem: string): void {
    if (!this.#problems.includes(problem)) this.#problems.push(problem)
  }

  /** Whether an input is set, even to a wrong value. */
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
