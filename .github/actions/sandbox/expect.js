// expect.js CLAIM ARGUMENT…: fails unless the claim is true. Lists are complete: what is not listed does not
// exist. Without arguments they are empty.
import { isDeepStrictEqual } from 'node:util'
import { ask } from './control.js'

/** @import { ShownSecret } from '../../../sandbox/types.ts' */

/**
 * Each claim returns what was found and what is expected.
 *
 * @type {Record<string, (...given: string[]) => Promise<readonly [found: unknown, wanted: unknown]>>}
 */
const claims = {
  // keys 'active ID LABEL' 'revoked ID LABEL'…: in the order in which they were created.
  async keys(...lines) {
    const { keys } = await ask('keys')
    const found = keys.map(
      ({ id, label, revoked }) => `${revoked ? 'revoked' : 'active'} ${id} ${label}`,
    )
    return [found, lines]
  },

  // secrets 'NAME in TARGET is KEY_ID'…: the secrets in GitHub, decrypted.
  async secrets(...lines) {
    const { secrets } = await ask('secrets')
    return [secrets.map(describeSecret).sort(), lines.sort()]
  },

  // requests COUNT: of both services, so far.
  requests: async (count) => [String((await ask('requests')).requests.length), count],

  // outputs NAME=VALUE…: those of the step in $OUTPUTS; `NAME=` for one that is empty or missing.
  async outputs(...pairs) {
    /** @type {Record<string, string>} */
    const outputs = JSON.parse(process.env['OUTPUTS'] ?? '')
    const names = pairs.map((pair) => pair.slice(0, pair.indexOf('=')))
    // Never show what may be a key.
    return [
      names.map((name) => `${name}=${(outputs[name] ?? '').replace(/^mg_.*/, '(a key)')}`),
      pairs,
    ]
  },

  // list-status STATUS: the status of the Management API when $KEY requests the list of keys.
  async 'list-status'(status) {
    const { KEY = '', JUNCTION_API_URL, JUNCTION_ORG_ID } = process.env
    const url = `${JUNCTION_API_URL}/v1/org/${JUNCTION_ORG_ID}/management_key`
    const response = await fetch(url, { headers: { 'X-Management-Key': KEY } })
    return [String(response.status), status]
  },
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
