import { InputError } from '../core/errors.js'
import type { Parsed, ValueParser } from './values.js'

/** One input of an action: the row that its table has for it. */
export interface Input<T> {
  /** Its name in `action.yml`. */
  readonly name: string
  readonly isRequired: boolean
  /** The text that `action.yml` declares for an input that is left out; `''` when it declares none. */
  readonly default: string
  /** Turns the text, blank when the input is left out, into the value. */
  readonly parse: ValueParser<T>
}

/** The inputs of an action, each under the name that its value has in the code. */
export type InputTable<V> = { readonly [K in keyof V]: Input<V[K]> }

/** The values that the inputs of a table have. */
export type InputValues<Table> = Table extends InputTable<infer V> ? Readonly<V> : never

/** An input that has to be set; its parser says so when it is empty. */
export function required<T>(name: string, parse: ValueParser<T>): Input<T> {
  return { name, isRequired: true, default: '', parse }
}

/** An input that may be left out or empty, which means `absent`. */
export function optional<T, const F>(name: string, parse: ValueParser<T>, absent: F): Input<T | F> {
  const parseOrSkip = (text: string): Parsed<T | F> =>
    text.trim() === '' ? { value: absent } : parse(text)
  return { name, isRequired: false, default: '', parse: parseOrSkip }
}

/** An input that may be left out or empty, which means the same as the text `fallback`. */
export function withDefault<T>(name: string, fallback: string, parse: ValueParser<T>): Input<T> {
  const parseOrDefault = (text: string) => parse(text.trim() === '' ? fallback : text)
  return { name, isRequired: false, default: fallback, parse: parseOrDefault }
}

/** The values of a table's inputs, each parsed once, and everything that is wrong with them. */
export class InputReader<V> {
  /** Names of the inputs in `action.yml`. */
  readonly names: readonly string[]
  readonly #keys: readonly (keyof V)[]
  readonly #set = new Set<keyof V>()
  /** Lacks the inputs that are wrong. */
  readonly #values: Partial<V> = {}
  readonly #problems: string[] = []

  /** `read` gives an input's text exactly as the runner passed it, `''` when it is not set. */
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

  /** Adds a problem; the same one counts once. */
  report(problem: string): void {
    if (!this.#problems.includes(problem)) this.#problems.push(problem)
  }

  /** Whether an input is set, to a value that is wrong or not. */
  isSet(key: keyof V): boolean {
    return this.#set.has(key)
  }

  /** The values of some inputs; `undefined` when one of them is wrong. */
  pick<K extends keyof V>(keys: readonly K[]): Readonly<Pick<V, K>> | undefined {
    return hasAll(this.#values, keys) ? this.#values : undefined
  }

  /**
   * Checks some inputs against a rule that sees their values and returns the problem, if there is one.
   * Skipped when one of them is wrong by itself.
   */
  check<K extends keyof V>(
    keys: readonly K[],
    findProblem: (values: Readonly<Pick<V, K>>) => string | false | undefined,
  ): void {
    const values = this.pick(keys)
    const problem = values !== undefined && findProblem(values)
    if (problem) this.report(problem)
  }

  /** All values. Throws one `InputError` with every problem found so far, if there is any. */
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
