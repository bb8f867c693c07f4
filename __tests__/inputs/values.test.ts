import { describe, expect, test } from '@jest/globals'
import {
  parseAge,
  parseBaseUrl,
  parseBoolean,
  parseChoice,
  parseEnvName,
  parseLabel,
  parseOrgKey,
  parseTimeout,
  parseUuid,
  parseUuidList,
  parseWholeNumber,
  quoteValue,
} from '../../src/inputs/values.js'

const FIRST = '00000000-0000-4000-8000-00000000000a'
const SECOND = '00000000-0000-4000-8000-00000000000b'
const FAKE_KEY = 'mg_fake_org_key_0000'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A problem that contains this text. */
function refused(...words: readonly string[]) {
  const escaped = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return { problem: expect.stringMatching(new RegExp(escaped.join('.*'))) }
}

describe('quoteValue', () => {
  test('quotes a value on one line', () => {
    expect(quoteValue('two\r\nlines')).toBe('"two lines"')
  })

  test('cuts a long value at 80 characters', () => {
    expect(quoteValue('x'.repeat(80))).toBe(`"${'x'.repeat(80)}"`)
    expect(quoteValue('x'.repeat(81))).toBe(`"${'x'.repeat(79)}…"`)
  })

  test.each([
    FAKE_KEY,
    'sk_eu_fake0000',
    'pk_us_fake0000',
    'ghp_fake0000',
    'github_pat_fake0000',
    `"${FAKE_KEY}"`,
    `key=${FAKE_KEY}`,
  ])('does not show %s', (text) => {
    expect(quoteValue(text)).toBe('a value that looks like a key (not shown)')
  })
})

describe('parseUuid', () => {
  test.each([
    [FIRST, FIRST],
    [FIRST.toUpperCase(), FIRST],
    [` \t${FIRST}\n`, FIRST],
    ['FFFFFFFF-ffff-FFFF-ffff-FFFFFFFFFFFF', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ])('reads %j', (text, value) => {
    expect(parseUuid(text)).toEqual({ value })
  })

  test.each(['', '  ', '\n'])('calls %j empty', (text) => {
    expect(parseUuid(text)).toEqual(refused('is empty', 'enter a UUID'))
  })

  test.each([
    'fake-organization',
    `${FIRST}0`,
    FIRST.replaceAll('-', ''),
    FIRST.replace('a', 'g'),
    `{${FIRST}}`,
    `${FIRST}\n${SECOND}`,
    `${FIRST}/..`,
    FIRST.replaceAll('0', '٠'),
  ])('refuses %j', (text) => {
    expect(parseUuid(text)).toEqual(refused('is not a UUID', 'enter one such as'))
  })

  test('quotes what it refuses', () => {
    expect(parseUuid(' fake-organization ')).toEqual(refused('"fake-organization" is not a UUID'))
  })

  test('does not quote a key', () => {
    expect(parseUuid(FAKE_KEY)).toEqual(refused('a value that looks like a key (not shown) is not'))
  })
})

describe('parseUuidList', () => {
  test.each([
    ['one', FIRST, [FIRST]],
    ['commas and spaces', ` ${FIRST} , ${SECOND} `, [FIRST, SECOND]],
    ['old line breaks', `${FIRST}\r${SECOND}`, [FIRST, SECOND]],
    ['both', `${FIRST},\n${SECOND}`, [FIRST, SECOND]],
    ['blank entries', `,${FIRST},, \n\n\t\n,${SECOND},`, [FIRST, SECOND]],
    ['the order as written', `${SECOND},${FIRST}`, [SECOND, FIRST]],
    ['duplicates in another case', `${FIRST.toUpperCase()}\n${FIRST}`, [FIRST]],
  ])('reads %s', (_what, text, value) => {
    expect(parseUuidList(text)).toEqual({ value })
  })

  test.each(['', ' ', ',', ' ,\n, \r\n'])('calls %j empty', (text) => {
    expect(parseUuidList(text)).toEqual(refused('is empty', 'enter a UUID'))
  })

  test.each([`${FIRST} ${SECOND}`, `${FIRST};${SECOND}`, `["${FIRST}"]`, `- ${FIRST}`])(
    'knows no other separator: %j',
    (text) => {
      expect(parseUuidList(text)).toEqual(refused('is not a UUID', 'commas or line breaks'))
    },
  )

  test('names only the wrong one', () => {
    expect(parseUuidList(`${FIRST},fake-team`)).toEqual({
      problem: expect.stringMatching(/^"fake-team" is not a UUID; enter UUIDs such as /),
    })
  })

  test('names all that are wrong', () => {
    expect(parseUuidList(`fake-a,${FIRST}\nfake-b, ${FAKE_KEY}`)).toEqual({
      problem: expect.stringMatching(
        /^"fake-a", "fake-b" and a value that looks like a key \(not shown\) are not UUIDs; /,
      ),
    })
  })
})

describe('parseOrgKey', () => {
  test.each([
    [FAKE_KEY, FAKE_KEY],
    [` \t${FAKE_KEY}\r\n`, FAKE_KEY],
    ['mg_fake.~+/=-', 'mg_fake.~+/=-'],
  ])('reads %j without the white space around it', (text, value) => {
    expect(parseOrgKey(text)).toEqual({ value })
  })

  test.each(['', ' ', '\r\n'])('calls %j empty and says what to enter', (text) => {
    expect(parseOrgKey(text)).toEqual(refused('is empty', `\${{ secrets.NAME }}`))
  })

  test.each(['sk_us_', 'sk_eu_', 'pk_us_', 'pk_eu_'])('refuses a Team API Key %s…', (prefix) => {
    const parsed = parseOrgKey(`\n${prefix}fake0000`)
    expect(parsed).toEqual(refused('is a Team API Key', 'Org Management Key (mg_…)'))
    expect(JSON.stringify(parsed)).not.toContain('fake0000')
  })

  test.each([
    ['a line break', `mg_fake\n${FAKE_KEY}`, 'U+000A'],
    ['a tab', 'mg_fake\t0000', 'U+0009'],
    ['a DEL', 'mg_fake0000\u007f', 'U+007F'],
    ['a C1 control', 'mg_fake0000\u0085', 'U+0085'],
  ])('refuses %s inside and does not quote the key', (_what, text, code) => {
    const parsed = parseOrgKey(text)
    expect(parsed).toEqual(refused('contains a control character or line break', code, 'store'))
    expect(JSON.stringify(parsed)).not.toContain('fake')
  })

  test.each([
    'mg_',
    'MG_fake0000',
    'xmg_fake0000',
    'sk_fake0000',
    'mg_fake 0000',
    'mg_fäke0000',
    'Bearer mg_fake0000',
  ])('refuses %j and does not quote it', (text) => {
    const parsed = parseOrgKey(text)
    expect(parsed).toEqual(
      refused('is not a valid Management Key', 'begins with mg_', 'enter an Org'),
    )
    expect(JSON.stringify(parsed)).not.toMatch(/f[aä]ke/)
  })
})

describe('parseLabel', () => {
  test.each([
    'preview-42',
    '  two leading and trailing spaces  ',
    'Schlüssel 鍵 🔑 \u202e',
    '%0A %0D %25',
    '::error::fake',
    `$(fake) \${FAKE} ; && | <b>`,
    'x'.repeat(5000),
    '\u00a0.',
  ])('keeps %j exactly', (text) => {
    expect(parseLabel(text)).toEqual({ value: text })
  })

  test.each(['', ' ', '\t\n'])('calls %j empty', (text) => {
    expect(parseLabel(text)).toEqual(refused('is empty', 'enter a label'))
  })

  test.each([
    ['preview\n', 'U+000A'],
    ['pre\rview', 'U+000D'],
    ['\u0000preview', 'U+0000'],
    ['preview\u001b[31m', 'U+001B'],
    ['preview\u0085', 'U+0085'],
    ['pre\u2029view', 'U+2029'],
  ])('refuses %j, naming %s', (text, code) => {
    expect(parseLabel(text)).toEqual(refused('contains a line break or control', code, 'enter one'))
  })
})

describe('parseChoice', () => {
  const parse = parseChoice(['create', 'replace', 'fail'])

  test.each(['create', 'replace', ' fail\n'])('reads %j', (text) => {
    expect(parse(text)).toEqual({ value: text.trim() })
  })

  test.each(['Create', 'creat', 'create,fail', '', 'constructor'])('refuses %j', (text) => {
    expect(parse(text)).toEqual({
      problem: `"${text}" is not a valid value; enter create, replace or fail`,
    })
  })

  test('does not quote a key', () => {
    expect(parse(FAKE_KEY)).toEqual(refused('(not shown) is not a valid value'))
  })
})

describe('parseBoolean', () => {
  test.each([
    ['true', true],
    ['TRUE', true],
    [' true\n', true],
    ['FALSE', false],
    ['\tfalse ', false],
  ])('reads %j', (text, value) => {
    expect(parseBoolean(text)).toEqual({ value })
  })

  test.each([
    ...['yes', 'no', 'on', 'off', 'y', 'n', '1', '0', 'tRue', 'tRUE', 'fALSE', 't', 'null', '~'],
    ...['true false', 'true\nfalse', '"true"', 'truee', 'untrue', ''],
  ])('refuses %j', (text) => {
    expect(parseBoolean(text)).toEqual(refused('is not a boolean; enter true or false'))
  })

  test('quotes what it refuses, but never a key', () => {
    expect(parseBoolean('yes')).toEqual(refused('"yes" is'))
    expect(parseBoolean(FAKE_KEY)).toEqual(refused('(not shown) is'))
  })
})

describe('parseAge', () => {
  test.each([
    ['90m', 90 * MINUTE],
    ['12h', 12 * HOUR],
    ['7d', 7 * DAY],
    [' 7d\n', 7 * DAY],
    ['007d', 7 * DAY],
    ['999999d', 999_999 * DAY],
  ])('%j is %d ms', (text, milliseconds) => {
    expect(parseAge(text)).toEqual({ value: milliseconds })
  })

  test.each([
    ...['', '0d', '7', 'd', '7D', '7 d', '-7d', '1.5h', '1e3m', '1h30m', '7s', '７d', '1000000d'],
    ...['7d 1h', 'constructor'],
  ])('%j is none', (text) => {
    expect(parseAge(text)).toEqual(refused('is not a valid age; enter a number with m, h or d'))
  })
})

describe('whole numbers', () => {
  const NOT_WHOLE = ['', '-1', '+1', '1.5', '1.0', '1e2', '0x10', '1_0', '1 0', '٣', 'few', 'NaN']

  test.each([
    ['3', 3],
    ['7', 7],
    [' 5\n', 5],
  ])('parseWholeNumber(3, 7) reads %j', (text, value) => {
    expect(parseWholeNumber(3, 7)(text)).toEqual({ value })
  })

  test.each(['2', '8', '99999999999999999999', ...NOT_WHOLE])(
    'parseWholeNumber(3, 7) refuses %j',
    (text) => {
      expect(parseWholeNumber(3, 7)(text)).toEqual({
        problem: `"${text}" is not a whole number from 3 to 7`,
      })
    },
  )

  test.each([
    ['1', 1_000],
    ['30', 30_000],
    [' 600 ', 600_000],
  ])('timeout_seconds %j becomes milliseconds', (text, value) => {
    expect(parseTimeout(text)).toEqual({ value })
  })

  test.each(['0', '601', '30s', ...NOT_WHOLE])('timeout_seconds may not be %j', (text) => {
    expect(parseTimeout(text)).toEqual(refused('is not a whole number from 1 to 600'))
  })

  test('a key is not quoted', () => {
    expect(parseTimeout(FAKE_KEY)).toEqual(refused('(not shown) is not a whole number'))
  })
})

const parseUrl = parseBaseUrl('https://api.tryvital.io/management')

describe('parseBaseUrl', () => {
  test.each([
    ['https://api.tryvital.io/management', 'https://api.tryvital.io/management'],
    ['https://api.management.junction.com', 'https://api.management.junction.com'],
    ['https://fake.example///', 'https://fake.example'],
    ['https://fake.example/a/b//', 'https://fake.example/a/b'],
    ['https://fake.example:443/a', 'https://fake.example/a'],
    ['HTTPS://FAKE.example/CaSe', 'https://fake.example/CaSe'],
    ['https://[2001:db8::1]/a/', 'https://[2001:db8::1]/a'],
    ['https://fake.example/a@b', 'https://fake.example/a@b'],
  ])('reads %j', (text, value) => {
    expect(parseUrl(text)).toEqual({ value })
  })

  describe('when it is http', () => {
    test.each([
      ['http://LOCALHOST:3000/', 'http://localhost:3000'],
      ['http://127.0.0.1:8080/management/', 'http://127.0.0.1:8080/management'],
      ['http://[::1]:1/x/', 'http://[::1]:1/x'],
      ['http://0x7f.1', 'http://127.0.0.1'],
    ])('accepts the loopback address %s', (text, value) => {
      expect(parseUrl(text)).toEqual({ value })
    })

    test.each([
      'http://api.tryvital.io/management',
      'http://localhost.evil.example',
      'http://evil.example/localhost',
      'http://127.0.0.1.evil.example',
      'http://evil127.0.0.1.example',
      'http://128.0.0.1',
      'http://0.0.0.0',
      'http://[::]',
      'http://ｌocalhost.evil.example',
      'ftp://localhost/',
      'javascript:fake',
    ])('refuses %s', (text) => {
      expect(parseUrl(text)).toEqual(refused('would send the key unencrypted', 'https://'))
    })

    test('does not quote a key in the path', () => {
      expect(parseUrl(`http://evil.example/${FAKE_KEY}`)).toEqual(refused('(not shown)'))
    })
  })

  describe('when it cannot be a base URL', () => {
    test.each([
      '',
      'fake.example',
      'https://',
      'https://fake example',
      'https://fake.example\\evil',
      'https://fake.example/\u0000',
      'https://fake.example:99999',
      'https://fake-user:fake-pass',
    ])('refuses %j without quoting it', (text) => {
      expect(parseUrl(text)).toEqual({
        problem: 'is not a valid URL; enter a URL such as https://api.tryvital.io/management',
      })
    })

    test.each([
      'https://fake-user:fake-pass@fake.example',
      'https://:fake-pass@fake.example',
      'http://127.0.0.1:fake-pass@evil.example',
    ])('refuses the user name or password in %s without quoting it', (text) => {
      const parsed = parseUrl(text)
      expect(parsed).toEqual(refused('contains a user name or password', 'https://'))
      expect(JSON.stringify(parsed)).not.toMatch(/fake|evil/)
    })

    test.each([
      `https://fake.example/?key=${FAKE_KEY}`,
      'https://fake.example/x#',
      'https://fake.example/x#part',
    ])('refuses the query or fragment in %s without quoting it', (text) => {
      const parsed = parseUrl(text)
      expect(parsed).toEqual(refused('contains a query or fragment', 'enter a URL'))
      expect(JSON.stringify(parsed)).not.toContain('fake')
    })
  })
})

describe('parseEnvName', () => {
  test.each([
    ...['JUNCTION_MANAGEMENT_KEY', '_k9', 'GITHUB', 'RUNNERS_KEY', 'MY_GITHUB_KEY', 'PATH_KEY'],
  ])('reads %s', (text) => {
    expect(parseEnvName(` ${text}\n`)).toEqual({ value: text })
  })

  test.each([...['9KEY', 'MY-KEY', 'MY KEY', 'KEY=1', 'SCHLÜSSEL', 'A\nB', '$KEY']])(
    'refuses %j, which is not a name',
    (text) => {
      expect(parseEnvName(text)).toEqual(
        refused('is not a valid name for an environment variable', 'enter a name such as'),
      )
    },
  )

  test.each([
    ...['GITHUB_TOKEN', 'GITHUB_', 'github_env', 'RUNNER_TEMP', 'Runner_x', 'INPUT_ORG_KEY'],
    ...['STATE_TRANSACTION', 'ACTIONS_RUNTIME_TOKEN', 'PATH', 'Path', 'NODE_OPTIONS'],
  ])('refuses %s, which is reserved', (text) => {
    expect(parseEnvName(text)).toEqual({
      problem: `"${text}" is reserved for GitHub, its runner or Node.js; enter a name such as JUNCTION_MANAGEMENT_KEY`,
    })
  })

  test('does not quote a key', () => {
    expect(parseEnvName(`${FAKE_KEY}+`)).toEqual(refused('(not shown) is not a valid name'))
  })

  test.each([FAKE_KEY, 'ghp_fake0000', 'sk_us_fake0000'])(
    'refuses %s, a key that would do as a name, and does not quote it',
    (text) => {
      const parsed = parseEnvName(text)
      expect(parsed).toEqual(refused('is a key, not the name', 'enter a name such as'))
      expect(JSON.stringify(parsed)).not.toContain('fake')
    },
  )
})
