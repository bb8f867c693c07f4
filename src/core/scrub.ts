/** Replaces a removed secret; the same as the runner's mask. */
const MASK = '***'

/** Tokens that Junction (`mg_`, `sk_…`, `pk_…`) and GitHub issue; never shown, whether registered or not. */
const KEY_LIKE = /(?:mg_|[sp]k_(?:us|eu)_|gh[pousr]_|github_pat_)[A-Za-z0-9_~+/=.-]{3,}/g

/** A run of token characters and of those in escapes: `%5F`, `&#95;`, `\u005f`. */
const TOKEN_RUN = /[\w~+/=.%&#;\\-]{16,}/g

/** The same at any length, or a single other character. */
const TOKEN_OR_CHARACTER = /[\w~+/=.%&#;\\-]+|./gs

/** A byte in hexadecimal (`6d`, `0x6d`, `U+006D`), decimal or binary, or a single character. */
const SIGN = String.raw`(?:(?:0x|u\+(?:00)?)?[\da-f]{2}|\d{3}|[01]{8}|\w)`

/** Such signs with separators between them. */
const SPACED_RUN = new RegExp(String.raw`(?<!\w)(?:${SIGN}[^\w"'<>]{1,3}){11,}${SIGN}(?!\w)`, 'gi')

const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi

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

/**
 * Removes from outside text everything that may be a key, a token or a sealed value, in any encoding: every long
 * run of such characters that does not consist of words and UUIDs.
 */
export function hideTokens(text: string): string {
  return text
    .replace(KEY_LIKE, MASK)
    .replace(TOKEN_RUN, (run) => (isReadable(run) ? run : MASK))
    .replace(SPACED_RUN, MASK)
}

function isReadable(run: string): boolean {
  return run
    .replace(UUID, '')
    .split(SEPARATORS)
    .every((part) => WORD.test(part))
}

/** Registers the secrets of this process and removes them from text. */
export class SecretRegistry {
  readonly #secrets = new Set<string>()
  /** Every `PIECE` consecutive letters and digits of the secrets, in lower case, forward and backward. */
  readonly #pieces = new Set<string>()

  /** Registers a secret and returns what the runner must mask: it masks line by line, so each line is a secret. */
  add(secret: string): string[] {
    const lines = secret
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
    for (const line of lines) {
      // Too short to scrub: replacing them would mangle ordinary words. The runner still masks them.
      if (line.length < SHORTEST_SECRET) continue
      this.#secrets.add(line)
      const characters = findCharacters(line).map(({ character }) => character)
      for (const form of [characters, characters.toReversed()]) {
        for (const { piece } of cutToPieces(form)) this.#pieces.add(piece)
      }
    }
    return [...new Set(lines)]
  }

  /** Replaces every registered secret, longest first, so that no part of one remains. */
  scrub(text: string): string {
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length)
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, MASK), text)
  }

  /** Replaces, in outside text, every registered secret and every piece of one: in any case, reversed, escaped, or spaced out. */
  scrubForeign(text: string): string {
    const clean = this.scrub(text)
    const characters = findCharacters(clean)
    const hidden = new Uint8Array(clean.length)
    for (const { piece, at } of cutToPieces(characters.map(({ character }) => character))) {
      const [begin = 0, end = 0] = [characters[at]?.at, characters[at + PIECE - 1]?.at]
      if (this.#pieces.has(piece)) hidden.fill(1, begin, end + 1)
    }
    // Text directly adjacent to a piece may be more of it, in escapes.
    return clean
      .replace(TOKEN_OR_CHARACTER, (part, at: number) =>
        hidden.subarray(at, at + part.length).includes(1) ? '\0' : part,
      )
      .replace(/\0+/g, MASK)
  }
}

/** The letters and digits of a text in lower case, and where each is. */
function findCharacters(
  text: string,
): readonly { readonly character: string; readonly at: number }[] {
  return [...text.matchAll(/[a-z0-9]/gi)].map(({ 0: character, index }) => ({
    character: character.toLowerCase(),
    at: index,
  }))
}

function cutToPieces(
  characters: readonly string[],
): readonly { readonly piece: string; readonly at: number }[] {
  const line = characters.join('')
  return Array.from({ length: Math.max(0, line.length - PIECE + 1) }, (_, at) => ({
    piece: line.slice(at, at + PIECE),
    at,
  }))
}
