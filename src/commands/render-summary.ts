import {
  renderCell,
  renderCode,
  renderItems,
  renderLink,
  renderQuote,
  renderTable,
} from '../core/markdown.js'
import { toOneLine } from '../core/plain-text.js'
import type { SecretDestination, SecretTarget } from '../core/secret-target.js'
import type { RunContext } from '../runner/runner.js'
import { groupFailures, type JudgedKey } from '../transaction/revoke-all.js'

/** How a step went: all well, worth a look, or failed. */
export type Mark = 'done' | 'attention' | 'failed'

const SIGNS: Readonly<Record<Mark, string>> = { done: '✅', attention: '⚠️', failed: '❌' }

/** A job summary: one sentence behind a mark, then blocks of Markdown; empty ones are left out. */
export function renderSummary(mark: Mark, title: string, blocks: readonly string[]): string {
  const shown = [`### ${SIGNS[mark]} ${title}`, ...blocks.filter((block) => block !== '')]
  return `${shown.join('\n\n')}\n\n`
}

/** Characters of one line of a message that a summary shows; the annotation has all of it. */
const LONGEST_LINE = 10_000

/** Why something failed, each line of the message by itself. */
export function renderReason(message: string): string {
  const lines = message.split('\n').map((line) => line.replace(/^- /, ''))
  return renderQuote(lines.map((line) => renderCode(toOneLine(line, LONGEST_LINE))))
}

/** Why keys may still be active, a line for each reason; `''` when there are none. */
export function renderFailedKeys(keys: readonly JudgedKey[]): string {
  return renderItems(
    groupFailures(keys).map(({ reason, ids }) => {
      const subject = ids.length === 1 ? renderCode(ids.join()) : `${ids.length} keys`
      return `${subject} may still be active: ${renderCode(reason)}`
    }),
  )
}

/** What to do next, an item a line; `''` when there is nothing to do. */
export function renderNext(items: readonly string[]): string {
  return items.length === 0 ? '' : `**Next**\n\n${renderItems(items)}`
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
  /** Markdown. */
  readonly status: string
}

/** A table of keys; `''` without any. */
export function renderKeys(head: string, keys: readonly KeyRow[]): string {
  return renderTable(
    [head, 'Status'],
    keys.map(({ id, status }) => [renderCell(id), status]),
  )
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
  // GitHub does not document where the settings of agents are.
  const url = app === 'agents' ? '' : `${serverUrl}/${settings}/settings/secrets/${app}`
  return renderLink(name, url) + (app === 'actions' ? '' : ` (${renderCell(`app=${app}`)})`)
}
