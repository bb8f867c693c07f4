import { toOneLine } from './plain-text.js'

/** Replaces a removed secret; the same as the runner's mask. */
const MASK = '***'

/** Found in a gateway's pages, never in an API's errors. */
export const HTML_TAG = /<[!/?a-zA-Z]/

/** Text beyond this is ignored: no message shows as much. */
const LONGEST_READ = 16_384

/** Tokens that Junction (`mg_`, `sk_…`, `pk_…`) and GitHub issue; never shown, whether registered or not. */
const KEY_LIKE = /(?:mg_|[sp]k_(?:us|eu)_|gh[pousr]_|github_pat_)[A-Za-z0-9_~+/=.-]{3,}/g

/** A run of token characters and of those in escapes: `%5F`, `&#95;`, `\u005f`. */
const TOKEN_RUN = /[\w~+/=.%&#;\\-]{16,}/g

const UUID = /[\da-fA-F]{8}-(?:[\da-fA-F]{4}-){3}[\da-fA-F]{12}/g

/** Separators in names, paths, addresses and lists. */
const SEPARATORS = /[/._=+~#;-]+/

/** A word, optionally followed by a number; capitals; camel case; a short number; nothing. */
const WORD = /^(?:[A-Z]?[a-z]{1,15}\d{0,3}|[A-Z]{1,12}|(?:[A-Z][a-z]{2,14}){2,4}|\d{0,3})$/

/** Shorter text is never a key or a token, but it may be a line of a malformed input. */
const SHORTEST_SECRET = 4

/** This many consecutive letters and digits of a secret must not appear, whatever is between them. */
const PIECE = 10

/** Whether a text contains something that looks like a key or a token. */
export function looksLikeKey(text: string): boolean {
  return text.search(KEY_LIKE) >= 0
}

/** Prepares text from outside for a message: one line without secrets, known (`scrub`) or not; hidden before it is cut. */
export function showForeign(
  text: string,
  limit: number,
  scrub: (text: string) => string = (same) => same,
): string {
  const hidden = scrub(startOf(text))
    .replace(KEY_LIKE, MASK)
    .replace(TOKEN_RUN, (run) => (isReadable(run) ? run : MASK))
    .replace(spacedRun(), MASK)
  return toOneLine(hidden, limit)
}

/** The start of a long text, up to a space: what follows may be part of a token. */
function startOf(text: string): string {
  if (text.length <= LONGEST_READ) return text
  const start = text.slice(0, LONGEST_READ)
  return `${start.slice(0, start.lastIndexOf(' ') + 1)}…`
}

/** Whether a long run of characters consists of words and UUIDs: everything else may be a secret, in any encoding. */
function isReadable(run: string): boolean {
  return run
    .replace(UUID, '')
    .split(SEPARATORS)
    .every((part) => WORD.test(part))
}

/** Spaced-out signs, each a byte in hexadecimal (`6d`, `0x6d`, `U+006D`), decimal or binary, or a single character. */
function spacedRun(): RegExp {
  const sign = String.raw`(?:(?:0x|u\+(?:00)?)?[\da-f]{2}|\d{3}|[01]{8}|\w)`
  return new RegExp(String.raw`(?<!\w)(?:${sign}[^\w"'<>]{1,3}){11,}${sign}(?!\w)`, 'gi')
}

/** Registers the secrets of this process and removes them from text. */
export class SecretRegistry {
  readonly #secrets = new Set<string>()

  /** Registers a secret and returns what the runner must mask: it masks line by line, so each line is a secret. */
  add(secret: string): string[] {
    const lines = secret.split(/[\r\n]+/).map((line) => line.trim())
    // What is shorter is masked, but not scrubbed: that would mangle ordinary words.
    for (const line of lines) if (line.length >= SHORTEST_SECRET) this.#secrets.add(line)
    return [...new Set(lines)].filter((line) => line !== '')
  }

  /** Replaces every registered secret, longest first, so that no part of one remains. */
  scrub(text: string): string {
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length)
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, MASK), text)
  }

  /** The same in outside text: where a piece of one is left, in any case, reversed, escaped or spaced out, all of it goes. */
  scrubForeign(text: string): string {
    const clean = this.scrub(text)
    const characters = squeeze(clean)
    const shown = `${characters} ${[...characters].reverse().join('')}`
    const isShown = (secret: string) => listPieces(secret).some((piece) => shown.includes(piece))
    return [...this.#secrets].some(isShown) ? MASK : clean
  }
}

/** The letters and digits of a text, in lower case. */
function squeeze(text: string): string {
  return text.replace(/[^a-zA-Z0-9]+/g, '').toLowerCase()
}

function listPieces(secret: string): readonly string[] {
  const characters = squeeze(secret)
  const count = Math.max(0, characters.length - PIECE + 1)
  return Array.from({ length: count }, (_, at) => characters.slice(at, at + PIECE))
}
