import { describe, expect } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Sandbox } from '../../sandbox/types.js'
import { expectFailure, messagesOf, outcomeOf, SUCCESS } from '../support/messages.js'
import { countRequests, listWrites } from '../support/requests.js'
import { SECRET, testAction } from '../support/scenario.js'
import { addOldSecret, listSecrets, OLD_VALUE } from '../support/secrets.js'

const test = testAction('. with secrets')

/** Expects that nothing was created or changed, as reported; returns the error's lines. */
function expectNothingDone(result: RunResult, sandbox: Sandbox): readonly string[] {
  expect(result.exitCode).toBe(1)
  expect(countRequests(sandbox, 'POST')).toBe(0)
  expect(sandbox.keys()).toEqual([])
  expect(listWrites(sandbox)).toEqual([])
  expect(result.outputs).toEqual({ created: 'false' })
  expect(result.state['transaction'] ?? '').toMatch(/^$|"phase":"done"/)
  return messagesOf(result, 'error').join('\n').split('\n')
}

describe('problems found before a key exists', () => {
  test('is reported for all targets together', async ({ main, post, sandbox }) => {
    addOldSecret(sandbox)
    sandbox.github.withhold({ path: '/dependabot/' })
    sandbox.github.breakPublicKey({ path: '/agents/', flaw: 'too-long' })
    sandbox.github.breakPublicKey({ path: '/example/codespaces/', flaw: 'all-zero' })
    sandbox.github.breakPublicKey({ path: '/orgs/octo-org/actions/', flaw: 'missing' })
    const result = await main({
      secret_targets: [
        'repo',
        'app=dependabot',
        'app=agents',
        'app=codespaces',
        'env=nowhere',
        'repo=octo-org/nothing',
        'repo=octo-org/nothing env=preview',
        'org=octo-org',
        'org=octo-org app=codespaces visibility=selected repos=example,missing',
      ].join('\n'),
    })
    const [head, ...lines] = expectNothingDone(result, sandbox)
    expect(head).toContain('8 secrets could not be written, so no key was created')
    expect(lines).toEqual([
      expect.stringMatching(/^- JUNCTION_KEY in repo=octo-org\/example app=dependabot: .*403/),
      expect.stringMatching(/app=agents: .*33 bytes instead of 32/),
      expect.stringMatching(/example app=codespaces: .*public key/),
      expect.stringMatching(/env=nowhere: the environment does not exist.*create_environments/),
      expect.stringMatching(/in repo=octo-org\/nothing: GitHub returned 404/),
      expect.stringMatching(/env=preview: octo-org\/nothing was not found/),
      expect.stringMatching(
        /in org=octo-org: GitHub's response is unreadable.*it contains no public key/,
      ),
      expect.stringMatching(/app=codespaces: octo-org\/missing was not found/),
    ])
    expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = ${OLD_VALUE}`])

    const cleaned = await post(result)
    expect(outcomeOf(cleaned)).toEqual(SUCCESS)
    expect(listWrites(sandbox)).toEqual([])
  })

  test('the error for a workflow’s own token names the one needed', async ({ main, sandbox }) => {
    sandbox.github.addEnvironment(sandbox.repository, 'preview')
    const result = await main({
      github_token: sandbox.workflowToken,
      secret_targets: 'repo\nenv=preview\napp=dependabot\norg=octo-org',
    })
    const [, ...lines] = expectNothingDone(result, sandbox)
    expect(lines).toHaveLength(4)
    for (const line of lines) {
      expect(line).toContain('GitHub returned 403')
      expect(line).toContain("GITHUB_TOKEN can never write secrets: use a GitHub App's")
    }
    expect(lines[0]).toMatch(/with the permission secrets: write$/)
    expect(lines[1]).toMatch(/with the permission environments: write$/)
    expect(lines[2]).toMatch(/with the permission dependabot_secrets: write$/)
    expect(lines[3]).toMatch(/with the permission organization_secrets: write$/)
  })
})

describe('create_environments', () => {
  test('creates what is missing, once, and changes nothing else', async ({ succeed, sandbox }) => {
    sandbox.github.addEnvironment(sandbox.repository, 'Prod', { wait_timer: 5 })
    const result = await succeed({
      secret_targets: 'env=prod\nenv="new one/1"\nenv="new one/1" name=B',
      create_environments: 'true',
    })
    expect(listSecrets(sandbox)).toEqual([
      `octo-org/example env Prod: ${SECRET} = active`,
      'octo-org/example env new one/1: B = active',
      `octo-org/example env new one/1: ${SECRET} = active`,
    ])
    expect(sandbox.github.environments()).toMatchObject([
      { name: 'Prod', protection: { wait_timer: 5 } },
      { name: 'new one/1' },
    ])
    expect(listWrites(sandbox).filter((write) => !write.includes('/secrets/'))).toEqual([
      'PUT /repos/octo-org/example/environments/new%20one%2F1 200',
    ])
    expect(result.stdout).toContain('Created environment repo=octo-org/example env="new one/1"')
    expect(result.stdout).not.toMatch(/Created environment .*prod/i)
  })

  test.each([
    ['another target fails', 'app=agents'],
    ['another environment’s repository does not exist', 'repo=octo-org/nothing env=other'],
  ])('creates none when %s', async ({ main, sandbox }, [, target]) => {
    sandbox.github.withhold({ path: '/agents/' })
    const inputs = { secret_targets: `env=new\n${target}`, create_environments: 'true' }
    expectNothingDone(await main(inputs), sandbox)
    expect(sandbox.github.environments()).toEqual([])
  })

  test('creates none when the keys cannot be listed, however late that shows', async ({
    main,
    sandbox,
  }) => {
    const list = { kind: 'status', method: 'GET', path: '/management_key' } as const
    sandbox.misbehave({ ...list, status: 503, times: 3 })
    sandbox.misbehave({ ...list, status: 401 })
    const inputs = { if_exists: 'replace', secret_targets: 'env=new', create_environments: 'true' }
    expectNothingDone(await main(inputs), sandbox)
    expect(sandbox.github.environments()).toEqual([])
  })

  test('reports that the token may not, and creates no key', async ({ main, sandbox }) => {
    sandbox.github.withhold({ method: 'PUT', path: /\/environments\/new$/ })
    const result = await main({ secret_targets: 'env=new', create_environments: 'true' })
    expectFailure(
      result,
      'env=new: GitHub returned 403',
      'with the permission administration: write',
    )
    expect(countRequests(sandbox, 'POST')).toBe(0)
    expect(sandbox.github.environments()).toEqual([])
  })
})

describe('dry_run', () => {
  test('checks everything and changes nothing', async ({ succeed, post, sandbox }) => {
    addOldSecret(sandbox)
    const result = await succeed({
      secret_targets: 'repo\nenv=new\norg=octo-org',
      create_environments: 'true',
      dry_run: 'true',
    })
    expect(result.outputs).toMatchObject({ created: 'false', secrets: '[]' })
    expect(result.outputs['key']).toBeUndefined()
    expect(countRequests(sandbox, 'POST')).toBe(0)
    expect(sandbox.keys()).toEqual([])
    expect(listWrites(sandbox)).toEqual([])
    expect(sandbox.github.environments()).toEqual([])
    expect(listSecrets(sandbox)).toEqual([`octo-org/example: ${SECRET} = ${OLD_VALUE}`])
    expect(result.summary.match(/would be \w+(, with its environment)?(?= \|$)/gm)).toEqual([
      'would be updated',
      'would be created, with its environment',
      'would be created',
    ])
    expect(result.shown).toEqual(
      expect.arrayContaining([
        `Dry run: ${SECRET} in repo=octo-org/example would be updated`,
        `Dry run: ${SECRET} in repo=octo-org/example env=new would be created, with its environment`,
        `Dry run: ${SECRET} in org=octo-org would be created`,
      ]),
    )

    expect(outcomeOf(await post(result, { revoke: 'always' }))).toEqual(SUCCESS)
    expect(listWrites(sandbox)).toEqual([])
  })

  test.each([
    ['', 'repo\nenv=new', 3],
    [
      ', also for a new environment of a repository that does not exist',
      'repo=octo-org/no env=new',
      2,
    ],
  ])('fails where the real run would%s', async ({ main, sandbox }, [, secret_targets, lines]) => {
    sandbox.github.withhold({ path: '/actions/secrets' })
    const create_environments = String(secret_targets.includes('repo='))
    const result = await main({ secret_targets, create_environments, dry_run: 'true' })
    expect(expectNothingDone(result, sandbox)).toHaveLength(lines)
  })
})
