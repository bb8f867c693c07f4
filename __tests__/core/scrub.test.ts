import { describe, expect, test } from '@jest/globals'
import { hideTokens, looksLikeKey, SecretRegistry, showForeign } from '../../src/core/scrub.js'

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

/** A key may follow a word, an escape or an encoded character. */
const HIDDEN_KEYS = ['%22mg_fake0000', '\\nmg_fake0000', 'user_mg_fake0000']

const NOT_KEY_LIKE = ['', 'preview-42', 'mg_', 'mg_ab', 'msk_us', 'sk_fr_fake', 'omg_a', 'pat_x']

describe('looksLikeKey', () => {
  test.each(KEY_LIKE)('accepts %s', (text) => {
    expect(looksLikeKey(text)).toBe(true)
    expect(looksLikeKey(`before "${text}" after`)).toBe(true)
  })

  test.each(NOT_KEY_LIKE)('rejects %j', (text) => {
    expect(looksLikeKey(text)).toBe(false)
  })

  test('returns the same result every time', () => {
    expect([1, 2, 3].map(() => looksLikeKey('x mg_fake0000'))).toEqual([true, true, true])
  })
})

describe('hideTokens', () => {
  test.each(HIDDEN_KEYS)('hides the key in %j', (text) => {
    expect(hideTokens(text)).toBe(text.replace('mg_fake0000', '***'))
  })

  test.each(KEY_LIKE)('hides every %s', (text) => {
    expect(hideTokens(`a ${text}, "${text}" z`)).toBe('a ***, "***" z')
  })

  test.each(NOT_KEY_LIKE)('leaves %j alone', (text) => {
    expect(hideTokens(text)).toBe(text)
  })
})

/** A key and a sealed value that are not registered. */
const UNKNOWN = 'mg_fake_Zq7RtB2xWm9LkP4sVd8HnC3j'
const SEALED = Buffer.from(Array.from({ length: 80 }, (_, index) => (index * 151 + 7) % 256))

describe('hideTokens, however a service encodes a key', () => {
  test.each([
    ['in capitals', UNKNOWN.toUpperCase()],
    ['in lower case', UNKNOWN.toLowerCase().replace('mg_', 'mg-')],
    ['backwards', [...UNKNOWN].reverse().join('')],
    ['in base32', 'NVTV6ZTBNNSV6WTRG5JHIQRSPBLW2OKMNNIDI42WMQ4EQ3SDGNVA===='],
    ['in base32 without padding', 'NVTV6ZTBNNSV6WTRG5JHIQRSPBLW2OKMNNIDI42WMQ4EQ3SDGNVA'],
    ['in hexadecimal', Buffer.from(UNKNOWN).toString('hex')],
    ['in capital hexadecimal', Buffer.from(UNKNOWN).toString('hex').toUpperCase()],
    ['in spaced hexadecimal', (Buffer.from(UNKNOWN).toString('hex').match(/../g) ?? []).join(' ')],
    ['in bytes', [...Buffer.from(UNKNOWN)].join(', ')],
    [
      'in hexadecimal numbers',
      [...Buffer.from(UNKNOWN)].map((byte) => `0x${byte.toString(16)}`).join(', '),
    ],
    [
      'in code points',
      [...UNKNOWN].map((sign) => `U+00${sign.charCodeAt(0).toString(16)}`).join(' '),
    ],
    [
      'in bits',
      [...Buffer.from(UNKNOWN)].map((byte) => byte.toString(2).padStart(8, '0')).join(' '),
    ],
    ['in base64', Buffer.from(UNKNOWN).toString('base64')],
    ['spaced out', [...UNKNOWN].join(' ')],
    ['dashed out', [...UNKNOWN].join('-')],
    ['percent-encoded', UNKNOWN.replace(/./g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)],
    ['in HTML entities', UNKNOWN.replace(/./g, (sign) => `&#${sign.charCodeAt(0)};`)],
    ['with an HTML entity', UNKNOWN.replaceAll('_', '&lowbar;').replace('mg', 'MG')],
    ['its last 16 characters', UNKNOWN.slice(-16)],
    ['a sealed value', SEALED.toString('base64')],
    ['a sealed value without padding', SEALED.toString('base64').replaceAll('=', '')],
    ['a sealed value in base64url', SEALED.toString('base64url')],
  ])('hides it %s', (_what, form) => {
    expect(hideTokens(`a <${form}> z`)).toMatch(/^a <[-*]+> z$/)
  })

  test.each([
    'Field required',
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
    expect(hideTokens(text)).toBe(text)
  })

  test('stays fast for adversarial text', () => {
    const texts = [
      '-'.repeat(200_000),
      'a-'.repeat(100_000),
      'a '.repeat(100_000),
      'Aa'.repeat(100_000),
    ]
    for (const text of texts) expect(hideTokens(`${text}"${text}!`).length).toBeLessThan(500_000)
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

    test('removes it as it is', () => {
      expect(registryOf(SECRET).scrub(`a ${SECRET}${SECRET} z`)).toBe('a ****** z')
    })

    test('removes every line of a secret by itself', () => {
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

    test('removes all secrets ever added', () => {
      const registry = registryOf('fake-first', 'fake-second')
      registry.add('fake-third')
      expect(registry.scrub('fake-first fake-second fake-third')).toBe('*** *** ***')
    })

    test('matches a secret literally, not as a pattern', () => {
      const registry = registryOf('f.*e$&(')
      expect(registry.scrub('a f.*e$&( fake z')).toBe('a *** fake z')
    })

    test('ignores very short secrets', () => {
      const registry = registryOf('abc\nabcd')
      expect(registry.scrub('abc abcd')).toBe('abc ***')
      expect(registryOf('').scrub('any text')).toBe('any text')
    })

    test('leaves other text alone', () => {
      expect(registryOf(SECRET).scrub('mg_fa\nke')).toBe('mg_fa\nke')
    })
  })

  describe('when outside text is scrubbed', () => {
    const SECRET = 'mg_fa"ke+/&=\\ö 00-Words-Only'

    test.each([
      ['as it is', SECRET],
      ['in capitals', SECRET.toUpperCase()],
      ['percent-encoded', encodeURIComponent(SECRET)],
      ['inside JSON', JSON.stringify(SECRET).slice(1, -1)],
      ['backwards', [...SECRET].reverse().join('')],
      ['spaced out', [...SECRET].join(' ')],
      ['over several lines', [...SECRET].join('\n')],
      ['its end', SECRET.slice(-12)],
    ])('shows no piece of it %s', (_what, form) => {
      const clean = registryOf('mg_another_fake', SECRET).scrubForeign(`a <${form}> z`)
      expect(clean).toBe(form === SECRET ? 'a <***> z' : '***')
    })

    test('replaces a whole secret alone, and the whole text where a piece is left', () => {
      const registry = registryOf('mg_fake_words_only_00')
      expect(registry.scrubForeign('say mg_fake_words_only_00 again')).toBe('say *** again')
      expect(registry.scrubForeign('say “mg fake-words, ONLY 00” again')).toBe('***')
      expect(registry.scrubForeign('mg_fake_words_only_00 is mg fake words')).toBe('***')
    })

    test('leaves single words of a secret, and short pieces', () => {
      const text = 'fake, or words of an org_key, for mg_ only: 00'
      expect(registryOf('mg_fake_words_only_00', 'a-b-').scrubForeign(text)).toBe(text)
      expect(registryOf().scrubForeign(text)).toBe(text)
    })
  })
})

describe('showForeign', () => {
  test('renders one line that shows no token, known or not', () => {
    const scrub = (text: string) => text.replaceAll('a fake secret', '***')
    const text = 'No\n\u001b[31m\u202ea fake secret,\r\nnot Zq7RtB2xWm9LkP4s!'
    expect(showForeign(text, 100, scrub)).toBe('No [31m ***, not ***!')
  })

  test.each(Array.from({ length: 20 }, (_, index) => 380 + index))(
    'leaves no part of a token where the text is cut (%d)',
    (offset) => {
      const text = `${'x '.repeat(offset / 2)}Zq7RtB2xWm9LkP4s`
      expect(showForeign(text, 400)).not.toMatch(/[A-Z]/)
    },
  )

  test.each([0, 1, 8, 15])('nor at the end of what is read of a very long text (%d)', (more) => {
    const token = `${'Zq7RtB2xWm9LkP4s'.repeat(1_024).slice(more)}`
    expect(showForeign(`No ${token} ${token}`, 400)).toMatch(/^No (?:\*\*\* )?…$/)
    expect(showForeign('Zq7RtB2xWm9LkP4s'.repeat(600_000), 400)).toBe('…')
  })
})
