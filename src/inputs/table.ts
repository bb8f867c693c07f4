import { InputError } from '../core/errors.js'
import type { ValueParser } from './values.js'

/** Reads inputs one after the other and collects every problem, so that one error can list them all. */
export class InputReader {
  readonly #read: (name: string) => string
  readonly #problems: string[] = []

  /** `read` gives an input's text exactly as the runner passed it, `''` when it is not set. */
  constructor(read: (name: string) => string) {
    this.#read = read
  }

  /** The text of an input as it is, for rules that several inputs share. */
  text(name: string): string {
    return this.#read(name)
  }

  /** Whether an input is there and not blank. */
  has(name: string): boolean {
    return this.#read(name).trim() !== ''
  }

  /** Parses an input that has to be there. The result is a promise kept by `finish`: call it after that. */
  required<T>(name: string, parse: ValueParser<T>): () => T {
    const parsed = parse(this.#read(name))
    if ('value' in parsed) return () => parsed.value
    this.#problems.push(`${name} ${parsed.problem}`)
    return () => {
      throw new InputError(this.#problems)
    }
  }

  /** Parses an input that may be left out or empty, which means `fallback`. */
  optional<T, const F>(name: string, parse: ValueParser<T>, fallback: F): () => T | F {
    if (!this.has(name)) return () => fallback
    return this.required(name, parse)
  }

  /** Adds a problem that no single input shows; the same one counts once. */
  report(problem: string): void {
    if (!this.#problems.includes(problem)) this.#problems.push(problem)
  }

  /** Throws one `InputError` with every problem found so far, if there is any. */
  finish(): void {
    if (this.#problems.length > 0) throw new InputError(this.#problems)
  }
}
