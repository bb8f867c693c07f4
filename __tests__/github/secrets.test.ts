import { expect, test } from '@jest/globals'
import { loadSodium } from '../../src/github/seal.js'
import { connectSecrets } from '../../src/github/secrets.js'
import {
  catchMessage,
  createFakeClock,
  createFakeExchange,
  FAKE_API_URL,
} from '../support/fakes.js'

const DESTINATION = {
  kind: 'repository',
  repository: 'fake-owner/fake-repo',
  app: 'actions',
} as const

test.each([
  [500, []],
  [
    501,
    [expect.stringMatching(/^secret_targets lists 501 targets.*organization secret with repos=/)],
  ],
])('looking at %d targets warns when they are more than 500', async (count, expected) => {
  const warnings: string[] = []
  const { exchange } = createFakeExchange([{ status: 404 }])
  const secrets = connectSecrets(
    { githubApiUrl: FAKE_API_URL, githubToken: 'fake-token' },
    {
      exchange,
      clock: createFakeClock(),
      debug: () => undefined,
      scrub: (text) => text,
      info: () => undefined,
      warning: (message) => warnings.push(message),
      hide: () => undefined,
    },
  )
  const targets = Array.from({ length: count }, (_, index) => ({
    destination: DESTINATION,
    name: `NAME_${index}`,
  }))
  expect(await catchMessage(() => secrets.prepare(targets, 'refuse'))).toContain('NAME_499')
  expect(warnings).toEqual(expected)
  // libsodium must finish loading before the test ends.
  await new Promise((resolve) => setImmediate(resolve))
  await loadSodium()
})
