import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { expectFailure, messagesOf } from '../support/messages.js'
import { withAction } from '../support/scenario.js'

/** Forms in which a service, a proxy or a page could show a secret. */
const FORMS: Readonly<Record<string, (secret: string) => string>> = {
  'in capitals': (secret) => secret.toUpperCase(),
  backwards: (secret) => [...secret].reverse().join(''),
  'in base32': encodeBase32,
  'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
  'in base64 without padding': (secret) => Buffer.from(secret).toString('base64url'),
  'spaced out': (secret) => [...secret].join(' '),
  'in HTML entities': (secret) => secret.replace(/./g, (sign) => `&#${sign.charCodeAt(0)};`),
  'in part': (secret) => secret.slice(-18),
  'unpadded, in base64url': (secret) =>
    secret.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_'),
}

describe('a secret that a response quotes is hidden', () => {
  test.concurrent.each(Object.entries(FORMS))('%s: Management API', (_what, change) =>
    withAction('.', async ({ main, post, sandbox }) => {
      const created = await main()
      const secrets = [sandbox.orgKey, ...sandbox.keys().map(({ key }) => key)].map(change)
      const answer = { status: 403, body: { detail: `Refused: ${secrets.join(' and ')}!` } }
      sandbox.misbehave({ kind: 'status', ...answer, method: 'POST' })
      const refused = await main({}, { debug: true })
      sandbox.misbehave({ kind: 'status', ...answer, method: 'DELETE' })
      const cleaned = await post(created, { revoke: 'always' }, { debug: true })
      sandbox.misbehave({
        kind: 'redirect',
        method: 'POST',
        location: `https://${secrets[0]}.example/`,
      })
      const redirected = await main({}, { debug: true })

      // The service's words stay, or go as a whole where a piece of a secret is left in them.
      expectFailure(refused, / returned 403 .*: (?:Refused: .*|\*\*\*)\. org_key is not allowed/)
      expectFailure(redirected, / returned 30\d .*: (?:a redirect to |\*\*\*)/)
      const runs = [refused, cleaned, redirected]
      expect(runs.flatMap((run) => findLeaks(run, secrets))).toEqual([])
    }),
  )

  test.each(Object.entries(FORMS))('%s: GitHub', (_what, change) =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      /** Known only when the response is created. */
      const listSecrets = () => {
        const sent = sandbox.requests.map(({ body }) => JSON.stringify(body)).join()
        const [, sealed = ''] = /"encrypted_value":"([^"]+)"/.exec(sent) ?? []
        return [sandbox.githubToken, sandbox.keys()[0]?.key ?? '', sealed].map(change)
      }
      const echo = { toJSON: () => ({ message: `Refused: ${listSecrets().join(' and ')}!` }) }
      const headers = {
        'x-accepted-github-permissions': `secrets=write,organization_secrets=write; ${change(sandbox.githubToken)}`,
      }
      sandbox.misbehave({ kind: 'status', status: 403, body: echo, headers, method: 'PUT' })
      const refused = await main({}, { debug: true })
      const error = messagesOf(refused, 'error').join('\n')
      expect(error).toMatch(
        /GitHub returned 403: (?:Refused: .*|\*\*\*)\. github_token is not allowed/,
      )
      expect(findLeaks(refused, listSecrets())).toEqual([])
    }),
  )
})

/** RFC 4648, section 6. */
function encodeBase32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((five) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.charAt(Number.parseInt(five.padEnd(5, '0'), 2)),
    )
    .join('')
}
