import { describe, expect, test } from '@jest/globals'
import type { Sandbox, SandboxSecret } from '../../sandbox/types.js'
import { messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { SECRET, withAction } from '../support/scenario.js'
import { addOldSecret, listSecrets } from '../support/secrets.js'

/** The one secret of a sandbox that has one. */
function onlySecret({ github }: Sandbox): SandboxSecret | undefined {
  expect(github.secrets()).toHaveLength(1)
  return github.secrets()[0]
}

/** Adds repositories to octo-org, and returns their IDs. */
function addRepositories({ github }: Sandbox, ...names: readonly string[]): readonly number[] {
  return names.map((name) => github.addRepository(`octo-org/${name}`).id)
}

describe('repositories and environments', () => {
  test.concurrent('the workflow’s repository is the default, and post leaves it alone', () =>
    withAction('. with secrets', async ({ main, post, sandbox }) => {
      const result = await main({ secret_name: 'junction_key' })
      const [key] = sandbox.activeKeys()
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(result.outputs).toMatchObject({ created: 'true', key_id: key?.id, key: key?.key })
      expect(JSON.parse(result.outputs['secrets'] ?? '')).toEqual([
        { target: 'repo=octo-org/example', name: SECRET, status: 'created' },
      ])
      expect(result.summary).toContain(
        `| \`${SECRET}\` | [repository \`octo-org/example\`](https://github.com/octo-org/example/settings/secrets/actions) | created |`,
      )
      expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
      expect(listWrites(sandbox)).toEqual([
        `PUT /repos/octo-org/example/actions/secrets/${SECRET} 201`,
      ])

      const cleaned = await post(result)
      expect(outcomeOf(cleaned)).toEqual(SUCCESS)
      expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
    }))

  test.concurrent('each of the four stores of a repository has its own secret and its own key', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.github.shareKeyIds()
      addOldSecret(sandbox, { store: 'codespaces' })
      const result = await main({
        secret_targets: 'app=actions\napp=dependabot\napp=codespaces\napp=agents',
      })
      expect(outcomeOf(result)).toEqual(SUCCESS)
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
    }))

  test.concurrent('an environment with a slash and a space, here and in another repository', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      sandbox.github.shareKeyIds()
      const protection = { wait_timer: 30 }
      sandbox.github.addEnvironment(sandbox.repository, 'preview/42 blue', protection)
      sandbox.github.addRepository('other-owner/place')
      sandbox.github.addEnvironment('other-owner/place', 'prod')
      const result = await main({
        secret_targets: [
          'env="preview/42 blue"',
          'repo=other-owner/place env=prod name=OTHER_NAME',
          'repo=other-owner/place',
        ].join('\n'),
        create_environments: 'true',
      })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(listSecrets(sandbox)).toEqual([
        `octo-org/example env preview/42 blue: ${SECRET} = active`,
        'other-owner/place env prod: OTHER_NAME = active',
        `other-owner/place: ${SECRET} = active`,
      ])
      expect(listWrites(sandbox)).toContain(
        `PUT /repos/octo-org/example/environments/preview%2F42%20blue/secrets/${SECRET} 201`,
      )
      expect(sandbox.github.environmentResets()).toEqual([])
      expect(sandbox.github.environments()[0]?.protection).toEqual(protection)
    }))

  test.concurrent('two names in one destination', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      addOldSecret(sandbox)
      const result = await main({ secret_targets: 'repo\nname=second_key' })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(listSecrets(sandbox)).toEqual([
        `octo-org/example: ${SECRET} = active`,
        'octo-org/example: SECOND_KEY = active',
      ])
      expect(sandbox.requests.filter(({ path }) => path.endsWith('/public-key'))).toHaveLength(1)
      expect(JSON.parse(result.outputs['secrets'] ?? '')).toMatchObject([
        { name: SECRET, status: 'updated' },
        { name: 'SECOND_KEY', status: 'created' },
      ])
    }))

  test.concurrent('output_key: false keeps the key out of the outputs, not out of the secret', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const result = await main({ output_key: 'false' })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(result.outputs['key']).toBeUndefined()
      expect(result.outputs['key_id']).toBe(sandbox.activeKeys()[0]?.id)
      expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = active`])
    }))
})

describe('organizations', () => {
  const VISIBLE = [
    ['org=octo-org', 'actions', 'private'],
    ['org=octo-org visibility=all app=dependabot', 'dependabot', 'all'],
    ['org=octo-org visibility=private app=codespaces', 'codespaces', 'private'],
    ['org=octo-org visibility=all app=agents', 'agents', 'all'],
  ] as const

  test.concurrent('a new secret in each of the four stores is private unless the line says so', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const result = await main({ secret_targets: VISIBLE.map(([line]) => line).join('\n') })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      const [key] = sandbox.activeKeys()
      const found = sandbox.github.secrets()
      expect(found).toHaveLength(VISIBLE.length)
      for (const [, store, visibility] of VISIBLE) {
        const secret = found.find((one) => one.store === store)
        expect(secret).toMatchObject({ scope: 'organization', visibility, value: key?.key })
      }
    }))

  for (const store of ['actions', 'dependabot', 'codespaces', 'agents'] as const) {
    test.concurrent(`selected repositories become IDs (${store})`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        const ids = addRepositories(sandbox, 'api', 'web')
        const result = await main({
          secret_targets: `org=octo-org app=${store} visibility=selected repos=api,octo-org/web,API`,
        })
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(listSecrets(sandbox)).toHaveLength(1)
        expect(onlySecret(sandbox)).toMatchObject({
          store,
          visibility: 'selected',
          selectedRepositoryIds: ids,
          value: sandbox.activeKeys()[0]?.key,
        })
        const put = sandbox.requests.find(({ method }) => method === 'PUT')
        // Codespaces accepts only integers.
        expect(put?.body).toMatchObject({ selected_repository_ids: ids })
      }))

    test.concurrent(`an existing secret keeps its selected repositories (${store})`, () =>
      withAction('. with secrets', async ({ main, sandbox }) => {
        const selectedRepositoryIds = [...addRepositories(sandbox, 'api', 'web')]
        const visibility = 'selected'
        sandbox.github.addSecret({
          ...{ owner: 'octo-org', name: SECRET, store, visibility, selectedRepositoryIds },
        })
        const result = await main({ secret_targets: `org=octo-org app=${store}` })
        expect(outcomeOf(result)).toEqual(SUCCESS)
        expect(onlySecret(sandbox)).toMatchObject({
          ...{ visibility, selectedRepositoryIds },
          value: sandbox.activeKeys()[0]?.key,
        })
      }))
  }

  test.concurrent('selected repositories on several pages all keep their access', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const names = Array.from({ length: 201 }, (_, index) => `repo-${index}`)
      const selectedRepositoryIds = [...addRepositories(sandbox, ...names)]
      sandbox.github.addSecret({
        ...{ owner: 'octo-org', name: SECRET, visibility: 'selected', selectedRepositoryIds },
      })
      const result = await main({ secret_targets: 'org=octo-org' })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(onlySecret(sandbox)?.selectedRepositoryIds).toEqual(selectedRepositoryIds)
      const pages = sandbox.requests.filter(({ path }) => path.endsWith('/repositories'))
      expect(pages.map(({ query }) => query['page'])).toEqual(['1', '2', '3'])
    }))

  test.concurrent('exactly one full page is complete', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const names = Array.from({ length: 100 }, (_, index) => `repo-${index}`)
      const selectedRepositoryIds = [...addRepositories(sandbox, ...names)]
      sandbox.github.addSecret({
        ...{ owner: 'octo-org', name: SECRET, visibility: 'selected', selectedRepositoryIds },
      })
      expect(outcomeOf(await main({ secret_targets: 'org=octo-org' }))).toEqual(SUCCESS)
      expect(onlySecret(sandbox)?.selectedRepositoryIds).toEqual(selectedRepositoryIds)
    }))

  test.concurrent('an existing secret keeps its visibility unless the line sets one', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const [id] = addRepositories(sandbox, 'api')
      const place = { owner: 'octo-org', name: SECRET }
      sandbox.github.addSecret({ ...place, visibility: 'all' })
      sandbox.github.addSecret({ ...place, store: 'agents', visibility: 'all' })
      sandbox.github.addSecret({
        ...{ ...place, store: 'dependabot', visibility: 'selected' },
        selectedRepositoryIds: [id ?? 0],
      })
      const result = await main({
        secret_targets: [
          'org=octo-org',
          'org=octo-org app=agents visibility=selected repos=example',
          'org=octo-org app=dependabot visibility=private',
        ].join('\n'),
      })
      expect(outcomeOf(result)).toEqual(SUCCESS)
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
    }))
})

describe('GitHub Enterprise Server', () => {
  test.concurrent('is written to below its own base path', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const { ghesUrl } = sandbox
      const result = await main({ github_api_url: `${ghesUrl}/`, secret_targets: 'app=dependabot' })
      expect(outcomeOf(result)).toEqual(SUCCESS)
      expect(listSecrets(sandbox)).toEqual([`octo-org/example dependabot: ${SECRET} = active`])
      const github = sandbox.requests.filter(({ path }) => !path.startsWith('/management/'))
      expect(github.length).toBeGreaterThan(2)
      expect(github.every(({ path }) => path.startsWith('/api/v3/repos/'))).toBe(true)
    }))

  test.concurrent('has no Codespaces secrets, which is reported before a key exists', () =>
    withAction('. with secrets', async ({ main, sandbox }) => {
      const result = await main({
        github_api_url: sandbox.ghesUrl,
        secret_targets: 'repo\napp=codespaces\norg=octo-org app=codespaces',
      })
      expect(result.exitCode).toBe(1)
      const error = messagesOf(result, 'error').join('\n')
      expect(error).toContain(
        `- ${SECRET} in repo=octo-org/example app=codespaces: GitHub returned`,
      )
      expect(error).toContain(`- ${SECRET} in org=octo-org app=codespaces: GitHub returned 404`)
      expect(error).not.toContain(`${SECRET} in repo=octo-org/example:`)
      expect(countRequests(sandbox, 'POST')).toBe(0)
      expect(sandbox.requests.filter(({ method }) => method === 'PUT')).toEqual([])
      expect(listSecrets(sandbox)).toEqual([])
    }))
})
