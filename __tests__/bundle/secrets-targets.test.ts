import { describe, expect } from '@jest/globals'
import type { Sandbox, SandboxSecret } from '../../sandbox/types.js'
import { messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { SECRET, testAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

const test = testAction('. with secrets')

function onlySecret({ github }: Sandbox): SandboxSecret | undefined {
  expect(github.secrets()).toHaveLength(1)
  return github.secrets()[0]
}

function addRepositories({ github }: Sandbox, ...names: readonly string[]): readonly number[] {
  return names.map((name) => github.addRepository(`octo-org/${name}`).id)
}

describe('repositories and environments', () => {
  test('the workflow’s own is the default; post keeps it', async ({ succeed, post, sandbox }) => {
    const result = await succeed({ secret_name: 'junction_key' })
    const [key] = sandbox.activeKeys()
    expect(result.outputs).toMatchObject({ created: 'true', key_id: key?.id, key: key?.key })
    expect(JSON.parse(result.outputs['secrets'] ?? '')).toEqual([
      { target: 'repo=octo-org/example', name: SECRET, status: 'created' },
    ])
    expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
    expect(listWrites(sandbox)).toEqual([
      `PUT /repos/octo-org/example/actions/secrets/${SECRET} 201`,
    ])

    const cleaned = await post(result)
    expect(outcomeOf(cleaned)).toEqual(SUCCESS)
    expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
  })

  test('each of the four stores of a repository has its own secret and its own key', async (scenario) => {
    const { succeed, sandbox } = scenario
    sandbox.github.shareKeyIds()
    addOldSecret(sandbox, { store: 'codespaces' })
    const result = await succeed({
      secret_targets: 'app=actions\napp=dependabot\napp=codespaces\napp=agents',
    })
    expect(listSecrets(sandbox)).toEqual([
      `octo-org/example agents: ${SECRET} = active`,
      `octo-org/example codespaces: ${SECRET} = active`,
      `octo-org/example dependabot: ${SECRET} = active`,
      `octo-org/example: ${SECRET} = active`,
    ])
    expect(JSON.parse(result.outputs['secrets'] ?? '')).toEqual([
      { target: 'repo=octo-org/example', name: SECRET, status: 'created' },
      { target: 'repo=octo-org/example app=dependabot', name: SECRET, status: 'created' },
      { target: 'repo=octo-org/example app=codespaces', name: SECRET, status: 'updated' },
      { target: 'repo=octo-org/example app=agents', name: SECRET, status: 'created' },
    ])
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('environments with slash and space, here and elsewhere', async ({ succeed, sandbox }) => {
    sandbox.github.shareKeyIds()
    const protection = { wait_timer: 30 }
    sandbox.github.addEnvironment(sandbox.repository, 'preview/42 blue', protection)
    sandbox.github.addRepository('other-owner/place')
    sandbox.github.addEnvironment('other-owner/place', 'prod')
    await succeed({
      secret_targets: [
        'env="preview/42 blue"',
        'repo=other-owner/place env=prod name=OTHER_NAME',
        'repo=other-owner/place',
      ].join('\n'),
      create_environments: 'true',
    })
    expect(listSecrets(sandbox)).toEqual([
      `octo-org/example env preview/42 blue: ${SECRET} = active`,
      'other-owner/place env prod: OTHER_NAME = active',
      `other-owner/place: ${SECRET} = active`,
    ])
    expect(listWrites(sandbox)).toContain(
      `PUT /repos/octo-org/example/environments/preview%2F42%20blue/secrets/${SECRET} 201`,
    )
    expect(sandbox.github.environments()[0]?.protection).toEqual(protection)
  })

  test('two names in one destination', async ({ succeed, sandbox }) => {
    addOldSecret(sandbox)
    const result = await succeed({ secret_targets: 'repo\nname=second_key' })
    expect(listSecrets(sandbox)).toEqual([
      `octo-org/example: ${SECRET} = active`,
      'octo-org/example: SECOND_KEY = active',
    ])
    expect(sandbox.requests.filter(({ path }) => path.endsWith('/public-key'))).toHaveLength(1)
    expect(JSON.parse(result.outputs['secrets'] ?? '')).toMatchObject([
      { name: SECRET, status: 'updated' },
      { name: 'SECOND_KEY', status: 'created' },
    ])
  })
})

describe('organizations', () => {
  const VISIBLE = [
    ['org=octo-org', 'actions', 'private'],
    ['org=octo-org visibility=all app=dependabot', 'dependabot', 'all'],
    ['org=octo-org visibility=private app=codespaces', 'codespaces', 'private'],
    ['org=octo-org visibility=all app=agents', 'agents', 'all'],
  ] as const

  test('a new secret in each of the four stores is private unless the line says so', async (scenario) => {
    const { succeed, sandbox } = scenario
    await succeed({ secret_targets: VISIBLE.map(([line]) => line).join('\n') })
    const [key] = sandbox.activeKeys()
    const found = sandbox.github.secrets()
    expect(found).toHaveLength(VISIBLE.length)
    for (const [, store, visibility] of VISIBLE) {
      const secret = found.find((one) => one.store === store)
      expect(secret).toMatchObject({ scope: 'organization', visibility, value: key?.key })
    }
  })

  test.each(['actions', 'dependabot', 'codespaces', 'agents'] as const)(
    'selected repositories become IDs, and are kept: %s',
    async ({ succeed, sandbox }, store) => {
      const selectedRepositoryIds = addRepositories(sandbox, 'api', 'web')
      const target = `org=octo-org app=${store}`
      for (const selection of [' visibility=selected repos=api,octo-org/web,API', '']) {
        await succeed({ secret_targets: `${target}${selection}` })
        expect(onlySecret(sandbox)).toMatchObject({
          ...{ store, visibility: 'selected', selectedRepositoryIds },
          value: sandbox.activeKeys().at(-1)?.key,
        })
        const put = sandbox.requests.findLast(({ method }) => method === 'PUT')
        // Codespaces accepts only integers.
        expect(put?.body).toMatchObject({ selected_repository_ids: selectedRepositoryIds })
      }
    },
  )

  test.each([100, 201])('%d selected repositories keep access', async (scenario, count) => {
    const { succeed, sandbox } = scenario
    const names = Array.from({ length: count }, (_, index) => `repo-${index}`)
    const selectedRepositoryIds = [...addRepositories(sandbox, ...names)]
    const access = { visibility: 'selected', selectedRepositoryIds } as const
    sandbox.github.addSecret({ owner: 'octo-org', name: SECRET, ...access })
    await succeed({ secret_targets: 'org=octo-org' })
    expect(onlySecret(sandbox)?.selectedRepositoryIds).toEqual(selectedRepositoryIds)
  })

  test('a secret keeps its visibility unless the line sets one', async ({ succeed, sandbox }) => {
    const [id] = addRepositories(sandbox, 'api')
    const place = { owner: 'octo-org', name: SECRET }
    sandbox.github.addSecret({ ...place, visibility: 'all' })
    sandbox.github.addSecret({ ...place, store: 'agents', visibility: 'all' })
    sandbox.github.addSecret({
      ...{ ...place, store: 'dependabot', visibility: 'selected' },
      selectedRepositoryIds: [id ?? 0],
    })
    await succeed({
      secret_targets: [
        'org=octo-org',
        'org=octo-org app=agents visibility=selected repos=example',
        'org=octo-org app=dependabot visibility=private',
      ].join('\n'),
    })
    const found = sandbox.github.secrets()
    const example = sandbox.github.repositories().find(({ name }) => name === 'example')
    expect(found.find(({ store }) => store === 'actions')?.visibility).toBe('all')
    expect(found.find(({ store }) => store === 'agents')).toMatchObject({
      visibility: 'selected',
      selectedRepositoryIds: [example?.id],
    })
    expect(found.find(({ store }) => store === 'dependabot')?.visibility).toBe('private')
    const statuses = found.map(({ value }) => value === sandbox.activeKeys()[0]?.key)
    expect(statuses).toEqual([true, true, true])
  })
})

describe('GitHub Enterprise Server', () => {
  test('is written to below its own base path', async ({ succeed, sandbox }) => {
    const { ghesUrl } = sandbox
    await succeed({ github_api_url: `${ghesUrl}/`, secret_targets: 'app=dependabot' })
    expect(listSecrets(sandbox)).toEqual([`octo-org/example dependabot: ${SECRET} = active`])
    const github = sandbox.requests.filter(({ path }) => !path.startsWith('/management/'))
    expect(github.length).toBeGreaterThan(2)
    expect(github.every(({ path }) => path.startsWith('/api/v3/repos/'))).toBe(true)
  })

  test('has no Codespaces secrets: no key is created', async ({ main, sandbox }) => {
    const result = await main({
      github_api_url: sandbox.ghesUrl,
      secret_targets: 'repo\napp=codespaces\norg=octo-org app=codespaces',
    })
    expect(result.exitCode).toBe(1)
    const error = messagesOf(result, 'error').join('\n')
    expect(error).toContain(`- ${SECRET} in repo=octo-org/example app=codespaces: GitHub returned`)
    expect(error).toContain(`- ${SECRET} in org=octo-org app=codespaces: GitHub returned 404`)
    expect(error).toContain('GitHub Enterprise Server has neither Codespaces nor agents secrets')
    // Neither the token nor its permissions are at fault.
    expect(error).not.toContain('github_token')
    expect(error).not.toContain(`${SECRET} in repo=octo-org/example:`)
    expect(countRequests(sandbox, 'POST')).toBe(0)
    expect(sandbox.requests.filter(({ method }) => method === 'PUT')).toEqual([])
    expect(listSecrets(sandbox)).toEqual([])
  })
})
