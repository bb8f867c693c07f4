import { describe, expect, test } from '@jest/globals'
import { looksLikeKey, SecretRegistry, showForeign } from '../../src/core/scrub.js'

const KEY_LIKE = [
  ...['mg_fake0000', 'mg_fake.~+/=-_0000', 'sk_us_fake0000', 'sk_eu_fake0000', 'pk_us_fake0000'],
  ...['pk_eu_fake0000', 'ghp_fake0000', 'gho_fake0000', 'ghu_fake0000', 'ghs_fake0000'],
  ...['ghr_fake0000', 'github_pat_fake0000'],
]

const NOT_KEY_LIKE = ['', 'preview-42', 'mg_', 'mg_ab', 'msk_us', 'sk_fr_fake', 'omg_a', 'pat_x']

/** A key and a sealed value that are not registered. */
const UNKNOWN = 'mg_fake_Zq7RtB2xWm9LkP4sVd8HnC3j'
const BYTES = [...Buffer.from(UNKNOWN)]
const HEX = Buffer.from(UNKNOWN).toString('hex')
const SEALED = Buffer.from(Array.from({ length: 80 }, (_, index) => (index * 151 + 7) % 256))

function show(text: string): string {
  return showForeign(text, 1_000)
}

describe('a text that looks like a key', () => {
  test.each(KEY_LIKE)('%s', (text) => {
    expect(looksLikeKey(`before "${text}" after`)).toBe(true)
    expect(show(`a ${text}, "${text}" z`)).toBe('a ***, "***" z')
  })

  test.each(NOT_KEY_LIKE)('not %j', (text) => {
    expect(looksLikeKey(text)).toBe(false)
    expect(show(text)).toBe(text)
  })

  test.each(['%22', '\\n', 'user_'])('is hidden after %j', (before) => {
    expect(show(`${before}mg_fake0000`)).toBe(`${before}***`)
  })
})

describe('showForeign', () => {
  test.each([
    ['in capitals', UNKNOWN.toUpperCase()],
    ['in lower case', UNKNOWN.toLowerCase().replace('mg_', 'mg-')],
    ['backwards', [...UNKNOWN].reverse().join('')],
    ['in base32', 'NVTV6ZTBNNSV6WTRG5JHIQRSPBLW2OKMNNIDI42WMQ4EQ3SDGNVA===='],
    ['in hexadecimal', HEX],
    ['in spaced hexadecimal', (HEX.match(/../g) ?? []).join(' ')],
    ['in bytes', BYTES.join(', ')],
    ['in hexadecimal numbers', BYTES.map((byte) => `0x${byte.toString(16)}`).join(', ')],
    ['in code points', BYTES.map((byte) => `U+00${byte.toString(16)}`).join(' ')],
    ['in bits', BYTES.map((byte) => byte.toString(2).padStart(8, '0')).join(' ')],
    ['in base64', Buffer.from(UNKNOWN).toString('base64')],
    ['spaced out', [...UNKNOWN].join(' ')],
    ['dashed out', [...UNKNOWN].join('-')],
    ['percent-encoded', BYTES.map((byte) => `%${byte.toString(16)}`).join('')],
    ['in HTML entities', BYTES.map((byte) => `&#${byte};`).join('')],
    ['with an HTML entity', UNKNOWN.replaceAll('_', '&lowbar;').replace('mg', 'MG')],
    ['its last 16 characters', UNKNOWN.slice(-16)],
    ['a sealed value', SEALED.toString('base64')],
    ['a sealed value in base64url', SEALED.toString('base64url')],
  ])('hides an unknown key %s', (_what, form) => {
    expect(show(`a <${form}> z`)).toMatch(/^a <[-*]+> z$/)
  })

  test.each([
    'team_role_bindings.0.team_id: not a valid UUID',
    'the header X-Management-Key is missing',
    'no key 3f2b8c1e-5d47-4a90-9c6e-0b1d2e3f4a5b in /v1/org/3F2B8C1E-5D47-4A90-9C6E-0B1D2E3F4A5B/management_key',
    'secrets=write; organization_secrets=write,pull_requests=read',
    'see https://docs.github.com/rest/actions/secrets#create-or-update-an-environment-secret.',
    'getaddrinfo ENOTFOUND api-eu2.management.junction.com',
    'connect ECONNREFUSED 127.0.0.1:8080 (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
    'RequestValidationError at 2026-11-24T07:15:00Z, retry after 120 s, attempt 5/5',
    'it is up to you to set it, or not to',
  ])('leaves a message to be read: %s', (text) => {
    expect(show(text)).toBe(text)
  })

  test('renders one line that shows no token, known or not', () => {
    const scrub = (text: string) => text.replaceAll('a fake secret', '***')
    const text = 'No\n\u001b[31m\u202ea fake secret,\r\nnot Zq7RtB2xWm9LkP4s!'
    expect(showForeign(text, 100, scrub)).toBe('No [31m ***, not ***!')
  })

  test('leaves no part of a token where the text is cut', () => {
    for (let before = 380; before < 400; before += 1) {
      const text = `${'x '.repeat(before / 2)}Zq7RtB2xWm9LkP4s`
      expect(showForeign(text, 400)).not.toMatch(/[A-Z]/)
    }
  })

  test.each([0, 1, 8, 15])('nor at the end of what is read of a very long text (%d)', (more) => {
    const token = `${'Zq7RtB2xWm9LkP4s'.repeat(1_024).slice(more)}`
    expect(showForeign(`No ${token} ${token}`, 400)).toMatch(/^No (?:\*\*\* )?…$/)
    expect(showForeign('Zq7RtB2xWm9LkP4s'.repeat(600_000), 400)).toBe('…')
  })

  test('stays fast for adversarial text', () => {
    for (const piece of ['-', 'a-', 'a ', 'Aa']) {
      const text = piece.repeat(100_000)
      expect(showForeign(`${text}"${text}!`, 500_000).length).toBeLessThan(500_000)
    }
  })
})

describe('SecretRegistry', () => {
  const SECRET = 'mg_fa"ke+/&=\\ö 00-Words-Only'

  function registryOf(...secrets: readonly string[]): SecretRegistry {
    const registry = new SecretRegistry()
    for (const secret of secrets) registry.add(secret)
    return registry
  }

  test.each([
    [' fake-secret\t', ['fake-secret']],
    ['\n\n fake-first\n  \nfake-second\r\nab\rfake-first', ['fake-first', 'fake-second', 'ab']],
    [' \n ', []],
  ])('masks the lines of %j', (secret, lines) => {
    expect(new SecretRegistry().add(secret)).toEqual(lines)
  })

  test.each([
    [[SECRET], `a ${SECRET}${SECRET} z`, 'a ****** z'],
    [['one-fake\n  two-fake  \r\nthree-fake'], 'three-fake two-fake one-fake', '*** *** ***'],
    [['fake-secret', 'fake-secret-longer'], 'fake-secret-longer fake-secret', '*** ***'],
    [['fake-secret-longer', 'fake-secret'], 'fake-secret-longer fake-secret', '*** ***'],
    [['f.*e$&('], 'a f.*e$&( fake z', 'a *** fake z'],
    [['abc\nabcd'], 'abc abcd', 'abc ***'],
    [['', SECRET], 'mg_fa\nke', 'mg_fa\nke'],
  ])('knowing %j, turns %j into %j', (secrets, text, clean) => {
    expect(registryOf(...secrets).scrub(text)).toBe(clean)
  })

  test('leaves single words of a secret, and short pieces', () => {
    const text = 'fake, or words of an org_key, for mg_ only: 00'
    expect(registryOf('mg_fake_words_only_00', 'a-b-').scrubForeign(text)).toBe(text)
    expect(registryOf('mg_fake_words_only_00').scrubForeign('mg fake words')).toBe('***')
  })
})
