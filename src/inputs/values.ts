import { isStringList, parseJson } from '../core/json.js'
import { findControlCharacter, joinWords, toOneLine } from '../core/plain-text.js'
import { looksLikeKey } from '../core/scrub.js'
import { compileLabelPattern, type LabelPattern } from './label-pattern.js'

/** The result of parsing one input: its value, or what is wrong with it and what to enter instead. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

/** Turns the text of an input into its value. */
export type ValueParser<T> = (text: string) => Parsed<T>

const UUID = /^[\da-fA-F]{8}-(?:[\da-fA-F]{4}-){3}[\da-fA-F]{12}$/
const EXAMPLE_UUID = '3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b'
const EMPTY_UUID = `is empty; enter a UUID such as ${EXAMPLE_UUID}`
const LONGEST_QUOTE = 80
const HIGHEST_TIMEOUT_SECONDS = 600

/** Quotes an input's value for an error, unless it might be a misplaced secret. */
export function quoteValue(text: string): string {
  if (looksLikeKey(text) || /^(?:mg|[sp]k|gh[pousr])_/.test(text))
    return 'a value that looks like a key (not shown)'
  return `"${toOneLine(text, LONGEST_QUOTE)}"`
}

/** A UUID, in lower case, as services store it. */
export const parseUuid: ValueParser<string> = (text) => {
  const trimmed = text.trim()
  if (trimmed === '') return { problem: EMPTY_UUID }
  if (!UUID.test(trimmed)) {
    return { problem: `${quoteValue(trimmed)} is not a UUID; enter one such as ${EXAMPLE_UUID}` }
  }
  return { value: trimmed.toLowerCase() }
}

/** One or more UUIDs, separated by commas or line breaks, without duplicates. */
export const parseUuidList: ValueParser<readonly string[]> = (text) => {
  const parts = text
    .split(/[,\r\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (parts.length === 0) return { problem: EMPTY_UUID }
  const wrong = parts.filter((part) => !UUID.test(part))
  if (wrong.length > 0) {
    const verb = wrong.length === 1 ? 'is not a UUID' : 'are not UUIDs'
    return {
      problem: `${joinWords(wrong.map(quoteValue), 'and')} ${verb}; enter UUIDs such as ${EXAMPLE_UUID}, separated by commas or line breaks`,
    }
  }
  return { value: [...new Set(parts.map((part) => part.toLowerCase()))] }
}

/** An Org Management Key, trimmed; a Team API Key gets its own error. */
export const parseOrgKey: ValueParser<string> = (text) => {
  const key = text.trim()
  if (key === '') {
    return {
      problem: `is empty; enter \${{ secrets.NAME }}, where NAME is the secret with an Org Management Key, and check that this job can read that secret`,
    }
  }
  if (/^[sp]k_(?:us|eu)_/.test(key)) {
    return {
      problem:
        'is a Team API Key (sk_… or pk_…), which cannot create Management Keys; enter an Org Management Key (mg_…) from the Junction Dashboard',
    }
  }
  const control = findControlCharacter(key)
  if (control !== undefined) {
    return {
      problem: `contains a control character or line break (${control}); store the secret again with only the key in it`,
    }
  }
  if (!/^mg_[\x21-\x7e]+$/.test(key)) {
    return {
      problem:
        'is not a valid Management Key: one begins with mg_ and has no spaces or non-ASCII characters; enter an Org Management Key from the Junction Dashboard',
    }
  }
  return { value: key }
}

/** A token for GitHub's API, trimmed. */
export const parseToken: ValueParser<string> = (text) => {
  const token = text.trim()
  if (/^[\x21-\x7e]+$/.test(token)) return { value: token }
  return {
    problem:
      'contains spaces, control characters or line breaks; store the secret again with only the token in it',
  }
}

/** A label, kept exactly as written. */
export const parseLabel: ValueParser<string> = (text) => parseLine(text, 'a label for the key')

function parseLine(text: string, instead: string): Parsed<string> {
  if (text.trim() === '') return { problem: `is empty; enter ${instead}` }
  const control = findControlCharacter(text)
  if (control === undefined) return { value: text }
  return {
    problem: `contains a line break or control character (${control}); enter one line of text (in YAML, use >- or |- instead of > or |)`,
  }
}

/**
 * Key IDs, which are UUIDs (published schema), separated by commas, spaces or line breaks, or a JSON array of them, as
 * outputs have it; an empty array is no key.
 */
export const parseKeyIds: ValueParser<readonly string[]> = (text) => {
  if (looksLikeKey(text)) {
    return { problem: 'contains a key itself, not its ID; enter key IDs such as the output key_id' }
  }
  const array = parseJson(text)
  if (!isStringList(array)) return parseUuidList(text.replace(/\s+/g, ','))
  return array.length === 0 ? { value: [] } : parseUuidList(array.join())
}

/** A label pattern. */
export const parseLabelPattern: ValueParser<LabelPattern> = (text) => {
  const line = parseLine(text, 'a pattern such as preview-{pr} or ci-*')
  if ('problem' in line) return line
  const pattern = compileLabelPattern(text)
  return pattern ? { value: pattern } : { problem: 'has {pr} more than once; use it once' }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** An age such as `90m`, `12h` or `7d`, in milliseconds. */
export const parseAge: ValueParser<number> = (text) => {
  const [, digits = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text.trim()) ?? []
  const age = Number(digits) * (UNITS[unit] ?? 0)
  if (age > 0) return { value: age }
  return {
    problem: `${quoteValue(text)} is not a valid age; enter a number with m, h or d, such as 90m, 12h or 7d`,
  }
}

/** One of a fixed set of words. */
export function parseChoice<const T extends string>(choices: readonly T[]): ValueParser<T> {
  return (text) => {
    const found = choices.find((choice) => choice === text.trim())
    if (found !== undefined) return { value: found }
    return {
      problem: `${quoteValue(text)} is not a valid value; enter ${joinWords(choices, 'or')}`,
    }
  }
}

/** A boolean of the YAML 1.2 core schema, as GitHub's toolkit documents for inputs. */
export const parseBoolean: ValueParser<boolean> = (text) => {
  const word = text.trim()
  if (/^(?:true|True|TRUE)$/.test(word)) return { value: true }
  if (/^(?:false|False|FALSE)$/.test(word)) return { value: false }
  return { problem: `${quoteValue(text)} is not a boolean; enter true or false` }
}

/** A whole number from `lowest` to `highest`. */
export function parseWholeNumber(lowest: number, highest: number): ValueParser<number> {
  return (text) => {
    const digits = text.trim()
    const value = /^\d{1,9}$/.test(digits) ? Number(digits) : Number.NaN
    if (value >= lowest && value <= highest) return { value }
    return {
      problem: `${quoteValue(text)} is not a whole number from ${lowest} to ${highest}`,
    }
  }
}

/** A limit for one request, given in seconds and returned in milliseconds. */
export const parseTimeout: ValueParser<number> = (text) => {
  const seconds = parseWholeNumber(1, HIGHEST_TIMEOUT_SECONDS)(text)
  return 'value' in seconds ? { value: seconds.value * 1000 } : seconds
}

/**
 * A base URL without trailing slashes: https, or http to a loopback address, without credentials.
 * `example` is what to enter instead.
 */
export function parseBaseUrl(example: string): ValueParser<string> {
  return (text) => readBaseUrl(text.trim(), `enter a URL such as ${example}`)
}

function readBaseUrl(trimmed: string, instead: string): Parsed<string> {
  if (/[\s\\]/.test(trimmed) || findControlCharacter(trimmed) || !URL.canParse(trimmed)) {
    // Never quoted: it may contain a password.
    return { problem: `is not a valid URL; ${instead}` }
  }
  const url = new URL(trimmed)
  if (url.username !== '' || url.password !== '') {
    return { problem: `contains a user name or password; ${instead}` }
  }
  if (trimmed.includes('?') || trimmed.includes('#')) {
    return { problem: `contains a query or fragment; ${instead}` }
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return {
      problem: `${quoteValue(trimmed)} would send the key unencrypted; enter an https:// URL (http:// is allowed for loopback addresses only)`,
    }
  }
  return { value: `${url.origin}${url.pathname.replace(/\/+$/, '')}` }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Variables that belong to GitHub and its runner, or decide how later programs start; Windows ignores their case. */
const RESERVED_VARIABLE = /^(?:(?:GITHUB|RUNNER|INPUT|STATE|ACTIONS)_|PATH$|NODE_OPTIONS$)/

/** A name for an environment variable that does not change how programs run. */
export const parseEnvName: ValueParser<string> = (text) => {
  const name = text.trim()
  const instead = 'enter a name such as JUNCTION_MANAGEMENT_KEY'
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return {
      problem: `${quoteValue(name)} is not a valid name for an environment variable (use letters, digits and underscores, and do not start with a digit); ${instead}`,
    }
  }
  if (looksLikeKey(name)) return { problem: `is a key, not the name of a variable; ${instead}` }
  if (RESERVED_VARIABLE.test(name.toUpperCase())) {
    return { problem: `"${name}" is reserved for GitHub, its runner or Node.js; ${instead}` }
  }
  return { value: name }
}
