const MASK = '***'

/** The forms in which the runner also recognizes a secret: one function for each of its encoders. */
const ENCODERS = [
  encodeBase64From(0),
  encodeBase64From(1),
  encodeBase64From(2),
  /** @param {string} value */ (value) => value.replaceAll('"', '\\"'),
  /** @param {string} value */ (value) => value.replaceAll("'", "''"),
  escapeJson,
  escapeUri,
  escapeXml,
  /** @param {string} value */ (value) => /^"(.{7,})"$/s.exec(value)?.[1] ?? '',
  takeBeforeAmpersand,
  takeAfterAmpersand,
]

/** Replaces secrets in a text as the runner's secret masker does: encoded forms too, overlaps as one. */
export class SecretMask {
  /** @type {Set<string>} */
  #forms = new Set()

  /**
   * Adds a secret: the whole of it, and each of its lines.
   *
   * @param {string} secret
   */
  add(secret) {
    for (const value of [secret, ...secret.split(/[\r\n]/).map((line) => line.trim())]) {
      if (value === '') continue
      this.#forms.add(value)
      for (const encode of ENCODERS) this.#forms.add(encode(value))
    }
    this.#forms.delete('')
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

/**
 * @param {string} text
 * @param {string} part
 */
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

/** @param {string} value */
function escapeJson(value) {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(
      /[\u0085\u2028\u2029]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}

/** @param {string} value */
function escapeUri(value) {
  // Lone surrogates make encodeURIComponent throw; a UTF-8 round trip replaces them.
  return encodeURIComponent(Buffer.from(value).toString()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** @param {string} value */
function escapeXml(value) {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

/**
 * PowerShell breaks a secret at an ampersand when it shows it in an error.
 *
 * @param {string} value
 */
function takeBeforeAmpersand(value) {
  const at = value.includes('&+') ? value.indexOf('&+') + 2 : value.lastIndexOf('&') + 1
  return at >= 6 ? value.slice(0, at) : ''
}

/** @param {string} value */
function takeAfterAmpersand(value) {
  if (!value.includes('&')) return ''
  // After `&+` PowerShell colors one more character, which separates it.
  const at = value.includes('&+') ? value.indexOf('&+') + 3 : value.lastIndexOf('&') + 1
  const rest = value.slice(at)
  return rest.length >= 6 ? rest : ''
}
