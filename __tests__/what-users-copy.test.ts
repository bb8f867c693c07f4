import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { startSandbox } from '../sandbox/server.js'
import { isRecord } from '../src/core/json.js'

const API_URL = 'https://api.tryvital.io/management'

test('the curl command of the migration recipe creates a key', async () => {
  const sandbox = await startSandbox()
  try {
    const teamId = sandbox.teamIds[0] ?? ''
    const { header, json, url } = readCurl({
      JUNCTION_ORG_KEY: sandbox.orgKey,
      JUNCTION_ORG_ID: sandbox.orgId,
      JUNCTION_TEAM_ID: teamId,
    })
    const [name = '', value = ''] = header.split(': ')
    const response = await fetch(url.replace(API_URL, sandbox.managementUrl), {
      method: 'POST',
      // curl's --json sends this one.
      headers: { [name]: value, 'content-type': 'application/json' },
      body: json,
    })
    const answer: unknown = await response.json()
    expect({ status: response.status, answer }).toMatchObject({
      status: 200,
      answer: { label: 'ci', role: 'team_admin', key: expect.stringMatching(/^mg_/) },
    })
    expect(isRecord(answer) && answer['id']).toBe(sandbox.activeKeys()[0]?.id)
    expect(sandbox.activeKeys()).toMatchObject([{ label: 'ci', teamIds: [teamId] }])
  } finally {
    await sandbox.stop()
  }
})

/** What that curl command sends, in a shell with these variables. */
function readCurl(variables: Readonly<Record<string, string>>) {
  const recipes = readFileSync('docs/recipes.md', 'utf8')
  const [script = ''] = /^key=\$\(curl [\s\S]*?(?=\| jq -r \.key\))/m.exec(recipes) ?? []
  const readWord = (before: string) => {
    const quoted = new RegExp(`${before}"((?:\\\\.|[^"\\\\])*)"`).exec(script)?.[1] ?? ''
    return quoted.replace(
      /\\([$"`\\])|\$(\w+)/g,
      (_, literal: string | undefined, name: string) => literal ?? variables[name] ?? '',
    )
  }
  return { header: readWord('--header '), json: readWord('--json '), url: readWord('\\n  ') }
}
