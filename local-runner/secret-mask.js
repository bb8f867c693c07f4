const MASK = '***'

/** Forms of a secret that the runner recognizes besides itself, as far as this project relies on them. */
const ENCODERS = [
  ...[0, 1, 2].map(encodeBase64From),
  /** @param {string} value */ (value) => JSON.stringify(value).slice(1, -1),
  // Lone surrogates make encodeURIComponent throw; a UTF-8 round trip replaces them.
  /** @param {string} value */ (value) => encodeURIComponent(Buffer.from(value).toString()),
]

/** Replaces secrets in a text as the runner does: encoded forms too, overlaps as one. */
export class SecretMask {
  /** @type {Set<string>} */
  #forms = new Set()

  /** Adds a secret: the whole of it, and each of its lines. @param {string} secret */
  add(secret) {
    for (const value of [secret, ...secret.split(/[\r\n]/).map((line) => line.trim())]) {
      if (value === '') continue
      this.#forms.add(value)
      for (const encode of ENCODERS) this.#forms.add(encode(value))
    }
  }

  /**
   * Replaces each secret with `***`; secrets that touch or overlap become one `***`.
   *
   * @param {string} text
   * @returns {string}
   */
  apply(text) {
    const ranges = [...this.#forms]
      .flatMap((form) => findAll(text, form))
      .sort((a, b) => a.start - b.start)
    let clean = ''
    let shownUntil = 0
    for (const [index, { start, end }] of ranges.entries()) {
      if (index === 0 || start > shownUntil) clean += text.slice(shownUntil, start) + MASK
      shownUntil = Math.max(shownUntil, end)
    }
    return clean + text.slice(shownUntil)
  }
}

/** @param {string} text @param {string} part */
function findAll(text, part) {
  const ranges = []
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    ranges.push({ start: at, end: at + part.length })
  }
  return ranges
}

/**
 * Base64 of a longer text contains the secret at one of three alignments.
 *
 * @param {number} shift
 * @returns {(value: string) => string}
 */
function encodeBase64From(shift) {
  return (value) => {
    const bytes = Buffer.from(value)
    return bytes.subarray(bytes.length > shift ? shift : 0).toString('base64')
  }
}
