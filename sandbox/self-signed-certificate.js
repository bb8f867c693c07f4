import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * Creates a self-signed certificate for one DNS name, valid for one day.
 *
 * @param {string} name
 * @returns {{ key: string, cert: string }} PEM.
 */
export function createSelfSignedCertificate(name) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const algorithm = sequence(ECDSA_WITH_SHA256)
  const commonName = sequence(COMMON_NAME, tagged(0x0c, Buffer.from(`Test server ${name}`)))
  const distinguishedName = sequence(tagged(0x31, commonName))
  const dnsName = sequence(tagged(0x82, Buffer.from(name)))
  const extensions = sequence(sequence(SUBJECT_ALT_NAME, tagged(0x04, dnsName)))
  // RFC 5280, 4.1: version 3, serial number, signature, issuer, validity, subject, key, extensions.
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName,
    sequence(utcTime(-DAY_MS), utcTime(DAY_MS)),
    distinguishedName,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, extensions),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)])
  const certificate = sequence(body, algorithm, tagged(0x03, signature))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`,
  }
}

const DAY_MS = 86_400_000

/** Object identifiers, as DER writes them. */
const ECDSA_WITH_SHA256 = Buffer.from('06082a8648ce3d040302', 'hex')
const COMMON_NAME = Buffer.from('0603550403', 'hex')
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex')

/** One DER value: its tag, its length, its content. @param {number} tag @param {Buffer} content */
function tagged(tag, content) {
  const { length } = content
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

/** @param {Buffer[]} parts */
function sequence(...parts) {
  return tagged(0x30, Buffer.concat(parts))
}

/** @param {number} offsetMs */
function utcTime(offsetMs) {
  const [date = '', time = ''] = new Date(Date.now() + offsetMs).toISOString().split(/[T.]/)
  return tagged(0x17, Buffer.from(`${date.slice(2)}${time}Z`.replaceAll(/[-:]/g, '')))
}
