import { isRecord, listOf, listProblems, objectOf, oneOf, rule, string } from '../shape.js'
import { readJson, refuseInvalid } from './refusal.js'
import { sealOverhead } from './sealing.js'

/** @import { Destination, Visibility } from '../types.ts' */

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const valueLimit = 48 * 1024

const sealedFields = {
  encrypted_value: rule(
    'base64, of a value of at most 48 KB',
    (value) =>
      typeof value === 'string' &&
      base64.test(value) &&
      Buffer.byteLength(value, 'base64') <= valueLimit + sealOverhead,
  ),
  key_id: string,
}

/** Who may read an organization's secret. */
const visibilityRule = oneOf('all', 'private', 'selected')

/**
 * Reads the body of a write to a secret, or rejects it with every reason at once.
 *
 * @param {Destination} destination
 * @param {string} text
 */
export function readSecretBody(destination, text) {
  const body = readJson(text)
  assertSecretBody(destination, body)
  const { encrypted_value: value, key_id: keyId, visibility, selected_repository_ids: ids } = body
  return {
    sealed: value === undefined ? undefined : Buffer.from(value, 'base64'),
    keyId,
    visibility,
    // Omitted means empty: nobody keeps access by default.
    selectedRepositoryIds: (ids ?? []).map(Number),
  }
}

/** Lists what is wrong with a secret's name. @param {string} name */
export function findNameProblems(name) {
  const problems = []
  if (!/^\w+$/.test(name)) {
    problems.push('a secret name takes letters, digits and underscores only')
  }
  if (/^\d/.test(name)) problems.push('a secret name must not begin with a digit')
  if (/^GITHUB_/i.test(name)) problems.push('a secret name must not begin with GITHUB_')
  return problems
}

/**
 * The published schemas differ in whether a value is required, and whether IDs may be text.
 *
 * @param {Destination} destination
 * @param {unknown} body
 * @returns {asserts body is { encrypted_value?: string, key_id?: string, visibility?: Visibility, selected_repository_ids?: (number | string)[] }}
 */
function assertSecretBody({ store, scope }, body) {
  const isOfOrganization = scope === 'organization'
  const needsValue = store === 'agents' || (store === 'actions' && !isOfOrganization)
  const takesText = store === 'actions' || store === 'dependabot'
  const id = rule(
    'a repository id',
    (value) =>
      Number.isSafeInteger(value) ||
      (takesText && typeof value === 'string' && /^\d+$/.test(value)),
  )
  const ids = listOf('repository ids', id)
  const expected = objectOf({
    needs: {
      ...(needsValue ? sealedFields : {}),
      ...(isOfOrganization ? { visibility: visibilityRule } : {}),
    },
    takes: { ...sealedFields, ...(isOfOrganization ? { selected_repository_ids: ids } : {}) },
  })
  const problems = listProblems(expected, body)
  const fields = isRecord(body) ? body : {}
  if ((fields['encrypted_value'] === undefined) !== (fields['key_id'] === undefined)) {
    problems.push('encrypted_value and key_id go together')
  }
  if (fields['selected_repository_ids'] !== undefined && fields['visibility'] !== 'selected') {
    problems.push('selected_repository_ids goes with visibility selected only')
  }
  refuseInvalid(problems)
}
