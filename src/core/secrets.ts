/** What stands in the place of a removed secret; the runner's own mask looks the same. */
const MASK = '***'

/** Tokens that Junction (`mg_`, `sk_…`, `pk_…`) and GitHub issue; none may be shown, known to us or not. */
const KEY_LIKE = /(?:mg_|[sp]k_(?:us|eu)_|gh[pousr]_|github_pat_)[A-Za-z0-9_~+/=.-]{3,}/g

/** Characters of tokens in a row, and those by which a text escapes others: `%5F`, `&#95;`, `\u005f`. */
const TOKEN_RUN = /[\w~+/=.%&#;\\-]{16,}/g

/** The same, however long, or another character. */
const TOKEN_OR_SIGN = /[\w~+/=.%&#;\\-]+|./gs

/** Single characters, or bytes in hexadecimal or decimal, set apart from one another. */
const SPACED_RUN =
  /(?<!\w)(?:(?:\w|[\da-f]{2}|\d{3})[^\w"'<>]{1,3}){11,}(?:\w|[\da-f]{2}|\d{3})(?!\w)/gi

const UUID = /[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}/gi

/** What joins words in names, paths, addresses and lists. */
const JOINTS = /[/._=+~#;-]+/

/** A word, perhaps with a number after it; capitals; words joined by their capitals; a short number; nothing. */
const WORD = /^(?:[A-Z]?[a-z]{1,15}\d{0,3}|[A-Z]{1,12}|(?:[A-Z][a-z]{2,14}){2,4}|\d{0,3})$/

/** No key or token is this short, but a stray line of a mangled input can be. */
const SHORTEST_SECRET = 4

/** So many letters and digits of a secret in a row give it away, whatever stands between them. */
const PIECE = 10

/** Says whether a text holds something that looks like a key or a token. */
export function looksLikeKey(text: string): boolean {
  return text.search(KEY_LIKE) >= 0
}

/**
 * Removes everything from foreign text that may be a key, a token or a sealed value, in whatever encoding:
 * every long run of such characters that is not made of words and UUIDs.
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
    .split(JOINTS)
    .every((part) => WORD.test(part))
}

/** Keeps the secrets of this run and takes them out of any text. */
export class SecretRegistry {
  readonly #secrets = new Set<string>()
  /** Letters and digits of the secrets in lower case, forwards and backwards, in all pieces of `PIECE`. */
  readonly #pieces = new Set<string>()

  /**
   * Remembers a secret and returns the lines the runner has to mask: it masks line by line,
   * so each line of a multi-line value is a secret by itself.
   */
  add(secret: string): string[] {
    const lines = secret
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
    for (const line of lines) {
      // The runner masks these too; here they would only eat holes into ordinary words.
      if (line.length < SHORTEST_SECRET) continue
      this.#secrets.add(line)
      const signs = findSigns(line).map(({ sign }) => sign)
      for (const form of [signs, signs.toReversed()]) {
        for (const { piece } of cutToPieces(form)) this.#pieces.add(piece)
      }
    }
    return [...new Set(lines)]
  }

  /** Replaces every remembered secret. Longest first, so that no part of one is left standing. */
  scrub(text: string): string {
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length)
    return secrets.reduce((clean, secret) => clean.replaceAll(secret, MASK), text)
  }

  /**
   * Replaces, in text of others, every remembered secret and every piece of one as well: in other cases,
   * backwards, escaped, or spaced out.
   */
  scrubForeign(text: string): string {
    const clean = this.scrub(text)
    const signs = findSigns(clean)
    const hidden = new Uint8Array(clean.length)
    for (const { piece, at } of cutToPieces(signs.map(({ sign }) => sign))) {
      const [begin = 0, end = 0] = [signs[at]?.at, signs[at + PIECE - 1]?.at]
      if (this.#pieces.has(piece)) hidden.fill(1, begin, end + 1)
    }
    // What is written without a gap beside a piece may be more of it, in escapes.
    return clean
      .replace(TOKEN_OR_SIGN, (part, at: number) =>
        hidden.subarray(at, at + part.length).includes(1) ? '\0' : part,
      )
      .replace(/\0+/g, MASK)
  }
}

/** The letters and digits of a text in lower case, and where each is. */
function findSigns(text: string): readonly { readonly sign: string; readonly at: number }[] {
  return [...text.matchAll(/[a-z0-9]/gi)].map(({ 0: sign, index }) => ({
    sign: sign.toLowerCase(),
    at: index,
  }))
}

function cutToPieces(
  signs: readonly string[],
): readonly { readonly piece: string; readonly at: number }[] {
  const line = signs.join('')
  return Array.from({ length: Math.max(0, line.length - PIECE + 1) }, (_, at) => ({
    piece: line.slice(at, at + PIECE),
    at,
  }))
}
