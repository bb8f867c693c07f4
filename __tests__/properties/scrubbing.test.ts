import { expect, test } from '@jest/globals'
import { SecretRegistry, showForeign } from '../../src/core/scrub.js'
import { fc } from '../support/fast-check.js'

/** This many consecutive letters and digits of a secret must not appear. */
const PIECE = 10

const body = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/)
const around = fc
  .array(fc.constantFrom('the', 'key', '{"detail":"', '"}', '<b>', 'of team', '\n', ' ', ': '))
  .map((words) => words.join(' '))

const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'in capitals': (secret) => secret.toUpperCase(),
  'in small letters': (secret) => secret.toLowerCase(),
  backwards: (secret) => [...secret].reverse().join(''),
  'percent-encoded': (secret) => secret.replaceAll('_', '%5F'),
  escaped: (secret) => secret.replaceAll('_', '\\u005f'),
  'spaced out': (secret) => [...secret].join(' '),
  'with dashes': (secret) => [...secret].join('-'),
}

function listPieces(secret: string): readonly string[] {
  const signs = secret.toLowerCase()
  return Array.from({ length: signs.length - PIECE + 1 }, (_, at) => signs.slice(at, at + PIECE))
}

/** Pieces of a secret that a text shows, forward or backward. */
function findPieces(text: string, secret: string): readonly string[] {
  const signs = text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const backwards = [...signs].reverse().join('')
  return listPieces(secret).filter((one) => signs.includes(one) || backwards.includes(one))
}

test.each(Object.entries(FORMS))('no secret survives in a text of others, %s', (_name, form) => {
  fc.assert(
    fc.property(
      body,
      around,
      around,
      fc.integer({ min: 10, max: 500 }),
      (secret, before, after, limit) => {
        const registry = new SecretRegistry()
        registry.add(`mg_${secret}`)
        const text = `${before} ${form(`mg_${secret}`)} ${after}`
        expect(findPieces(registry.scrubForeign(text), secret)).toEqual([])
        const shown = showForeign(text, limit, (foreign) => registry.scrubForeign(foreign))
        expect(findPieces(shown, secret)).toEqual([])
      },
    ),
  )
})

test('no secret survives in a text of our own, wherever it stands and whatever else is known', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(body, around), { minLength: 1, maxLength: 4 }), (parts) => {
      const registry = new SecretRegistry()
      // Halves are secrets too: removing one must not leave the rest of a longer one.
      for (const [secret] of parts) registry.add(`${secret}\n${secret.slice(0, PIECE)}`)
      const text = registry.scrub(parts.flat().join(''))
      for (const [secret] of parts) expect(text).not.toContain(secret)
    }),
  )
})
