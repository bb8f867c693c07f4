// expect.js CLAIM ARGUMENT…: fails unless the claim is true. Lists are complete: what is not listed does not
// exist. Without arguments they are empty.
import { isDeepStrictEqual } from 'node:util'
import { ask } from './control.js'

/** @import { ShownSecret } from '../../../sandbox/types.ts' */

const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g

/**
 * Each claim returns what was found and what is expected.
 *
 * @type {Record<string, (...given: string[]) => Promise<readonly [found: unknown, wanted: unknown]>>}
 */
const claims = {
  // active-keys ID…: in the order in which they were created.
  'active-keys': async (...ids) => [await listKeyIds({ revoked: false }), ids],

  // revoked-keys ID…
  'revoked-keys': async (...ids) => [await listKeyIds({ revoked: true }), ids],

  // key ID FIELD=VALUE…: fields of one key in the Management API.
  async key(id, ...pairs) {
    const { keys } = await ask('keys')
    return compareFields(keys.find((key) => key.id === id) ?? {}, pairs)
  },

  // secrets 'NAME in TARGET is KEY_ID'…: the secrets in GitHub, decrypted.
  async secrets(...lines) {
    const { secrets } = await ask('secrets')
    return [secrets.map(describeSecret).sort(), lines.sort()]
  },

  // requests 'METHOD PATH STATUS'…: with each UUID as ID.
  async requests(...lines) {
    const { requests } = await ask('requests')
    const found = requests.map(
      ({ method, path, status }) => `${method} ${path.replace(UUID, 'ID')} ${status}`,
    )
    return [found, lines]
  },

  // outputs NAME=VALUE…: those of the step in $OUTPUTS; `NAME=` for one that is empty or missing.
  outputs: async (...pairs) => compareFields(readOutputs(), pairs),

  // written 'STATUS NAME in TARGET'…: the `secrets` output of the step in $OUTPUTS.
  async written(...lines) {
    /** @type {{ target: string, name: string, status: string }[]} */
    const written = JSON.parse(readOutputs()['secrets'] ?? '')
    return [written.map(({ target, name, status }) => `${status} ${name} in ${target}`), lines]
  },

  // list-status STATUS: the status of the Management API when $KEY requests the list of keys.
  async 'list-status'(status) {
    const { KEY = '', JUNCTION_API_URL, JUNCTION_ORG_ID } = process.env
    const url = `${JUNCTION_API_URL}/v1/org/${JUNCTION_ORG_ID}/management_key`
    const response = await fetch(url, { headers: { 'X-Management-Key': KEY } })
    return [String(response.status), status]
  },
}

/** @param {{ revoked: boolean }} wanted */
async function listKeyIds({ revoked }) {
  const { keys } = await ask('keys')
  return keys.filter((key) => key.revoked === revoked).map(({ id }) => id)
}

/** @returns {Record<string, string>} */
function readOutputs() {
  return JSON.parse(process.env['OUTPUTS'] ?? '')
}

/**
 * Writes a target as `secret_targets` does.
 *
 * @param {ShownSecret} secret
 */
function describeSecret({ store, owner, repo, environment, name, visibility, matches }) {
  const target = [
    repo === undefined ? `org=${owner}` : `repo=${owner}/${repo}`,
    environment === undefined ? '' : ` env=${environment}`,
    store === 'actions' ? '' : ` app=${store}`,
    visibility === undefined ? '' : ` visibility=${visibility}`,
  ].join('')
  return `${name} in ${target} is ${matches}`
}

/** @param {object} fields @param {string[]} pairs @returns {readonly [unknown, unknown]} */
function compareFields(fields, pairs) {
  const known = new Map(Object.entries(fields))
  const wanted = pairs.map((pair) => {
    const [name = '', ...value] = pair.split('=')
    return { name, value: value.join('=') }
  })
  return [wanted.map(({ name }) => ({ name, value: showField(known.get(name)) })), wanted]
}

/** @param {unknown} value */
function showField(value = '') {
  // Never show what may be a key.
  if (String(value).startsWith('mg_')) return '(a key)'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const [claim = '', ...given] = process.argv.slice(2)
try {
  const check = new Map(Object.entries(claims)).get(claim)
  if (check === undefined) throw new Error('unknown claim')
  const [found, wanted] = await check(...given)
  if (!isDeepStrictEqual(found, wanted)) {
    throw new Error(`expected ${JSON.stringify(wanted)}; found ${JSON.stringify(found)}`)
  }
  console.log(`As expected: ${[claim, ...given].join(' ')}`)
} catch (error) {
  console.log(`::error title=${claim}::${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
