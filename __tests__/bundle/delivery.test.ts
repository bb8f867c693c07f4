import { describe, expect } from '@jest/globals'
import { passOn, withGateway } from '../support/gateway.js'
import { findLeaks } from '../support/leaks.js'
import {
  expectFailure,
  expectMessage,
  findUnreportedKeys,
  messagesOf,
} from '../support/messages.js'
import { listMethods } from '../support/requests.js'
import { testAction, testExtended } from '../support/scenario.js'
import { listSecrets } from '../support/secrets.js'
import { mainDuring, withStepFiles } from '../support/step-files.js'

const test = testAction('.')
const testFiles = testExtended('.', withStepFiles)

describe('creating a key', () => {
  test('masks it, delivers it, and leaves it active', async (scenario) => {
    const { succeed, post, sandbox, inputs } = scenario
    const created = await succeed()
    const [key] = sandbox.activeKeys()
    expect(created.outputs).toEqual({
      key: key?.key,
      key_id: key?.id,
      label: 'preview-42',
      role: 'team_admin',
      created_at: key?.createdAt,
      team_ids: JSON.stringify([inputs['team_id']]),
      created: 'true',
      replaced_key_ids: '[]',
      retained_key_ids: '[]',
      secrets: '[]',
    })
    expect(created.masks.slice(0, 2)).toEqual([sandbox.orgKey, key?.key])

    const cleaned = await post(created)
    expect(cleaned.exitCode).toBe(0)
    expect(sandbox.activeKeys()).toHaveLength(1)
  })

  test('sends one body that schema and example accept', async ({ main, sandbox, inputs }) => {
    await main()
    expect(sandbox.requests).toHaveLength(1)
    expect(sandbox.requests[0]).toMatchObject({
      method: 'POST',
      path: `/management/v1/org/${sandbox.orgId}/management_key`,
      body: {
        label: 'preview-42',
        role: 'team_admin',
        team_role_bindings: [{ team_id: inputs['team_id'] }],
        team_id: inputs['team_id'],
      },
    })
  })
})

describe('delivering a key', () => {
  test.each(['true', 'false'])('as a variable, and with output_key: %s', async (...row) => {
    const [{ succeed, sandbox }, output_key] = row
    const run = await succeed({ env_name: 'JUNCTION_KEY', output_key })
    const [made] = sandbox.activeKeys()
    expect(run.env).toEqual({ JUNCTION_KEY: made?.key })
    expect(run.outputs['key']).toBe(output_key === 'true' ? made?.key : undefined)
    expect(run.outputs).toMatchObject({ key_id: made?.id, created: 'true' })
    expect(findLeaks(run, [sandbox.orgKey, made?.key ?? ''])).toEqual([])
  })

  test('that is bound to several teams, in their order, each once', async ({
    succeed,
    sandbox,
  }) => {
    const [first = '', second = '', third = ''] = sandbox.teamIds
    const team_id = `\n ${third}, ${first.toUpperCase()}\n\n${third},\n${second}\n`
    const run = await succeed({ team_id })
    const ordered = [third, first, second]
    expect(sandbox.requests[0]?.body).toEqual({
      label: 'preview-42',
      role: 'team_admin',
      team_role_bindings: ordered.map((id) => ({ team_id: id })),
    })
    expect(run.outputs['team_ids']).toBe(JSON.stringify(ordered))
  })

  test('as in the response, else as in the request', async ({ succeed, sandbox, inputs }) => {
    sandbox.misbehave({
      kind: 'omit',
      fields: ['label', 'created_at', 'creator', 'role', 'team_role_bindings'],
    })
    const run = await succeed()
    expect(run.outputs).toMatchObject({
      key: sandbox.activeKeys()[0]?.key,
      label: 'preview-42',
      role: '',
      created_at: '',
      team_ids: JSON.stringify([inputs['team_id']]),
    })
  })
})

describe('a dry run', () => {
  test('reads and creates nothing, and says so', async ({ succeed, post, sandbox, inputs }) => {
    const run = await succeed({ dry_run: 'true', revoke: 'always' })
    expect(run.outputs).toEqual({
      label: 'preview-42',
      team_ids: JSON.stringify([inputs['team_id']]),
      created: 'false',
      replaced_key_ids: '[]',
      retained_key_ids: '[]',
      secrets: '[]',
    })
    expect(run.summary).toContain('nothing was created')
    expect(run.annotations).toEqual([
      expect.objectContaining({ level: 'notice', message: expect.stringMatching(/^Dry run/) }),
    ])
    expect((await post(run, { revoke: 'always' })).exitCode).toBe(0)
    expect(listMethods(sandbox)).toEqual(['GET'])
    expect(sandbox.keys()).toEqual([])
  })

  test('detects that the organization does not accept the key', async ({ main, sandbox }) => {
    const run = await main({ dry_run: 'true', org_key: 'mg_long_since_revoked' })
    expectFailure(run, /returned 401 .*org_key was not recognized/)
    expect(listMethods(sandbox)).toEqual(['GET'])
  })

  test('with if_exists: fail, fails as the real run would', async ({ main, sandbox, addKey }) => {
    const found = addKey()
    const run = await main({ dry_run: 'true', if_exists: 'fail' })
    expectFailure(run, found)
    expect(listMethods(sandbox)).toEqual(['GET'])
  })

  test('with if_exists: replace, names what would be revoked and revokes nothing', async (scenario) => {
    const { succeed, sandbox, addKey } = scenario
    const old = addKey('preview-42', { createdAt: '2026-01-01T00:00:00Z' })
    const young = addKey()
    const run = await succeed({ dry_run: 'true', if_exists: 'replace', retain: '1' })
    expect(run.summary).toContain(`| \`${old}\` | would be revoked |`)
    expect(run.summary).toContain(`| \`${young}\` | stays active |`)
    expect(listMethods(sandbox)).toEqual(['GET'])
    expect(sandbox.activeKeys()).toHaveLength(2)
  })
})

describe('the order of effects', () => {
  test('the Org Management Key is masked first in main and post', async (scenario) => {
    const { main, post, sandbox } = scenario
    const mask = `::add-mask::${sandbox.orgKey}`
    const created = await main({}, { debug: true })
    const cleaned = await post(created, { revoke: 'always' }, { debug: true })
    expect([created.lines[0], cleaned.lines[0]]).toEqual([mask, mask])
  })

  test('the new key is masked by the first line that has any of it', async ({ main, sandbox }) => {
    const { lines, masks } = await main({ env_name: 'JUNCTION_KEY' }, { debug: true })
    const [made] = sandbox.activeKeys()
    const { id = '', key = '' } = made ?? {}
    const mentions = lines.filter((line) => line.includes(key) || line.includes(id))
    expect(mentions[0]).toBe(`::add-mask::${key}`)
    expect(mentions.length).toBeGreaterThan(1)
    // Also without its last one and its last two characters.
    expect(masks.slice(-3)).toEqual([key, key.slice(0, -1), key.slice(0, -2)])
  })
})

describe('what is in the files of a step', () => {
  testFiles('the states follow one another, and none ever contains a key', async (scenario) => {
    const { main, sandbox, overrides, readPhases, readStates } = scenario
    await main({}, { overrides })
    expect(readPhases()).toEqual(['none', 'intent', 'created', 'delivered'])
    const [, , created, delivered] = readStates()
    for (const state of [created, delivered]) expect(state).toContain(sandbox.activeKeys()[0]?.id)
    expect(JSON.stringify(readStates())).not.toContain('mg_')
  })

  testFiles('when the create arrives: the intent, and no ID yet', async (scenario) => {
    await mainDuring(scenario, 'POST', () => {
      expect(scenario.readPhases()).toEqual(['none', 'intent'])
      expect(scenario.readState()['transaction']).not.toContain('keyId')
    })
  })

  testFiles('when outputs cannot be set: the ID, and no delivery', async (scenario) => {
    await mainDuring(scenario, 'POST', () => scenario.spoil('GITHUB_OUTPUT'))
    expect(scenario.readPhases()).toEqual(['none', 'intent', 'created', 'done'])
  })

  testFiles('when the revocation of a previous key arrives: the delivery', async (scenario) => {
    const { sandbox, addKey, readOutputs, readPhases } = scenario
    addKey()
    const look = () => {
      expect(readOutputs()['key']).toBe(sandbox.keys().at(-1)?.key)
      expect(readPhases().slice(1)).toEqual(['intent', 'created', 'delivered'])
    }
    await mainDuring(scenario, 'DELETE', look, { if_exists: 'replace' })
  })
})

describe('a key that cannot be delivered', () => {
  testFiles.each(['GITHUB_OUTPUT', 'GITHUB_STATE'])(
    'because %s can no longer be written is revoked at once, and no previous key',
    async (scenario, file) => {
      const { sandbox, addKey, spoil } = scenario
      const old = addKey()
      const inputs = { if_exists: 'replace' }
      const run = await mainDuring(scenario, 'POST', () => spoil(file), inputs)
      expect(run.exitCode).toBe(1)
      expect(messagesOf(run, 'error')).toHaveLength(1)
      expect(listMethods(sandbox)).toEqual(['GET', 'POST', 'DELETE'])
      expect(sandbox.keys()).toHaveLength(2)
      expect(sandbox.activeKeys().map(({ id }) => id)).toEqual([old])
    },
  )

  testAction('. with secrets')('and not saved takes back its secret as well', (scenario) =>
    withStepFiles(scenario, async ({ sandbox, main, clean, spoil, overrides }) => {
      const respond: typeof passOn = (answer, response) => {
        if (answer.statusCode === 201) spoil('GITHUB_STATE')
        passOn(answer, response)
      }
      await withGateway(sandbox, respond, async (url) => {
        const github_api_url = `${new URL(url).origin}${new URL(sandbox.githubUrl).pathname}`
        const run = await main({ github_api_url }, { overrides })
        expect(messagesOf(run, 'error')).toHaveLength(1)
        expectMessage(run, 'warning', 'The post step will not know what became of the key')
        expect([listSecrets(sandbox), sandbox.activeKeys()]).toEqual([[], []])
        await clean(run, { github_api_url }, { overrides })
      })
    }),
  )

  testFiles.each(['GITHUB_OUTPUT', 'GITHUB_STATE'] as const)(
    'for want of %s, and not revoked either, is named, and revoked by the post step',
    async (scenario, file) => {
      const { sandbox, clean, spoil, readState, overrides } = scenario
      sandbox.misbehave({ kind: 'status', status: 403, method: 'DELETE' })
      const run = await mainDuring(scenario, 'POST', () => spoil(file))
      expect(run.exitCode).toBe(1)
      expect(sandbox.activeKeys()).toHaveLength(1)
      expect(findUnreportedKeys(sandbox, [run])).toEqual([])

      const state = file === 'GITHUB_STATE' ? {} : readState()
      await clean({ state }, {}, { overrides: { RUNNER_TEMP: overrides.RUNNER_TEMP } })
      expect(sandbox.activeKeys()).toEqual([])
    },
  )
})

testFiles(
  'reports a replacement that can no longer be saved: the key is delivered',
  async (scenario) => {
    const { sandbox, addKey, spoil, readOutputs } = scenario
    const old = addKey()
    const inputs = { if_exists: 'replace' }
    const run = await mainDuring(scenario, 'DELETE', () => spoil('GITHUB_STATE'), inputs)
    expect(run.exitCode).toBe(0)
    expectMessage(run, 'warning', 'The post step will not know which previous keys were revoked')
    expect(readOutputs()['replaced_key_ids']).toBe(JSON.stringify([old]))
    expect(sandbox.activeKeys()).toHaveLength(1)
  },
)

describe('api_url', () => {
  test.each([
    ['', ''],
    ['/', ''],
    ['/management', '/management'],
    ['/management/', '/management'],
    ['/management///', '/management'],
  ])('may end in "%s"', async ({ succeed, post, sandbox }, [end, prefix]) => {
    const api_url = `${sandbox.url}${end}`
    const run = await succeed({ api_url })
    expect((await post(run, { api_url, revoke: 'always' })).exitCode).toBe(0)
    const collection = `${prefix}/v1/org/${sandbox.orgId}/management_key`
    expect(sandbox.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${collection}`,
      `DELETE ${collection}/${run.outputs['key_id']}`,
    ])
    expect(sandbox.activeKeys()).toEqual([])
  })

  test('gets the key in one header, User-Agent, and little else', async (scenario) => {
    const { main, post, sandbox } = scenario
    await post(await main({ if_exists: 'replace', revoke: 'always' }), { revoke: 'always' })
    const always = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: expect.any(String),
      host: new URL(sandbox.url).host,
      'user-agent': expect.stringMatching(/^junction-management-key\/\d+\.\d+\.\d+$/),
      'x-management-key': sandbox.orgKey,
    }
    const withBody = { 'content-length': expect.any(String), 'content-type': 'application/json' }
    expect(sandbox.requests.map(({ headers }) => headers)).toEqual([
      always,
      { ...always, ...withBody },
      always,
    ])
  })
})

describe('github_api_url', () => {
  const FORGE = { context: { github: { api_url: 'http://gitea.example/api/v1' } } }

  test('does not matter to a create that sends no request to GitHub', async (scenario) => {
    const { succeed, clean, sandbox } = scenario
    await clean(await succeed({}, FORGE), { revoke: 'always' }, FORGE)
    expect(sandbox.activeKeys()).toEqual([])
  })

  testAction('revoke')('nor to such a revoke', async ({ succeed, addKey, sandbox }) => {
    await succeed({ key_id: addKey() }, FORGE)
    expect(sandbox.activeKeys()).toEqual([])
  })

  testAction('prune')('nor to such a prune', async ({ succeed }) => {
    await succeed({ label_pattern: '*', older_than: '1d' }, FORGE)
  })

  testAction('. with secrets')('is refused where a token would be sent to it', async (scenario) => {
    const { main, sandbox } = scenario
    const run = await main({}, FORGE)
    expectFailure(run, /^github_api_url "http:\S+" would send the key unencrypted/)
    expect(sandbox.requests).toEqual([])
  })
})
