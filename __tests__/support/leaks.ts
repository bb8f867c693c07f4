import { expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import { isRecord } from '../../sandbox/shape.js'
import type { Sandbox } from '../../sandbox/types.js'

/** Names of outputs and variables that are meant to contain a key. */
const DELIVERIES = new Set(['key', 'JUNCTION_KEY'])

/** This many consecutive characters of a secret are a leak too. */
const PIECE = 12

/** The values that GitHub was sent, sealed. */
export function listSealed({ requests }: Sandbox): readonly string[] {
  return requests.flatMap(({ body }) =>
    isRecord(body) && 'encrypted_value' in body ? [String(body['encrypted_value'])] : [],
  )
}

/** Expects that runs show no secret of the sandbox and none of the others, in words that the runner accepts. */
export function expectNoLeaks(
  sandbox: Sandbox,
  runs: readonly RunResult[],
  others: readonly string[] = [],
): void {
  const { orgKey, githubToken, workflowToken } = sandbox
  const made = [...sandbox.keys().map(({ key }) => key), ...listSealed(sandbox)]
  const secrets = [orgKey, githubToken, workflowToken, ...made, ...others]
  expect(runs.flatMap((run) => findLeaks(run, secrets))).toEqual([])
  expect(runs.flatMap(({ problems }) => problems)).toEqual([])
}

/**
 * Finds where a run shows a secret, or a piece of one, outside its `add-mask` commands and its deliveries:
 * raw lines of both streams, state, summary, other outputs and variables. Must be empty.
 */
export function findLeaks(run: RunResult, secrets: readonly string[]): readonly string[] {
  const forms = secrets.flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ])
  const pieces = forms.flatMap(cutToPieces)
  return collectTexts(run)
    .filter(([, text]) => {
      const plain = undoEscapes(text)
      return pieces.some((piece) => text.includes(piece) || plain.includes(piece))
    })
    .map(([place, text]) => `${place}: ${text}`)
}

function cutToPieces(text: string): readonly string[] {
  const count = Math.max(1, text.length - PIECE + 1)
  return Array.from({ length: count }, (_, index) => text.slice(index, index + PIECE))
}

/** Undoes the toolkit's escapes: a key may contain a percent sign. */
function undoEscapes(line: string): string {
  return line.replaceAll('%0A', '\n').replaceAll('%25', '%')
}

function collectTexts(run: RunResult): readonly (readonly [place: string, text: string])[] {
  const others = Object.entries({ ...run.env, ...run.outputs }).filter(
    ([name]) => !DELIVERIES.has(name),
  )
  return [
    ...run.lines
      .filter((line) => !line.startsWith('::add-mask::'))
      .map((line) => ['log', line] as const),
    ...run.annotations.map(({ message }) => ['annotation', message] as const),
    ...Object.entries(run.state),
    ...others,
    ['path', run.path.join('\n')],
    ['summary', run.rawSummary],
  ]
}
