import { toOneLine } from './plain-text.js'
import { hideTokens } from './secrets.js'

/** What no error of an API holds, but every page of a gateway does. */
export const HTML_TAG = /<[!/?a-z]/i

/** Longer text is not looked at: no message shows as much. */
const LONGEST_LOOK = 16_384

/**
 * Makes text that somebody else wrote (an error body, a header, a redirect's target, an error of the
 * connection) fit for a message: one line of at most `limit` characters that shows no secret, known
 * (`scrub`) or not. Hides before it cuts, so that no cut leaves part of a secret.
 */
export function showForeign(
  text: string,
  limit: number,
  scrub: (text: string) => string = (same) => same,
): string {
  return toOneLine(hideTokens(scrub(startOf(text))), limit)
}

/** The start of a long text, up to a space: what follows that may be the half of a token. */
function startOf(text: string): string {
  if (text.length <= LONGEST_LOOK) return text
  const start = text.slice(0, LONGEST_LOOK)
  return `${start.slice(0, start.lastIndexOf(' ') + 1)}…`
}
