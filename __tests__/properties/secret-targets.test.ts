import { expect, test } from '@jest/globals'
import type { SecretDestination, SecretTarget } from '../../src/core/secret-target.js'
import { parseSecretTargets } from '../../src/inputs/secret-targets.js'
import { fc } from '../support/fast-check.js'

const DEFAULTS = { repository: 'fake-owner/fake-app', secretName: 'FAKE_KEY' }

const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,8}$/)
const repository = fc.tuple(word, word).map((parts) => parts.join('/'))
const app = fc.constantFrom('actions' as const, 'dependabot' as const, 'codespaces' as const)

const destination: fc.Arbitrary<SecretDestination> = fc.oneof(
  fc.record({ kind: fc.constant('repository' as const), repository, app }),
  fc.record({
    kind: fc.constant('environment' as const),
    repository,
    environment: fc.stringMatching(
      /^[A-Za-z0-9#/=_-]([A-Za-z0-9 #/=._"\\-]{0,12}[A-Za-z0-9#"\\])?$/,
    ),
  }),
  fc.record({
    kind: fc.constant('organization' as const),
    org: word,
    app,
    visibility: fc.constantFrom(undefined, 'all' as const, 'private' as const),
    repositories: fc.constant([]),
  }),
  fc.record({
    kind: fc.constant('organization' as const),
    org: word,
    app,
    visibility: fc.constant('selected' as const),
    repositories: fc.uniqueArray(word, { minLength: 1, selector: (name) => name.toLowerCase() }),
  }),
)

const target: fc.Arbitrary<SecretTarget> = fc.record({
  destination,
  name: fc.stringMatching(/^[A-F_][A-Z0-9_]{0,8}$/),
})

/** Formats a target for `secret_targets`. */
function print({ destination: place, name }: SecretTarget): string {
  const pairs: (readonly [string, string])[] =
    place.kind === 'organization'
      ? [
          ['org', place.org],
          ['app', place.app],
          ['visibility', place.visibility ?? ''],
          ['repos', place.repositories.join()],
        ]
      : [
          ['repo', place.repository],
          ...(place.kind === 'environment'
            ? [['env', place.environment] as const]
            : [['app', place.app] as const]),
        ]
  // The name first: after a comma at the end of a value, no other pair may follow.
  return [['name', name] as const, ...pairs]
    .filter(([, value]) => value !== '')
    .map(([pair, value]) =>
      /[ "]/.test(value) ? `${pair}="${value.replace(/["\\]/g, '\\$&')}"` : `${pair}=${value}`,
    )
    .join(' ')
}

/** Identifies a secret as GitHub does. */
function identify({ destination: place, name }: SecretTarget): string {
  const kept = place.kind === 'organization' ? { org: place.org, app: place.app } : place
  return JSON.stringify([kept, name]).toLowerCase()
}

test('reads every target that can be written', () => {
  fc.assert(
    fc.property(fc.uniqueArray(target, { minLength: 1, selector: identify }), (targets) => {
      const text = targets.map(print).join('\n')
      expect(parseSecretTargets(text, DEFAULTS)).toEqual({ targets, problems: [] })
    }),
  )
})

const piece = fc.constantFrom(
  ...[
    ...['repo', 'repo=', 'env=', 'org=', 'app=', 'name=', 'visibility=selected', 'repos=', 'a/b'],
    ...['a'],
  ],
  ...['"', '\\', ' ', ',', '=', '#', '\n', '\r', 'x y', '.', '..', '\u0000', '😀'],
)

test('reads any line completely or says what is wrong with it', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join('')
      const lines = text.split(/[\r\n]/).filter((line) => !/^\s*(?:#|$)/.test(line))
      const { targets, problems } = parseSecretTargets(text, DEFAULTS)
      const wrong = new Set(problems.map((problem) => problem.split(':')[0]))
      expect(targets.length + wrong.size).toBe(Math.max(lines.length, 1))
      const again = parseSecretTargets(targets.map(print).join('\n'), DEFAULTS)
      if (targets.length > 0) expect(again).toEqual({ targets, problems: [] })
      // No part of a valid line is ignored.
      if (problems.length > 0 || lines.length === 0) return
      const printed = targets.map(print).join(' ')
      const written = lines.join(' ').replaceAll(/"(?:\\.|[^"])*"/g, 'x')
      const missing = (written.match(/(?<=^|\s)[a-z]+=/g) ?? []).filter(
        (pair) => !printed.includes(pair),
      )
      expect(missing).toEqual([])
    }),
    { numRuns: 1_000 },
  )
})
