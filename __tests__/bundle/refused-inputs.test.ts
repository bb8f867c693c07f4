import { tmpdir } from 'node:os'
import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../support/leaks.js'
import { expectFailure, expectWarning, messagesOf } from '../support/messages.js'
import { withAction } from '../support/scenario.js'

const ALL_BAD = {
  org_key: 'sk_us_team_api_key_4711',
  org_id: 'my-org',
  team_id: 'my-team, another',
  label: 'two\nlines',
  if_exists: 'maybe',
  retain: '-1',
  revoke: 'sometimes',
  env_name: 'NODE_OPTIONS',
  output_key: 'yes',
  dry_run: '1',
  api_url: 'http://junction.example/management',
  timeout_seconds: '0',
}

describe('refused inputs', () => {
  test.concurrent('all are named by one error, before any request', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const run = await main(ALL_BAD, { debug: true })
      expect(run.exitCode).toBe(1)
      expect(run.annotations).toHaveLength(1)
      const [error = ''] = messagesOf(run, 'error')
      const named = [...error.matchAll(/^- (\w+)/gm)].map(([, name]) => name)
      expect(named).toEqual(expect.arrayContaining(Object.keys(ALL_BAD)))
      expect(findLeaks(run, [ALL_BAD.org_key])).toEqual([])
      expect(sandbox.requests).toEqual([])

      const cleaned = await post(run, ALL_BAD)
      expect([cleaned.exitCode, cleaned.annotations]).toEqual([0, []])
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('a misspelled name is refused, and the post step ignores it', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const inputs = { revok: 'always', 'github-token': 'fake-token-of-no-known-form', retain: '1' }
      const run = await main(inputs, { debug: true })
      expect(run.exitCode).toBe(1)
      // The runner has said before that it does not know these names.
      const [error = '', ...others] = messagesOf(run, 'error')
      expect(others).toEqual([])
      expect(error).toMatch(/^- revok is not an input .*enter revoke /m)
      expect(error.match(/INPUT_REVOK or|INPUT_GITHUB-TOKEN or|of your own/g)).toHaveLength(2)
      expect(error).toMatch(/^- github-token is not an input .*enter github_token /m)
      expect(error).toMatch(/^- retain has no effect when if_exists is create/m)
      expect(findLeaks(run, [inputs['github-token']])).toEqual([])
      expect(sandbox.requests).toEqual([])

      const created = await main()
      const cleaned = await post(created, { revok: 'always', revoke: 'always' })
      expect([cleaned.exitCode, messagesOf(cleaned, 'error')]).toEqual([0, []])
      expect(sandbox.activeKeys()).toEqual([])
    }))

  test.concurrent('create_environments without a secret is refused', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ create_environments: 'true' })
      expectFailure(run, /^create_environments has no effect/)
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('a variable INPUT_… unlike any input is ignored', () =>
    withAction('.', async ({ main }) => {
      const run = await main({}, { env: { INPUT_KEY: 'x', INPUT_VERSION: '1', INPUT_: '' } })
      expect(run.exitCode).toBe(0)
    }))

  test.concurrent('a Team API Key gets its own error', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ org_key: 'pk_eu_4711471147114711' })
      expectFailure(run, /^org_key .*Team API Key/)
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('a key in the wrong place is not shown', () =>
    withAction('.', async ({ main, sandbox }) => {
      const stray = 'mg_put_where_the_team_belongs'
      const run = await main({ team_id: stray, if_exists: stray }, { debug: true })
      expectFailure(run, 'team_id')
      expect(findLeaks(run, [stray])).toEqual([])
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('an Org Management Key with line breaks is refused and masked line by line', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      const lines = [sandbox.orgKey, 'second-half-of-the-secret']
      const org_key = `${lines.join('\r\n')}\n`
      for (const run of [
        await main({ org_key }, { debug: true }),
        await post({ state: {} }, { org_key }, { debug: true }),
      ]) {
        expect(run.lines.slice(0, 2)).toEqual(lines.map((line) => `::add-mask::${line}`))
        expect(findLeaks(run, lines)).toEqual([])
      }
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('whitespace around an Org Management Key is ignored', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ org_key: ` ${sandbox.orgKey}\n` })
      expect(run.exitCode).toBe(0)
      expect(run.masks[0]).toBe(sandbox.orgKey)
    }))

  test.concurrent('a fork’s pull request gets an error that explains the missing secrets', () =>
    withAction('.', async ({ main, sandbox }) => {
      const event = { pull_request: { head: { repo: { full_name: 'stranger/octo-app' } } } }
      const run = await main({ ...ALL_BAD, org_key: '' }, { event })
      expectFailure(run, /^org_key is empty because .*fork/)
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('Dependabot’s pull request gets an error that says where its secrets are', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main(
        { org_key: '' },
        { context: { github: { actor: 'dependabot[bot]', event_name: 'push' } } },
      )
      expectFailure(run, /^org_key is empty .*Dependabot/)
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('on Gitea, whose post steps never see a failure, revoke: on_failure is refused', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ revoke: 'on_failure' }, { env: { GITEA_ACTIONS: 'true' } })
      expectFailure(run, /^revoke: on_failure .*; set revoke: always, or add a last step/)
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent('a label that lacks the number of its pull request draws a warning', () =>
    withAction('.', async ({ main }) => {
      const github = { event_name: 'merge_group' }
      const run = await main({ label: 'preview-' }, { event: {}, context: { github } })
      expectWarning(run, /^label "preview-" looks as if a number is missing: .* merge_group\./)
      const numbered = await main({ label: 'preview-' }, { event: { number: 42 } })
      expect(messagesOf(numbered, 'warning')).toEqual([])
    }))

  test.concurrent('in an ordinary run an empty Org Management Key is a missing secret', () =>
    withAction('.', async ({ main }) => {
      const run = await main({ org_key: ' ' })
      expectFailure(run, /^org_key is empty; enter .*secrets/)
    }))

  test.concurrent('a key with no destination is not created', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ output_key: 'false' })
      expectFailure(run, 'output_key is false')
      expect(sandbox.requests).toEqual([])
    }))

  test.concurrent.each([
    ['GITHUB_OUTPUT', undefined],
    ['GITHUB_OUTPUT', tmpdir()],
    ['GITHUB_STATE', undefined],
    ['GITHUB_STATE', tmpdir()],
    ['GITHUB_ENV', undefined],
    ['GITHUB_ENV', `${tmpdir()}/there/is/no/such/file`],
  ])('nothing is created when %s is %s, which is not writable', (file, path) =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({ env_name: 'JUNCTION_KEY' }, { overrides: { [file]: path } })
      expectFailure(run, file)
      expect(sandbox.requests).toEqual([])
    }),
  )

  test.concurrent('the key is created even without a summary file', () =>
    withAction('.', async ({ main, sandbox }) => {
      const run = await main({}, { overrides: { GITHUB_STEP_SUMMARY: undefined }, debug: true })
      expect(run.exitCode).toBe(0)
      expect(run.outputs['key']).toBe(sandbox.activeKeys()[0]?.key)
    }))
})
