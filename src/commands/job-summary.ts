import type { ActionError } from '../core/errors.js'
import { type Message, writeOut } from '../core/message.js'
import { replaceControls, toOneLine } from '../core/plain-text.js'
import type { SecretDestination, SecretTarget } from '../core/secret-target.js'
import { formatTime, parseTime } from '../core/time.js'
import type { RunContext, Runner } from '../runner/runner.js'
import { type Fate, groupFailures } from '../transaction/revoke-all.js'

type Mark = 'done' | 'attention' | 'failed'

const SIGNS: Readonly<Record<Mark, string>> = { done: '✅', attention: '⚠️', failed: '❌' }

/** How a step, or a part of it, ended: its part of the job summary, and annotations; a notice only where all is well. */
export interface Report {
  /** Only where the annotations do not say it. */
  readonly mark?: Mark | undefined
  /** One sentence, in Markdown. */
  readonly title: string
  /** Blocks of Markdown; empty ones are left out. */
  readonly blocks: readonly string[]
  /** What to do next, an item a line, in Markdown. */
  readonly next?: readonly (string | false)[]
  /** Markdown below that. */
  readonly details?: string
  readonly error?: ActionError | undefined
  readonly warning?: Message | undefined
  readonly notice?: Message | undefined
}

/** Writes the annotation and the job summary of what a step did. Throws the error with which the step fails. */
export function writeReport(report: Report, runner: Runner): void {
  const { title, blocks, next = [], details = '', error, warning, notice } = report
  const mark = error ? 'failed' : (report.mark ?? (warning === undefined ? 'done' : 'attention'))
  if (warning !== undefined) runner.warning(warning)
  else if (error === undefined && notice !== undefined) runner.notice(notice)
  const items = [...next, mark === 'failed' && nameHelp(runner)].filter((item) => item !== false)
  const shown = [
    `### ${SIGNS[mark]} ${title}`,
    ...blocks,
    items.length === 0 ? '' : `**Next**\n\n${renderItems(items)}`,
    details,
  ]
  runner.appendSummary(`${shown.filter((block) => block !== '').join('\n\n')}\n\n`)
  if (error !== undefined) throw error
}

/** Shows a failure in an annotation, and in the job summary unless that already says how the step ended. */
export function reportFailure(title: string, level: 'fail' | 'warning' = 'fail') {
  return (runner: Runner, message: Message): void => {
    runner[level](message)
    if (runner.hasSummary()) return
    const mark = level === 'fail' ? 'failed' : 'attention'
    const next = ['Fix the cause, then run again.', level === 'warning' && nameHelp(runner)]
    writeReport({ mark, title, blocks: [renderReason(writeOut(message))], next }, runner)
  }
}

function nameHelp({ context }: Runner): string {
  return `For more help, see ${renderLink('Troubleshooting', `${context.docsUrl}/troubleshooting.md`)}.`
}

/** Characters of one line of a message that a summary shows. */
const LONGEST_LINE = 10_000

/** Marks around a word of prose. */
const OPENING = /^["“(]*/
const CLOSING = /(?<!["”).,:;?!…])["”).,:;?!…]*$/

/** A word that Markdown leaves as it is; a date or a time too. */
const PLAIN = /^(?:[A-Za-z]+(?:['’-][A-Za-z]+)*|\d{1,6}|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)?$/

/** A word of prose; an expression, a secret's target, and an input or a permission with its value count as one. */
const WORD =
  /(["“(]*)(\$\{\{.*?\}\}|[a-z]+(?:[_-][a-z]+)+: [\w=-]+|[a-z]+: (?:read|write)\b|(?:repo|org)=\S+ (?:env|app)=(?:"[^"]*"|[^\s"]*\w))|\S+/g

/** Renders a message as prose; what is not an ordinary word, such as a name or a path, is in code. */
export function renderProse(text: string, render = renderCode): string {
  return toOneLine(text, LONGEST_LINE).replace(WORD, (word, quote = '', phrase = '') => {
    if (phrase !== '') return quote + render(phrase)
    const [before = ''] = OPENING.exec(word) ?? []
    const [after = ''] = CLOSING.exec(word.slice(before.length)) ?? []
    const name = word.slice(before.length, word.length - after.length)
    return PLAIN.test(name) ? word : `${before}${render(name)}${after}`
  })
}

/** Why something failed: the lines of the message, those of a list as its items. */
export function renderReason(message: string): string {
  const blocks = message.split('\n').map((line) => {
    return line.startsWith('- ') ? `\n- ${renderProse(line.slice(2))}` : `\n\n${renderProse(line)}`
  })
  return joinWithin(blocks, '').trim()
}

/** What became of a key, or would; the reason says why nothing else did. */
export interface KeyState {
  readonly id: string
  readonly status:
    | Fate['status']
    | 'would be revoked'
    | 'stays active'
    | 'not revoked'
    | 'not found'
    | 'could not be judged'
  readonly reason?: string
}

/** Counts rows in words by what became of them, as in `2 keys revoked` and `1 key not found`. */
export function tally(
  noun: string,
  rows: readonly { readonly status: string }[],
): readonly string[] {
  return [...new Set(rows.map(({ status }) => status))].map((wanted) => {
    return `${count(rows.filter(({ status }) => status === wanted).length, noun)} ${wanted}`
  })
}

/** Why keys are not revoked, a line for each reason; `''` when there is none. The table above names the keys. */
export function renderFailedKeys(keys: readonly KeyState[]): string {
  const words = new Map(keys.map(({ reason, status }) => [reason, status]))
  const items = groupFailures(keys).map(({ reason, ids }) => {
    return `${count(ids.length, 'key')} ${words.get(reason)}: ${renderProse(reason)}`
  })
  return renderItems(items)
}

interface SecretRow extends SecretTarget {
  readonly status: string
  readonly reason?: string
}

/** A table of secrets with links to the settings where they are; `''` without any. */
export function renderSecrets(secrets: readonly SecretRow[], context: RunContext): string {
  return renderTable(secrets, {
    Secret: ({ name }) => renderCell(name),
    Where: ({ destination }) => renderPlace(destination, context),
    Status: ({ status }) => status,
    Reason: renderWhy,
  })
}

export function renderWhy({ reason = '' }: { readonly reason?: string }): string {
  return renderProse(reason, renderCell)
}

interface KeyRow {
  readonly id: string
  readonly label?: string | undefined
  /** As the API returned it. */
  readonly createdAt?: string | undefined
  readonly status: string
}

export function renderKeys(head: string, keys: readonly KeyRow[]): string {
  return renderTable(keys, {
    [head]: ({ id }) => renderCell(id),
    Label: ({ label = '' }) => renderCell(label),
    Created: ({ createdAt = '' }) => renderTime(createdAt),
    Status: ({ status }) => status,
  })
}

export function renderTime(text: string): string {
  const time = parseTime(text)
  return time === undefined ? renderCell(text) : formatTime(time)
}

/** A command that revokes a key: it fails when the request does, in any POSIX shell, and shows the Org Key nowhere. */
export function renderRevokeCommand(apiUrl: string, orgId: string, keyId: string): string {
  const url = `${apiUrl}/v1/org/${orgId}/management_key/${encodeURIComponent(keyId)}`
  // Between single quotes, a shell takes every character literally except a single quote.
  const quoted = `'${url.replaceAll("'", `'\\''`)}'`
  const command = `printf 'X-Management-Key: %s' "$JUNCTION_ORG_KEY" | curl --fail --globoff --request DELETE --header @- ${quoted}`
  return `<details><summary>Revoke it from a shell</summary>\n\n\`\`\`sh\n${command}\n\`\`\`\n\n</details>`
}

/** Counts things in words: `1 key`, `2 keys`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

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
  const organization = destination.kind === 'organization' ? destination : undefined
  // Who may read an organization's secret, as far as the target says.
  const { visibility, repositories = [] } = organization ?? {}
  const pairs = [
    app !== 'actions' && `app=${app}`,
    visibility !== undefined && `visibility=${visibility}`,
    repositories.length > 0 && `repos=${repositories.join(',')}`,
  ].filter((pair) => pair !== false)
  const more = pairs.length === 0 ? '' : ` (${pairs.map(renderCell).join(', ')})`
  // GitHub does not document where the settings of agents are.
  const url = app === 'agents' ? '' : `${serverUrl}/${settings}/settings/secrets/${app}`
  return renderLink(name, url) + more
}

/** A code span (GFM, 6.3). Inside `<code>`, GitHub would link even an email address that is written in entities. */
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
 * A code span in a cell, which an unescaped pipe ends (GFM, 4.10). A backslash before a pipe ends the span, because
 * parsers disagree about two in a row.
 */
export function renderCell(text: string): string {
  return text
    .split(/(?<=\\)(?=\|)/)
    .map((part) => renderCode(part).replaceAll('|', '\\|'))
    .join('<wbr>')
}

/** Bytes that one block takes at most: GitHub shows no job summary above 1 MiB, and a step writes few long blocks. */
const LARGEST_BLOCK = 256 * 1024

/** A table; `''` without rows. Columns go from their heading to a cell, in Markdown; one without any text is left out. */
export function renderTable<Row>(
  rows: readonly Row[],
  columns: Readonly<Record<string, (row: Row) => string>>,
): string {
  const used = Object.entries(columns).filter(([, cell]) => rows.some((row) => cell(row) !== ''))
  if (used.length === 0) return ''
  const heading = `${renderRow(used.map(([head]) => head))}\n|${':---|'.repeat(used.length)}\n`
  return heading + joinWithin(rows.map((row) => renderRow(used.map(([, cell]) => cell(row)))))
}

/** A list; `''` without items, which are Markdown. Items that do not fit into a summary are counted below it. */
function renderItems(items: readonly string[]): string {
  return joinWithin(items.map((item) => `- ${item}`))
}

/** A table with a name and a value per row, headed by the first of them; rows with an empty value are left out. */
export function renderFacts(facts: readonly (readonly [name: string, value: string])[]): string {
  const [head, ...rows] = facts.filter(([, value]) => value !== '')
  if (head === undefined) return ''
  return renderTable(rows, {
    [head[0]]: ([name]) => `**${name}**`,
    [head[1]]: ([, value]) => value,
  })
}

/** A link; `text` is Markdown. `''` as address gives the text alone. */
export function renderLink(text: string, url: string): string {
  return url === '' ? text : `[${text}](${url})`
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Joins the first lines, as many as fit into one block, and counts the others below it. */
function joinWithin(lines: readonly string[], separator = '\n'): string {
  let size = 0
  const shown = lines.filter((line) => {
    size += Buffer.byteLength(line) + separator.length
    return size <= LARGEST_BLOCK
  })
  const more = lines.length - shown.length
  return shown.join(separator) + (more > 0 ? `\n\nAnd ${more} more.` : '')
}
