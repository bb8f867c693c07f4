import { describe, expect, test } from '@jest/globals'
import { hideKeyLike, looksLikeKey, SecretRegistry } from '../../src/core/secrets.js'

const KEY_LIKE = [
  'mg_fake0000',
  'sk_us_fake0000',
  'sk_eu_fake0000',
  'pk_us_fake0000',
  'pk_eu_fake0000',
  'ghp_fake0000',
  'gho_fake0000',
  'ghu_fake0000',
  'ghs_fake0000',
  'ghr_fake0000',
  'github_pat_fake0000',
  'mg_fake.~+/=-_0000',
]

/** A key goes on where a word before it ends, which may be an escape or an encoded sign. */
const HIDDEN_KEYS = ['%22mg_fake0000', '\\nmg_fake0000', 'user_mg_fake0000']

const NOT_KEY_LIKE = ['', 'preview-42', 'mg_', 'mg_ab', 'msk_us', 'sk_fr_fake', 'omg_a', 'pat_x']

describe('looksLikeKey', () => {
  test.each(KEY_LIKE)('says yes to %s', (text) => {
    expect(looksLikeKey(text)).toBe(true)
    expect(looksLikeKey(`before "${text}" after`)).toBe(true)
  })

  test.each(NOT_KEY_LIKE)('says no to %j', (text) => {
    expect(looksLikeKey(text)).toBe(false)
  })

  test('says the same every time', () => {
    expect([1, 2, 3].map(() => looksLikeKey('x mg_fake0000'))).toEqual([true, true, true])
  })
})

describe('hideKeyLike', () => {
  test.each(HIDDEN_KEYS)('hides the key in %j', (text) => {
    expect(hideKeyLike(text)).toBe(text.replace('mg_fake0000', '***'))
  })

  test.each(KEY_LIKE)('hides every %s', (text) => {
    expect(hideKeyLike(`a ${text}, "${text}" z`)).toBe('a ***, "***" z')
  })

  test.each(NOT_KEY_LIKE)('leaves %j alone', (text) => {
    expect(hideKeyLike(text)).toBe(text)
  })
})

describe('SecretRegistry', () => {
  function registryOf(...secrets: readonly string[]): SecretRegistry {
    const registry = new SecretRegistry()
    for (const secret of secrets) registry.add(secret)
    return registry
  }

  describe('when a secret is added', () => {
    test.each([
      ['one line', 'fake-secret', ['fake-secret']],
      ['white space around it', ' fake-secret\t', ['fake-secret']],
      [
        'several lines',
        'fake-first\nfake-second\r\nfake-third\r',
        ['fake-first', 'fake-second', 'fake-third'],
      ],
      ['blank lines', '\n\n fake-first\n  \n', ['fake-first']],
      ['the same line twice', 'fake-first\nfake-first', ['fake-first']],
      ['a short line', 'fake-first\nab', ['fake-first', 'ab']],
      ['nothing', '', []],
      ['white space', ' \n ', []],
    ])('returns the lines to mask: %s', (_what, secret, lines) => {
      expect(new SecretRegistry().add(secret)).toEqual(lines)
    })
  })

  describe('when a text is scrubbed', () => {
    const SECRET = 'mg_fa"ke+/&=\\ö 00'

    test.each([
      ['as it is', SECRET],
      ['percent-encoded', encodeURIComponent(SECRET)],
      ['inside JSON', JSON.stringify({ key: SECRET }).slice('{"key":"'.length, -'"}'.length)],
      ['in base64', Buffer.from(SECRET).toString('base64')],
    ])('takes it out %s', (_what, form) => {
      expect(registryOf(SECRET).scrub(`a ${form}${form} z`)).toBe('a ****** z')
    })

    test.each([
      ['lower case', Buffer.from(SECRET).toString('hex')],
      ['capitals', Buffer.from(SECRET).toString('hex').toUpperCase()],
    ])('takes it out in hexadecimal, in %s', (_what, form) => {
      expect(registryOf(SECRET).scrub(`a ${form} z`)).toBe('a *** z')
    })

    /** As in an Authorization header, where a user's name stands before the secret. */
    test.each(
      (['base64', 'base64url'] as const).flatMap((encoding) =>
        ['', 'x', 'xy', 'xyz', 'user:'].map((before) => [encoding, before] as const),
      ),
    )('takes it out of the %s of a longer text, %j before it', (encoding, before) => {
      // Both encodings use their own two signs here.
      const secret = 'mg_fake~~~???>>>0000'
      const form = Buffer.from(`${before}${secret}:after`).toString(encoding)
      const clean = registryOf(secret).scrub(form)
      const left = Buffer.from(clean.replace('***', ''), encoding).toString('latin1')
      expect(clean).toContain('***')
      expect(left).not.toMatch(/mg_|fake|~~|\?\?|>>|00/)
    })

    test('takes out every line of a secret by itself', () => {
      const registry = registryOf('fake-first\n  fake-second  \r\nfake-third')
      expect(registry.scrub('a fake-third b fake-second c fake-first d')).toBe(
        'a *** b *** c *** d',
      )
    })

    test.each([
      ['shorter first', ['fake-secret', 'fake-secret-longer']],
      ['longer first', ['fake-secret-longer', 'fake-secret']],
    ])('leaves no end of a longer one: %s', (_what, secrets) => {
      expect(registryOf(...secrets).scrub('a fake-secret-longer fake-secret z')).toBe('a *** *** z')
    })

    test('takes out all secrets ever added', () => {
      const registry = registryOf('fake-first', 'fake-second')
      registry.add('fake-third')
      expect(registry.scrub('fake-first fake-second fake-third')).toBe('*** *** ***')
    })

    test('takes a secret by the letter, not as a pattern', () => {
      const registry = registryOf('f.*e$&(')
      expect(registry.scrub('a f.*e$&( fake z')).toBe('a *** fake z')
    })

    test('does not take scraps for secrets', () => {
      const registry = registryOf('abc\nabcd')
      expect(registry.scrub('abc abcd')).toBe('abc ***')
      expect(registryOf('').scrub('any text')).toBe('any text')
    })

    test('leaves other text alone', () => {
      expect(registryOf(SECRET).scrub('mg_fa\nke')).toBe('mg_fa\nke')
    })
  })
})
