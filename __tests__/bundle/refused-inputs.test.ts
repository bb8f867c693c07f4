import { tmpdir } from 'node:os'
import { describe, expect } from '@jest/globals'
import type { RunOptions } from '../../local-runner/types.js'
import { ALL_WRONG } from '../support/inputs.js'
import { findLeaks } from '../support/leaks.js'
import { expectFailure, expectWarning, messagesOf } from '../support/messages.js'
import { testAction } from '../support/scenario.js'

const test = testAction('.')

describe('refused inputs', () => {
  test('all are named by one error, before any request', async ({ main, clean, sandbox }) => {
    const run = await main(ALL_WRONG, { debug: true })
    expect(run.exitCode).toBe(1)
    expect(run.annotations).toHaveLength(1)
    const [error = ''] = messagesOf(run, 'error')
    const named = [...error.matchAll(/^- (\w+)/gm)].map(([, name]) => name)
    expect(named).toEqual(expect.arrayContaining(Object.keys(ALL_WRONG)))
    expect(findLeaks(run, [String(ALL_WRONG['org_key'])])).toEqual([])
    expect(sandbox.requests).toEqual([])

    await clean(run, ALL_WRONG)
    expect(sandbox.requests).toEqual([])
  })

  test('a misspelled name is refused, but not in post', async ({ main, post, sandbox }) => {
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
  })

  const FORK = { pull_request: { head: { repo: { full_name: 'stranger/octo-app' } } } }
  const DEPENDABOT = { github: { actor: 'dependabot[bot]', event_name: 'push' } }
  test.each<[string, Record<string, string>, Partial<RunOptions>, RegExp]>([
    ['a Team API Key', { org_key: 'pk_eu_47114711' }, {}, /^org_key .*Team API Key/],
    ['a missing secret', { org_key: ' ' }, {}, /^org_key is empty; enter .*secrets/],
    [
      'a fork’s pull request',
      { ...ALL_WRONG, org_key: '' },
      { event: FORK },
      /^org_key is empty because .*fork/,
    ],
    [
      'Dependabot’s pull request',
      { org_key: '' },
      { context: DEPENDABOT },
      /^org_key is empty .*Dependabot/,
    ],
    [
      'a post step of Gitea, which never sees a failure',
      { revoke: 'on_failure' },
      { env: { GITEA_ACTIONS: 'true' } },
      /^revoke: on_failure .*; set revoke: always, or add a last step/,
    ],
    ['a key with no destination', { output_key: 'false' }, {}, /output_key is false/],
    [
      'an input without effect',
      { create_environments: 'true' },
      {},
      /^create_environments is true, but no target is an environment/,
    ],
  ])('%s gets its own error', async ({ main, sandbox }, [, inputs, options, message]) => {
    expectFailure(await main(inputs, options), message)
    expect(sandbox.requests).toEqual([])
  })

  test('a variable INPUT_… unlike any input is ignored', async ({ succeed }) => {
    await succeed({}, { env: { INPUT_KEY: 'x', INPUT_VERSION: '1', INPUT_: '' } })
  })

  test('an Org Management Key with line breaks is refused and masked line by line', async (scenario) => {
    const { main, post, sandbox } = scenario
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
  })

  test('whitespace around an Org Management Key is ignored', async ({ succeed, sandbox }) => {
    const run = await succeed({ org_key: ` ${sandbox.orgKey}\n` })
    expect(run.masks[0]).toBe(sandbox.orgKey)
  })

  test('a label that lacks the number of its pull request draws a warning', async ({ main }) => {
    const github = { event_name: 'merge_group' }
    const run = await main({ label: 'preview-' }, { event: {}, context: { github } })
    expectWarning(run, /^label "preview-" looks as if a number is missing: .* merge_group\./)
    const numbered = await main({ label: 'preview-' }, { event: { number: 42 } })
    expect(messagesOf(numbered, 'warning')).toEqual([])
  })

  test.each([
    ['GITHUB_OUTPUT', undefined],
    ['GITHUB_OUTPUT', tmpdir()],
    ['GITHUB_STATE', undefined],
    ['GITHUB_STATE', tmpdir()],
    ['GITHUB_ENV', undefined],
    ['GITHUB_ENV', `${tmpdir()}/there/is/no/such/file`],
  ])('nothing is created when %s is %s, which is not writable', async (scenario, [file, path]) => {
    const { main, sandbox } = scenario
    const run = await main({ env_name: 'JUNCTION_KEY' }, { overrides: { [file]: path } })
    expectFailure(run, file)
    expect(sandbox.requests).toEqual([])
  })

  test('the key is created even without a summary file', async ({ succeed, sandbox }) => {
    const run = await succeed({}, { overrides: { GITHUB_STEP_SUMMARY: undefined }, debug: true })
    expect(run.outputs['key']).toBe(sandbox.activeKeys()[0]?.key)
  })
})
