/** A text that ends with a list. Where it has to be short, the last items are left out and counted. */
export interface List {
  readonly head: string
  /** Each begins with what separates it from the text before it. */
  readonly items: readonly string[]
}

export type Message = string | List

export function listLines(head: string, lines: readonly string[]): List {
  return { head, items: lines.map((line) => `\n- ${line}`) }
}

/** A message that ends with the names of keys, their IDs if nothing else is said. */
export function listNames<Key extends { readonly id: string }>(
  head: string,
  keys: readonly Key[],
  name = ({ id }: Key): string => id,
): List {
  return { head, items: keys.map((key, index) => `${index === 0 ? ' ' : ', '}${name(key)}`) }
}

/** All of a message. */
export function writeOut(message: Message): string {
  return typeof message === 'string' ? message : message.head + message.items.join('')
}

/** All of a message, an item a line. */
export function writeLines(message: Message): readonly string[] {
  const { head, items } = asList(message)
  return [head, ...items].flatMap((part) => part.replace(/^[\s,]+/, '').split('\n'))
}

/** Applies a change to every part of a message. */
export function mapMessage(message: Message, change: (text: string) => string): Message {
  if (typeof message === 'string') return change(message)
  return { head: change(message.head), items: message.items.map(change) }
}

/** A message of at most `limit` UTF-16 units, which ends on a whole item and says that the log has the others. */
export function shorten(message: Message, limit: number): string {
  const whole = writeOut(message)
  if (whole.length <= limit) return whole
  const { head, items } = asList(message)
  const note = (left: number) => ` … and ${left} more in the log above`
  let size = head.length + note(items.length).length
  let count = 0
  for (const item of items) {
    size += item.length
    if (size > limit) break
    count += 1
  }
  if (count > 0) return head + items.slice(0, count).join('') + note(items.length - count)
  return cutWord(whole, limit - NOT_ALL.length) + NOT_ALL
}

const NOT_ALL = ' … and more in the log above'

/** A text that was put together from others still shows its lines. */
function asList(message: Message): List {
  if (typeof message !== 'string') return message
  const [head = '', ...lines] = message.split('\n')
  return { head, items: lines.map((line) => `\n${line}`) }
}

/** The start of a text, up to a space if there is one near the end. */
function cutWord(text: string, limit: number): string {
  const start = text.slice(0, limit)
  const space = start.lastIndexOf(' ')
  return space > limit - 200 ? start.slice(0, space) : start.replace(/[\ud800-\udbff]$/, '')
}

/** Writes each character beyond U+FFFF as `\u{…}`. */
export function escapeAstral(text: string): string {
  return text.replace(
    /[\u{10000}-\u{10ffff}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  )
}
