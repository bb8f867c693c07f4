import { InputError } from '../core/errors.js'
import { isStringList, parseJson } from '../core/json.js'
import { findControlCharacter, joinWords, toOneLine } from '../core/plain-text.js'
import { looksLikeKey } from '../core/scrub.js'

/** Turns the text of an input into its value. Throws an `InputError` that says what is wrong and what to enter instead. */
export type Parser<T> = (text: string) => T

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/
const EXAMPLE_UUID = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'
const LONGEST_QUOTE = 80
const LONGEST_NAME = 255
const HIGHEST_TIMEOUT_SECONDS = 600

export function refuse(problem: string): never {
  throw new InputError([problem])
}

/** Quotes an input's value for an error, unless it might be a misplaced secret. */
export function quoteValue(text: string): string {
  if (looksLikeKey(text) || /^(?:mg|[sp]k|gh[pousr])_/.test(text))
    return 'a value that looks like a key (not shown)'
  return `"${toOneLine(text, LONGEST_QUOTE)}"`
}

/** A value of this form, kept exactly as written. */
export function matching(form: RegExp, otherwise: string): Parser<string> {
  return (text) => (form.test(text) ? text : refuse(`${quoteValue(text)} ${otherwise}`))
}

/** A UUID, in lower case, as services store it. */
export function parseUuid(text: string): string {
  const uuid = text.trim().toLowerCase()
  if (uuid === '') refuse(`is empty; enter a UUID such as ${EXAMPLE_UUID}`)
  if (UUID.test(uuid)) return uuid
  return refuse(`${quoteValue(text)} is not a UUID; enter one such as ${EXAMPLE_UUID}`)
}

/** The parts of a list separated by commas or line breaks. */
export function parseList(text: string): readonly string[] {
  const parts = text.split(/[,\r\n]/).map((part) => part.trim())
  return parts.filter((part) => part !== '')
}

/** One or more UUIDs, separated by commas or line breaks, without duplicates. */
export function parseUuidList(text: string): readonly string[] {
  const parts = parseList(text)
  const wrong = parts.filter((part) => !UUID.test(part.toLowerCase())).map(quoteValue)
  if (wrong.length > 0) {
    const verb = wrong.length === 1 ? 'is not a UUID' : 'are not UUIDs'
    refuse(
      `${joinWords(wrong, 'and')} ${verb}; enter UUIDs such as ${EXAMPLE_UUID}, separated by commas or line breaks`,
    )
  }
  return parts.length === 0 ? [parseUuid('')] : [...new Set(parts.map(parseUuid))]
}

/** Key IDs (UUIDs) separated by commas, spaces or line breaks, or a JSON array, as outputs have it; empty is none. */
export function parseKeyIds(text: string): readonly string[] {
  if (looksLikeKey(text)) {
    refuse('contains a key itself, not its ID; enter key IDs such as the output key_id')
  }
  const array = parseJson(text)
  if (isStringList(array)) return array.length === 0 ? [] : parseUuidList(array.join())
  if (!text.trimStart().startsWith('[')) return parseUuidList(text.replace(/\s+/g, ','))
  return refuse(
    `is not a valid JSON array of key IDs; enter one such as ["${EXAMPLE_UUID}"], or UUIDs separated by commas`,
  )
}

/** An Org Management Key, trimmed; never quoted. */
export function parseOrgKey(text: string): string {
  const key = text.trim()
  if (/^mg_[\x21-\x7e]+$/.test(key)) return key
  if (key === '') {
    refuse(
      `is empty; enter \${{ secrets.NAME }}, where NAME is the secret with an Org Management Key, and check that this job can read that secret`,
    )
  }
  if (/^[sp]k_(?:us|eu)_/.test(key)) {
    refuse(
      'is a Team API Key (sk_… or pk_…), which cannot create Management Keys; enter an Org Management Key (mg_…) from the Junction Dashboard',
    )
  }
  const control = findControlCharacter(key)
  if (control !== undefined) {
    refuse(
      `contains a control character or line break (${control}); store the secret again with only the key in it`,
    )
  }
  return refuse(
    'is not a valid Management Key: one begins with mg_ and has no spaces or non-ASCII characters; enter an Org Management Key from the Junction Dashboard',
  )
}

/** A token for GitHub's API, trimmed; never quoted. */
export function parseToken(text: string): string {
  const token = text.trim()
  if (/^[\x21-\x7e]+$/.test(token)) return token
  return refuse(
    'contains spaces, control characters or line breaks; store the secret again with only the token in it',
  )
}

/** One line of text, kept exactly as written; `example` is what to enter when it is empty. */
export function parseLine(example: string): Parser<string> {
  return (text) => {
    if (text.trim() === '') refuse(`is empty; enter ${example}`)
    const control = findControlCharacter(text)
    if (control === undefined) return text
    return refuse(
      `contains a line break or control character (${control}); enter one line of text (in YAML, use >- or |- instead of > or |)`,
    )
  }
}

export const parseLabel = parseLine('a label for the key')

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** An age such as `90m`, `12h` or `7d`, in milliseconds. */
export function parseAge(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text.trim()) ?? []
  const age = Number(digits) * (UNITS[unit] ?? 0)
  if (age > 0) return age
  return refuse(
    `${quoteValue(text)} is not a valid age; enter a number with m, h or d, such as 90m, 12h or 7d`,
  )
}

export function parseChoice<const T extends string>(choices: readonly T[]): Parser<T> {
  return (text) =>
    choices.find((choice) => choice === text.trim()) ??
    refuse(`${quoteValue(text)} is not a valid value; enter ${joinWords(choices, 'or')}`)
}

/** A boolean of the YAML 1.2 core schema, as GitHub's toolkit documents for inputs. */
export function parseBoolean(text: string): boolean {
  const word = text.trim()
  if (/^(?:true|True|TRUE)$/.test(word)) return true
  if (/^(?:false|False|FALSE)$/.test(word)) return false
  return refuse(`${quoteValue(text)} is not a boolean; enter true or false`)
}

export function parseWholeNumber(lowest: number, highest: number): Parser<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN
    if (value >= lowest && value <= highest) return value
    return refuse(`${quoteValue(text)} is not a whole number from ${lowest} to ${highest}`)
  }
}

/** A limit for one request, given in seconds and returned in milliseconds. */
export function parseTimeout(text: string): number {
  return parseWholeNumber(1, HIGHEST_TIMEOUT_SECONDS)(text) * 1000
}

const LOOPBACK = /^(?:localhost|\[::1\]|127(?:\.\d{1,3}){3})$/

/** A base URL without trailing slashes or credentials: https, or http to loopback. `example` is what to enter instead. */
export function parseBaseUrl(example: string): Parser<string> {
  const instead = `enter a URL such as ${example}`
  return (text) => {
    const trimmed = text.trim()
    // What may contain a password is never quoted.
    if (/[\s\\]/.test(trimmed) || findControlCharacter(trimmed) || !URL.canParse(trimmed)) {
      refuse(`is not a valid URL; ${instead}`)
    }
    const { username, password, protocol, hostname, origin, pathname } = new URL(trimmed)
    if (username !== '' || password !== '') refuse(`contains a user name or password; ${instead}`)
    if (/[?#]/.test(trimmed)) refuse(`contains a query or fragment; ${instead}`)
    if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.test(hostname))) {
      refuse(
        `${quoteValue(trimmed)} would send the key unencrypted; enter an https:// URL (http:// is allowed for loopback addresses only)`,
      )
    }
    return `${origin}${pathname.replace(/\/+$/, '')}`
  }
}

/** A name of letters, digits and underscores, for what `kind` says; `instead` is what to enter. */
function parseName(name: string, kind: string, instead: string): string {
  if (/^[A-Za-z_]\w*$/.test(name) && name.length <= LONGEST_NAME) return name
  return refuse(
    `${quoteValue(name)} is not a valid ${kind}; use letters, digits and underscores, and do not start with a digit${instead}`,
  )
}

export function parseSecretName(text: string): string {
  const name = parseName(text, 'secret name', '')
  if (!/^GITHUB_/i.test(name)) return name
  return refuse(`"${name}" starts with GITHUB_, which GitHub reserves; choose another name`)
}

/** Variables that belong to GitHub and its runner, or decide how later programs start; Windows ignores their case. */
const RESERVED_VARIABLE = /^(?:(?:GITHUB|RUNNER|INPUT|STATE|ACTIONS)_|PATH$|NODE_OPTIONS$)/

/** A name for an environment variable that does not change how programs run. */
export function parseEnvName(text: string): string {
  const instead = '; enter a name such as JUNCTION_MANAGEMENT_KEY'
  const name = parseName(text.trim(), 'name for an environment variable', instead)
  if (looksLikeKey(name)) refuse(`is a key, not the name of a variable${instead}`)
  if (!RESERVED_VARIABLE.test(name.toUpperCase())) return name
  return refuse(`"${name}" is reserved for GitHub, its runner or Node.js${instead}`)
}
