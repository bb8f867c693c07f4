import { toOneLine } from './plain-text.js'
import { hideTokens } from './scrub.js'

/** Found in a gateway's pages, never in an API's errors. */
export const HTML_TAG = /<[!/?a-z]/i

/** Text beyond this is ignored: no message shows as much. */
const LONGEST_READ = 16_384

/**
 * Prepares text from outside (an error body, a header, a redirect's target, a connection error) for a message:
 * one line of at most `limit` characters that shows no secret, known (`scrub`) or not. Hides before it cuts, so
 * that no part of a secret remains.
 */
export function showForeign(
  text: string,
  limit: number,
  scrub: (text: string) => string = (same) => same,
): string {
  return toOneLine(hideTokens(scrub(startOf(text))), limit)
}

/** The start of a long text, up to a space: what follows may be part of a token. */
function startOf(text: string): string {
  if (text.length <= LONGEST_READ) return text
  const start = text.slice(0, LONGEST_READ)
  return `${start.slice(0, start.lastIndexOf(' ') + 1)}…`
}
