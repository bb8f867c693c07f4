import { describe, expect, test } from '@jest/globals'
import * as values from '../../src/inputs/values.js'
import { catchProblems } from '../support/inputs.js'

const FIRST = '00000000-0000-4000-8000-00000000000a'
const SECOND = '00000000-0000-4000-8000-00000000000b'
const FAKE_KEY = 'mg_fake_org_key_0000'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const URL_EXAMPLE = 'enter a URL such as https://api.example/v'
const parseUrl = values.parseBaseUrl('https://api.example/v')
const parseWord = values.parseChoice(['create', 'replace', 'fail'])
const parseSmall = values.parseWholeNumber(3, 7)

const NOT_WHOLE = ['', '-1', '+1', '1.5', '1e2', '0x10', '1_0', '1 0', '٣', 'NaN']

/** A parser, texts with their values, and what it says of other texts. */
interface Row {
  readonly parse: values.Parser<unknown>
  readonly read: readonly (readonly [text: string, value: unknown])[]
  readonly refused: Readonly<Record<string, readonly string[]>>
}

const PARSERS: Readonly<Record<string, Row>> = {
  parseUuid: {
    parse: values.parseUuid,
    read: [
      [FIRST, FIRST],
      [` \t${FIRST.toUpperCase()}\n`, FIRST],
    ],
    refused: {
      'is empty; enter a UUID such as': ['', ' \n'],
      'is not a UUID; enter one such as': [
        ...['fake-organization', `${FIRST}0`, FIRST.replaceAll('-', ''), FIRST.replace('a', 'g')],
        ...[`{${FIRST}}`, `${FIRST}\n${SECOND}`, `${FIRST}/..`, FIRST.replaceAll('0', '٠')],
      ],
      '"two lines" is not': ['two\r\nlines'],
      'a value that looks like a key (not shown) is not a UUID': [FAKE_KEY],
    },
  },
  parseUuidList: {
    parse: values.parseUuidList,
    read: [
      [FIRST, [FIRST]],
      [` ${SECOND} , ${FIRST} `, [SECOND, FIRST]],
      [`${FIRST}\r${SECOND}`, [FIRST, SECOND]],
      [`,${FIRST.toUpperCase()},, \n\n\t\n${FIRST},`, [FIRST]],
    ],
    refused: {
      'is empty; enter a UUID such as': ['', ' ,\n, \r\n'],
      'separated by commas or line breaks': [
        ...[`${FIRST} ${SECOND}`, `${FIRST};${SECOND}`, `["${FIRST}"]`, `- ${FIRST}`],
      ],
      '"fake-team" is not a UUID; enter UUIDs such as': [`${FIRST},fake-team`],
      '"fake-a", "fake-b" and a value that looks like a key (not shown) are not UUIDs; enter': [
        `fake-a,${FIRST}\nfake-b, ${FAKE_KEY}`,
      ],
    },
  },
  parseKeyIds: {
    parse: values.parseKeyIds,
    read: [
      [` ${FIRST} ,\r\n\t${SECOND} `, [FIRST, SECOND]],
      [`${FIRST} ${SECOND}`, [FIRST, SECOND]],
      [` [\n  "${FIRST.toUpperCase()}","${SECOND}"\n]\n`, [FIRST, SECOND]],
      ['[]', []],
    ],
    refused: {
      'is empty; enter a UUID': [','],
      'is not a UUID; enter UUIDs such as': ['["x"]', '..'],
      'is not a valid JSON array of key IDs; enter one such as ["': [
        ...[`["${FIRST}"`, ` ['${FIRST}']`, `[{"id":"${FIRST}"}]`],
      ],
      'a value that looks like a key (not shown) is not a UUID': ['mg_'],
      'contains a key itself, not its ID; enter key IDs': [FAKE_KEY, `${FIRST} sk_us_fake0000`],
    },
  },
  parseOrgKey: {
    parse: values.parseOrgKey,
    read: [
      [` \t${FAKE_KEY}\r\n`, FAKE_KEY],
      ['mg_fake.~+/=-', 'mg_fake.~+/=-'],
    ],
    refused: {
      [`is empty; enter \${{ secrets.NAME }}`]: ['', '\r\n'],
      'is a Team API Key (sk_… or pk_…), which cannot create Management Keys; enter an Org': [
        ...['\nsk_us_fake0000', 'sk_eu_fake0000', 'pk_us_fake0000', 'pk_eu_fake0000'],
      ],
      'contains a control character or line break (U+000A); store': [`mg_fake\n${FAKE_KEY}`],
      'contains a control character or line break (U+0085); store': ['mg_fake0000\u0085'],
      'is not a valid Management Key: one begins with mg_': [
        ...['mg_', 'MG_fake0000', 'xmg_fake0000', 'sk_fake0000', 'mg_fake 0000', 'mg_fäke0000'],
      ],
    },
  },
  parseToken: {
    parse: values.parseToken,
    read: [[' ghs_fake\n', 'ghs_fake']],
    refused: {
      'contains spaces, control characters or line breaks; store the secret': ['fake b', 'fake\nb'],
    },
  },
  parseLabel: {
    parse: values.parseLabel,
    read: [
      ...['  two spaces  ', 'Schlüssel 鍵 🔑 \u202e', '%0A %25', '::error::fake', '\u00a0.'],
      ...[`$(fake) \${FAKE} ; && | <b>`, 'x'.repeat(5000)],
    ].map((text) => [text, text] as const),
    refused: {
      'is empty; enter a label for the key': ['', '\t\n'],
      'contains a line break or control character (U+000A); enter one line': ['preview\n'],
      '(U+001B)': ['preview\u001b[31m'],
      '(U+2029)': ['pre\u2029view'],
    },
  },
  parseChoice: {
    parse: parseWord,
    read: [[' fail\n', 'fail']],
    refused: {
      'is not a valid value; enter create, replace or fail': ['Create', '', 'constructor'],
      '(not shown) is not a valid value': [FAKE_KEY],
    },
  },
  parseBoolean: {
    parse: values.parseBoolean,
    read: [
      ...['true', 'True', ' TRUE\n'].map((text) => [text, true] as const),
      ...['false', 'False', '\tFALSE '].map((text) => [text, false] as const),
    ],
    refused: {
      'is not a boolean; enter true or false': [
        ...['yes', 'off', '1', 'tRue', 'null', 'true false', 'true\nfalse', 'untrue', FAKE_KEY, ''],
      ],
      '"yes" is': ['yes'],
    },
  },
  parseAge: {
    parse: values.parseAge,
    read: [
      ['90m', 90 * MINUTE],
      ['12h', 12 * HOUR],
      [' 007d\n', 7 * DAY],
      ['999999d', 999_999 * DAY],
    ],
    refused: {
      'is not a valid age; enter a number with m, h or d': [
        ...['', '0d', '7', 'd', '7D', '7 d', '-7d', '1.5h', '1h30m', '7s', '７d', FAKE_KEY],
      ],
    },
  },
  parseWholeNumber: {
    parse: parseSmall,
    read: [
      ['3', 3],
      [' 7\n', 7],
    ],
    refused: {
      'is not a whole number from 3 to 7': ['2', '8', '9'.repeat(20), FAKE_KEY, ...NOT_WHOLE],
    },
  },
  parseTimeout: {
    parse: values.parseTimeout,
    read: [
      ['1', 1_000],
      [' 600 ', 600_000],
    ],
    refused: { 'is not a whole number from 1 to 600': ['0', '601', '30s', FAKE_KEY] },
  },
  parseBaseUrl: {
    parse: parseUrl,
    read: [
      [' https://fake.example/a/b//\n', 'https://fake.example/a/b'],
      ['HTTPS://FAKE.example:443/CaSe', 'https://fake.example/CaSe'],
      ['https://fake.example/a@b', 'https://fake.example/a@b'],
      ['http://LOCALHOST:3000/', 'http://localhost:3000'],
      ['http://[::1]:1/x/', 'http://[::1]:1/x'],
      ['http://0x7f.1', 'http://127.0.0.1'],
    ],
    refused: {
      'would send the key unencrypted; enter an https:// URL': [
        ...['http://api.example/v', 'http://localhost.evil.example', 'http://128.0.0.1'],
        ...['http://127.0.0.1.evil.example', 'http://evil127.0.0.1.example', 'http://0.0.0.0'],
        ...['http://[::]', 'http://ｌocalhost.evil.example', 'ftp://localhost/', 'javascript:fake'],
      ],
      '(not shown)': [`http://evil.example/${FAKE_KEY}`],
      [`is not a valid URL; ${URL_EXAMPLE}`]: [
        ...['', 'x.example', 'https://', 'https://x y', 'https://x.example\\evil'],
        ...['https://x:99999', 'https://x.example/\u0000', 'https://fake-user:fake-pass'],
      ],
      [`contains a user name or password; ${URL_EXAMPLE}`]: [
        ...['https://fake-user:fake-pass@x.example', 'http://127.0.0.1:fake-pass@evil.example'],
      ],
      [`contains a query or fragment; ${URL_EXAMPLE}`]: [
        ...[`https://x.example/?key=${FAKE_KEY}`, 'https://x.example/x#'],
      ],
    },
  },
  parseEnvName: {
    parse: values.parseEnvName,
    read: ['_k9', 'GITHUB', 'MY_GITHUB_KEY', 'PATH_KEY'].map((name) => [` ${name}\n`, name]),
    refused: {
      'is not a valid name for an environment variable; use letters, digits and underscores, and do not start with a digit; enter a name such as JUNCTION_MANAGEMENT_KEY':
        ['9KEY', 'MY-KEY', 'KEY=1', 'SCHLÜSSEL', 'A\nB', `${FAKE_KEY}+`],
      'is reserved for GitHub, its runner or Node.js; enter a name such as': [
        ...['GITHUB_TOKEN', 'github_env', 'RUNNER_TEMP', 'INPUT_X', 'STATE_X', 'ACTIONS_X', 'Path'],
        'NODE_OPTIONS',
      ],
      'is a key, not the name of a variable; enter a name such': [FAKE_KEY, 'ghp_fake0000'],
    },
  },
  parseSecretName: {
    parse: values.parseSecretName,
    read: ['_a1', 'my_key', 'GITHUBKEY', 'A'.repeat(255)].map((name) => [name, name]),
    refused: {
      'is not a valid secret name; use letters, digits and underscores, and do not start with': [
        ...['', '1A', 'A-B', 'A B', 'Ä', 'A\n', 'A'.repeat(256)],
      ],
      'starts with GITHUB_, which GitHub reserves; choose another name': ['GITHUB_A', 'GitHub_a'],
    },
  },
}

describe.each(Object.entries(PARSERS))('%s', (_name, { parse, read, refused }) => {
  test.each(read)('reads %j', (text, value) => {
    expect(parse(text)).toEqual(value)
  })

  const wrong = Object.entries(refused).flatMap(([problem, texts]) =>
    texts.map((text) => [text, problem] as const),
  )
  test.each(wrong)('%j %s', (text, problem) => {
    const problems = catchProblems(() => parse(text))
    expect(problems).toEqual([expect.stringContaining(problem)])
    expect(problems[0]).not.toMatch(/fake_org_key|f[aä]ke ?0000|fake-pass/)
  })
})

test('quoteValue cuts a long value and shows no key, in whatever it stands', () => {
  expect(values.quoteValue('x'.repeat(80))).toBe(`"${'x'.repeat(80)}"`)
  expect(values.quoteValue('x'.repeat(81))).toBe(`"${'x'.repeat(79)}…"`)
  for (const text of ['pk_us_fake0000', 'github_pat_fake0000', `key="${FAKE_KEY}"`]) {
    expect(values.quoteValue(text)).toBe('a value that looks like a key (not shown)')
  }
})
