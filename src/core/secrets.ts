/** What stands in the place of a removed secret; the runner's own mask looks the same. */
const MASK = '***'

/** Tokens that Junction (`mg_`, `sk_…`, `pk_…`) and GitHub issue; none may be shown, known to us or not. */
const KEY_LIKE = /(?:mg_|[sp]k_(?:us|eu)_|gh[pousr]_|github_pat_)[A-Za-z0-9_~+/=.-]{3,}/g

/** No key or token is this short, but a stray line of a mangled input can be. */
const SHORTEST_SECRET = 4

/** Says whether a text holds something that looks like a key or a token. */
export function looksLikeKey(text: string): boolean {
  return text.search(KEY_LIKE) >= 0
}

/** Removes everything that looks like a key or a token from text that came off the wire. */
export function hideKeyLike(text: string): string {
  return text.replace(KEY_LIKE, MASK)
}

/** Keeps the secrets of this run and takes them, in every usual encoding, out of any text. */
export class SecretRegistry {
  readonly #forms = new Set<string>()

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
      for (const form of encodeUsually(line)) this.#forms.add(form)
    }
    return [...new Set(lines)]
  }

  /** Replaces every remembered secret. Longest first, so that no part of one is left standing. */
  scrub(text: string): string {
    const forms = [...this.#forms].sort((a, b) => b.length - a.length)
    return forms.reduce((clean, form) => clean.replaceAll(form, MASK), text)
  }
}

/** A text in the encodings in which services and programs show values. */
function encodeUsually(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  const base64 = [0, 1, 2].map((offset) => encodeBase64(bytes, offset))
  return [
    text,
    encodeURIComponent(text),
    JSON.stringify(text).slice(1, -1),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    ...base64,
    ...base64.map((form) => form.replaceAll('+', '-').replaceAll('/', '_')),
  ]
}

/** The part of the base64 of a longer text that these bytes alone decide, when they begin at `offset` of three. */
function encodeBase64(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
  const begin = Math.ceil((offset * 8) / 6)
  const end = Math.floor(((offset + bytes.length) * 8) / 6)
  return whole.slice(begin, end)
}
