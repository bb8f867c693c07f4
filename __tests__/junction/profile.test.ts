import { describe, expect, test } from '@jest/globals'
import type { HttpResponse } from '../../src/http/exchange.js'
import { createService } from '../../src/http/service.js'
import { PROFILE } from '../../src/junction/profile.js'
import { catchMessage, fakeClientPorts } from '../support/fakes.js'

async function explain(
  body: unknown,
  { status = 400, headers = {} }: Partial<HttpResponse> = {},
): Promise<string> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const ports = fakeClientPorts(async () => ({ status, headers, body: text }))
  const service = createService(PROFILE, ports)
  const request = { method: 'GET', url: 'https://fake.example', headers: {}, wanted: 'make a fake' }
  return catchMessage(() => service(request, 1, {}))
}

const PAGE = ': a web page that something in between sent, such as a proxy or a firewall'

/** The message without a detail from the service. */
const BARE = 'The Management API returned 400 for the request to make a fake'

describe('an error of the Management API’s', () => {
  describe('the service’s message', () => {
    test.each<[string, unknown, string]>([
      ['a detail', { detail: 'fake reason' }, ': fake reason'],
      ['a message', { message: 'fake reason' }, ': fake reason'],
      ['an error', { error: 'fake reason' }, ': fake reason'],
      ['the message of an error', { error: { message: 'fake reason' } }, ': fake reason'],
      ['the detail first', { error: 'c', message: 'b', detail: 'a' }, ': a'],
      ['plain text', 'fake reason', ': fake reason'],
      ['cut JSON', '{"detail":"fake', ': {"detail":"fake'],
      [
        'several lines',
        { detail: 'fake\r\n::error::reason\u001b[0m' },
        ': fake ::error::reason [0m',
      ],
      ['nothing', '', ''],
      ['nothing readable', { detail: 7, message: null, error: [] }, ''],
      ['an empty record', {}, ''],
      ['an HTML page', ' \n<!DOCTYPE html><html><body>nginx</body></html>', PAGE],
      ['a page after other words', 'upstream: <html><b>Denied</b></html>', PAGE],
      ['a page in JSON', { message: 'no <b>way</b>' }, ''],
      ['an XML document', '<Error><Code>fake</Code></Error>', PAGE],
    ])('are read from %s', async (_what, body, words) => {
      expect(await explain(body)).toBe(`${BARE}${words}`)
    })

    test('end at 400 characters', async () => {
      const message = await explain({ detail: 'word '.repeat(2_000_000) })
      expect(message).toBe(`${BARE}: ${'word '.repeat(80).slice(0, 399)}…`)
    })
  })

  describe('when fields are wrong (422)', () => {
    const explainFields = (detail: unknown) => explain({ detail }, { status: 422 })
    const PREFIX = 'The Management API returned 422 for the request to make a fake'

    test('names field and message, never the input', async () => {
      expect(
        await explainFields([
          { loc: ['body', 'label'], msg: 'Field required', type: 'missing', input: 'fake input' },
          { loc: ['body', 'team_role_bindings', 0, 'team_id'], msg: 'Not a UUID', input: 'fake' },
        ]),
      ).toBe(`${PREFIX}: label: Field required; team_role_bindings.0.team_id: Not a UUID`)
    })

    test.each<[string, unknown, string]>([
      ['no place', [{ msg: 'fake reason' }], ': fake reason'],
      ['a loc that is not a list', [{ loc: 'label', msg: 'fake reason' }], ': fake reason'],
      ['the body itself', [{ loc: ['body'], msg: 'fake reason' }], ': fake reason'],
      ['a parameter', [{ loc: ['path', 'org_id'], msg: 'bad' }], ': path.org_id: bad'],
      ['items of no use', [null, 'x', {}, { msg: 7 }, { msg: 'fake' }], ': fake'],
      ['no items', [], ''],
      ['a text', 'fake reason', ': fake reason'],
    ])('copes with %s', async (_what, detail, words) => {
      expect(await explainFields(detail)).toBe(`${PREFIX}${words}`)
    })

    test('names eight fields and counts the others', async () => {
      const fields = Array.from({ length: 11 }, (_, index) => ({ loc: [`f${index}`], msg: 'bad' }))
      expect(await explainFields(fields.slice(0, 8))).toMatch(/; f7: bad$/)
      expect(await explainFields(fields)).toMatch(/: f0: bad; .*; f7: bad; and 3 more$/)
    })
  })

  describe('hints', () => {
    test.each([
      [401, /\. org_key was not recognized.*mg_….*api_url/],
      [402, /\. The Management API is part of the Scale plan/],
      [403, /\. org_key is not allowed to do this.*Team Management Key is not enough.*Scale plan/],
      [404, /\. Check that org_id.*team_id.*api_url/],
    ])('%d says what to check', async (status, hint) => {
      expect(await explain({ detail: 'fake reason' }, { status })).toMatch(/: fake reason\. \w/)
      expect(await explain('', { status })).toMatch(hint)
    })

    test.each([400, 409, 422, 429, 500, 503])('%d has none', async (status) => {
      expect(await explain('', { status })).toBe(BARE.replace('400', String(status)))
    })
  })
})
