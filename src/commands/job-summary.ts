import { type Message, writeOut } from '../core/message.js'
import { replaceControls, toOneLine } from '../core/plain-text.js'
import type {
  OrganizationDestination,
  SecretDestination,
  SecretTarget,
} from '../core/secret-target.js'
import { formatTime, parseTime } from '../core/time.js'
import type { RunContext, Runner } from '../runner/runner.js'
import { groupFailures, type JudgedKey } from '../transaction/revoke-all.js'

/** How a step went: all well, worth a look, or failed. */
export type Mark = 'done' | 'attention' | 'failed'

const SIGNS: Readonly<Record<Mark, string>> = { done: '✅', attention: '⚠️', failed: '❌' }

const NEXT = ['Fix the cause, then run again.']

/**
 * How a step shows its failure: in an annotation, and in the job summary unless that already says how the step ended.
 * A `warning` does not fail it.
 */
export function reportFailure(title: string, level: 'fail' | 'warning' = 'fail') {
  return (runner: Runner, message: Message): void => {
    runner[level](message)
    if (runner.hasSummary()) return
    const mark = level === 'fail' ? 'failed' : 'attention'
    runner.appendSummary(
      renderSummary(mark, title, [
        renderReason(writeOut(message)),
        renderNext(NEXT, runner.context),
      ]),
    )
  }
}

/** A job summary: one sentence behind a mark, then blocks of Markdown; empty ones are left out. */
export function renderSummary(mark: Mark, title: string, blocks: readonly string[]): string {
  const shown = [`### ${SIGNS[mark]} ${title}`, ...blocks.filter((block) => block !== '')]
  return `${shown.join('\n\n')}\n\n`
}

/** Characters of one line of a message that a summary shows. */
const LONGEST_LINE = 10_000

/** Marks around a word of prose. */
const OPENING = /^["“(]*/
const CLOSING = /(?<!["”).,:;?!…])["”).,:;?!…]*$/

/** A word that Markdown leaves as it is. */
const PLAIN = /^(?:[A-Za-z]+(?:['’-][A-Za-z]+)*|\d{1,6})?$/

/** Renders a message as prose; what is not an ordinary word, such as a name or a path, is in code. */
export function renderProse(text: string): string {
  return toOneLine(text, LONGEST_LINE).replace(/\S+/g, (word) => {
    const [before = ''] = OPENING.exec(word) ?? []
    const [after = ''] = CLOSING.exec(word.slice(before.length)) ?? []
    const name = word.slice(before.length, word.length - after.length)
    return PLAIN.test(name) ? word : `${before}${renderCode(name)}${after}`
  })
}

/** Why something failed: the lines of the message, those of a list as its items. */
export function renderReason(message: string): string {
  const blocks = message.split('\n').map((line) => {
    if (line.startsWith('- ')) return `\n- ${renderProse(line.slice(2))}`
    return line.startsWith('  ') ? `<br>${renderProse(line)}` : `\n\n${renderProse(line)}`
  })
  return joinWithin(blocks, '').trim()
}

/** Why keys may still be active, a line for each reason; `''` when there are none. */
export function renderFailedKeys(keys: readonly JudgedKey[]): string {
  return renderItems(
    groupFailures(keys).map(({ reason, ids }) => {
      const subject = ids.length === 1 ? renderCode(ids.join()) : `${ids.length} keys`
      return `${subject} may still be active: ${renderProse(reason)}`
    }),
  )
}

/** What to do next, an item a line, after a failure (`help`) with the page that explains it; `''` without any. */
export function renderNext(items: readonly string[], help?: RunContext): string {
  const page = help && renderLink('Troubleshooting', `${help.docsUrl}/troubleshooting.md`)
  const all = page === undefined ? items : [...items, `${page} explains each message.`]
  return all.length === 0 ? '' : `**Next**\n\n${renderItems(all)}`
}

/** A secret, and in words what became of it. */
export interface SecretRow extends SecretTarget {
  readonly status: string
}

/** A table of secrets with links to the settings where they are; `''` without any. */
export function renderSecrets(secrets: readonly SecretRow[], context: RunContext): string {
  return renderTable(
    ['Secret', 'Where', 'Status'],
    secrets.map(({ name, destination, status }) => [
      renderCell(name),
      renderPlace(destination, context),
      status,
    ]),
  )
}

/** A key, and in words what became of it. */
export interface KeyRow {
  readonly id: string
  readonly label?: string | undefined
  /** As the API returned it. */
  readonly createdAt?: string | undefined
  /** Markdown. */
  readonly status: string
}

/** A table of keys, with labels and times if any is given; `''` without keys. */
export function renderKeys(head: string, keys: readonly KeyRow[]): string {
  const hasLabels = keys.some(({ label }) => label !== undefined)
  const hasTimes = keys.some(({ createdAt }) => createdAt !== undefined)
  return renderTable(
    [head, ...(hasLabels ? ['Label'] : []), ...(hasTimes ? ['Created'] : []), 'Status'],
    keys.map(({ id, label = '', createdAt = '', status }) => [
      renderCell(id),
      ...(hasLabels ? [renderCell(label)] : []),
      ...(hasTimes ? [renderTime(createdAt)] : []),
      status,
    ]),
  )
}

/** Renders a time of the API in a table. */
export function renderTime(text: string): string {
  const time = parseTime(text)
  return time === undefined ? renderCell(text) : formatTime(time)
}

/** A command that revokes a key: it fails when the request does, in any POSIX shell, and shows the Org Key nowhere. */
export function renderRevokeCommand(apiUrl: string, orgId: string, keyId: string): string {
  const url = `${apiUrl}/v1/org/${orgId}/management_key/${encodeURIComponent(keyId)}`
  return [
    '```sh',
    `printf 'X-Management-Key: %s' "$JUNCTION_ORG_KEY" | curl --fail --globoff --request DELETE --header @- ${quoteForShell(url)}`,
    '```',
  ].join('\n')
}

/** Between single quotes, a shell takes every character literally except a single quote. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Counts things in words: `1 key`, `2 keys`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Names a destination as a link to its page of settings. */
function renderPlace(destination: SecretDestination, { serverUrl }: RunContext): string {
  if (destination.kind === 'environment') {
    const { repository, environment } = destination
    const url = `${serverUrl}/${repository}/settings/environments`
    return `${renderLink(`environment ${renderCell(environment)}`, url)} of ${renderCell(repository)}`
  }
  const [name, settings] =
    destination.kind === 'repository'
      ? [`repository ${renderCell(destination.repository)}`, destination.repository]
      : [`organization ${renderCell(destination.org)}`, `organizations/${destination.org}`]
  const { app } = destination
  const pairs = [
    ...(app === 'actions' ? [] : [`app=${app}`]),
    ...(destination.kind === 'organization' ? listAccess(destination) : []),
  ]
  const more = pairs.length === 0 ? '' : ` (${pairs.map(renderCell).join(', ')})`
  // GitHub does not document where the settings of agents are.
  const url = app === 'agents' ? '' : `${serverUrl}/${settings}/settings/secrets/${app}`
  return renderLink(name, url) + more
}

/** Who may read an organization secret, as far as the target says. */
function listAccess({ visibility, repositories }: OrganizationDestination): readonly string[] {
  return [
    ...(visibility === undefined ? [] : [`visibility=${visibility}`]),
    ...(repositories.length === 0 ? [] : [`repos=${repositories.join(',')}`]),
  ]
}

/**
 * Renders text as a code span (GFM, 6.3), the only place where GitHub interprets no Markdown, HTML, mentions or
 * links: inside `<code>`, it links even an email address written in entities.
 */
export function renderCode(text: string): string {
  const line = replaceControls(text)
  if (line === '') return ''
  const runs = [...line.matchAll(/`+/g)].map(([run]) => run.length)
  const fence = '`'.repeat(Math.max(0, ...runs) + 1)
  // GitHub strips one space on each side, unless there is nothing else.
  const gap = /^[ `]|[ `]$/.test(line) && line.trim() !== '' ? ' ' : ''
  return `${fence}${gap}${line}${gap}${fence}`
}

/**
 * Renders text as a code span in a table, where every unescaped pipe ends a cell (GFM, 4.10). A backslash before a
 * pipe ends the span, because parsers disagree about two in a row.
 */
export function renderCell(text: string): string {
  return text
    .split(/(?<=\\)(?=\|)/)
    .map((part) => renderCode(part).replaceAll('|', '\\|'))
    .join('<wbr>')
}

/** Bytes that one block takes at most: GitHub shows no job summary above 1 MiB, and a step writes few long blocks. */
const LARGEST_BLOCK = 256 * 1024

/** A Markdown table; `''` without rows. Cells are Markdown. Rows that do not fit into a summary are counted below it. */
export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const heading = `${renderRow(head)}\n|${':---|'.repeat(head.length)}\n`
  return heading + joinWithin(rows.map(renderRow), '\n')
}

/** A list; `''` without items, which are Markdown. Items that do not fit into a summary are counted below it. */
export function renderItems(items: readonly string[]): string {
  return joinWithin(
    items.map((item) => `- ${item}`),
    '\n',
  )
}

/** A table with a name and a value per row, headed by the first of them; rows with an empty value are left out. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const [head = [], ...rows] = facts.filter(([, value]) => value !== '')
  return renderTable(
    head,
    rows.map(([name, value]) => [`**${name}**`, value]),
  )
}

/** Renders texts in one table cell, one per line. */
export function renderList(texts: readonly string[]): string {
  return texts.map(renderCell).join('<br>')
}

/** A link; `text` is Markdown. `''` as address gives the text alone. */
export function renderLink(text: string, url: string): string {
  // Parentheses would end the address.
  const address = url.replaceAll('(', '%28').replaceAll(')', '%29')
  return url === '' ? text : `[${text}](${address})`
}

/** A block that a reader opens; `title` and `body` are Markdown. */
export function renderDetails(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Joins the first lines, as many as fit into one block, and counts the others below it. */
function joinWithin(lines: readonly string[], separator: string): string {
  let size = 0
  const shown = lines.filter((line) => {
    size += Buffer.byteLength(line) + separator.length
    return size <= LARGEST_BLOCK
  })
  const more = lines.length - shown.length
  return shown.join(separator) + (more > 0 ? `\n\nAnd ${more} more.` : '')
}
