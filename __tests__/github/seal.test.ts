import { describe, expect, test } from '@jest/globals'
import blake from 'blakejs'
import nacl from 'tweetnacl'
import { UnreadableResponseError } from '../../src/core/errors.js'
import { readSealingKey, sealValue } from '../../src/github/seal.js'

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

describe('a destination’s public key', () => {
  test('has an id that may be a number, as some servers send it', () => {
    const key = Buffer.alloc(32, 7).toString('base64')
    expect(readSealingKey({ key_id: 42, key }).keyId).toBe('42')
  })

  test.each([
    [
      '33 bytes',
      { key_id: '1', key: Buffer.alloc(33, 7).toString('base64') },
      /base64 of 33 bytes instead of 32/,
    ],
    ['31 bytes', { key_id: '1', key: Buffer.alloc(31, 7).toString('base64') }, /31 bytes/],
    ['no key', { key_id: '1' }, /contains no public key/],
    ['no bytes', { key_id: '1', key: '' }, /0 bytes/],
    ['hex', { key_id: '1', key: Buffer.alloc(32, 7).toString('hex') }, /is invalid/],
    [
      'base64 with an invalid character',
      { key_id: '1', key: `*${Buffer.alloc(32, 7).toString('base64')}` },
      /is invalid/,
    ],
    [
      'base64 for URLs',
      { key_id: '1', key: `${Buffer.alloc(32, 255).toString('base64url')}=` },
      /is invalid/,
    ],
    ['no id', { key: Buffer.alloc(32, 7).toString('base64') }, /contains no public key/],
    ['an empty id', { key_id: '', key: Buffer.alloc(32, 7).toString('base64') }, /no public key/],
    ['a list', [], /contains no public key/],
    ['text', 'pong', /contains no public key/],
  ])('that is %s is refused', (_what, body, message) => {
    const read = () => readSealingKey(body)
    expect(read).toThrow(UnreadableResponseError)
    expect(read).toThrow(message)
  })
})

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
