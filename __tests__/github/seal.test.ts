import { describe, expect, test } from '@jest/globals'
import blake from 'blakejs'
import nacl from 'tweetnacl'
import { sealValue } from '../../src/github/secret-store.js'

const KEY_BYTES = 32

/** Opens a sealed box as libsodium's documentation defines it, without libsodium. */
function open(sealed: string, pair: nacl.BoxKeyPair): string | undefined {
  const box = Buffer.from(sealed, 'base64')
  const ephemeral = box.subarray(0, KEY_BYTES)
  const nonce = blake.blake2b(
    Buffer.concat([ephemeral, pair.publicKey]),
    undefined,
    nacl.box.nonceLength,
  )
  const opened = nacl.box.open(box.subarray(KEY_BYTES), nonce, ephemeral, pair.secretKey)
  return opened === null ? undefined : Buffer.from(opened).toString('utf8')
}

describe('sealing', () => {
  test.each([
    ['nothing', ''],
    ['one letter', 'a'],
    ['a key', 'mg_sandbox_team_0123456789abcdefghijklmnopqrstuv'],
    ['as long as a public key', 'x'.repeat(32)],
    ['one more', 'x'.repeat(33)],
    ['around a cipher block', 'x'.repeat(64)],
    ['line breaks and a zero', 'a\r\nb\u0000c\n'],
    ['umlauts and Greek', 'schlüssel κλειδί'],
    ['beyond the basic plane', '🔑'.repeat(25)],
    ['48 KB', 'é'.repeat(24 * 1024)],
  ])('%s comes out of the box as it went in', async (_what, value) => {
    const pair = nacl.box.keyPair()
    const sealed = await sealValue(value, { keyId: '1', bytes: pair.publicKey })
    // Standard base64 with padding, and a box of the length that GitHub expects.
    expect(Buffer.from(sealed, 'base64').toString('base64')).toBe(sealed)
    expect(Buffer.from(sealed, 'base64')).toHaveLength(Buffer.byteLength(value) + 48)
    expect(open(sealed, pair)).toBe(value)
  })

  test('each box is different, and nobody else opens it', async () => {
    const pair = nacl.box.keyPair()
    const key = { keyId: '1', bytes: pair.publicKey }
    const boxes = await Promise.all([sealValue('mg_x', key), sealValue('mg_x', key)])
    expect(new Set(boxes).size).toBe(2)
    expect(open(boxes[0], nacl.box.keyPair())).toBeUndefined()
  })
})
