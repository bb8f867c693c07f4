import { describe, expect, test } from '@jest/globals'
import type { RunResult } from '../../local-runner/types.js'
import type { Fault, Sandbox } from '../../sandbox/types.js'
import { findLeaks } from '../support/leaks.js'
import { messagesOf } from '../support/messages.js'
import { RUN_ID, withAction } from '../support/scenario.js'

/** A key with every character that an encoding changes. */
const ORG_KEY = `mg_org_"quoted"\\back/slash+plus=and&less<more>%25'tick'_0123456789`
const FOREIGN_KEY = 'mg_somebody_elses_key_0123456789'

const FAULTS: readonly Fault[] = [
  { kind: 'delay', delayMs: 50 },
  { kind: 'status', status: 503, after: 'work' },
  { kind: 'status', status: 429, retryAfter: 1 },
  { kind: 'reset' },
  { kind: 'reset', when: 'work' },
  { kind: 'hold' },
  { kind: 'hold', when: 'work' },
  { kind: 'late', delayMs: 1100 },
  { kind: 'truncate' },
  { kind: 'garble' },
  { kind: 'omit', fields: ['key'] },
  { kind: 'omit', fields: ['id'] },
  { kind: 'huge', bytes: 9 * 1024 * 1024 },
  { kind: 'slow-body', delayMs: 30 },
  { kind: 'redirect', location: `https://elsewhere.example/${ORG_KEY}?key=${FOREIGN_KEY}` },
  { kind: 'no-date' },
]

/** Ways in which a service could quote a key, in every text of a response. */
const ECHOES: Readonly<Record<string, unknown>> = {
  plain: `<< ${ORG_KEY} ${FOREIGN_KEY} >>`,
  'JSON-escaped': JSON.stringify(`it was ${ORG_KEY}, not ${FOREIGN_KEY}`),
  'url-encoded': `key=${encodeURIComponent(ORG_KEY)}&other=${FOREIGN_KEY}`,
  base64: Buffer.from(ORG_KEY).toString('base64'),
  page: `<!doctype html><p>${ORG_KEY} ${FOREIGN_KEY}</p>`,
  detail: { detail: `Unknown key ${ORG_KEY}, did you mean ${FOREIGN_KEY}?` },
  message: { message: `Unknown key "${ORG_KEY}"${FOREIGN_KEY}` },
  error: { error: { message: `Unknown key ${ORG_KEY},${FOREIGN_KEY}` } },
  fields: {
    detail: [
      { loc: ['header', ORG_KEY], msg: `${ORG_KEY} is not ${FOREIGN_KEY}`, input: ORG_KEY },
      { loc: ['body', FOREIGN_KEY], msg: 'Field required', type: 'missing', input: FOREIGN_KEY },
    ],
  },
  long: { detail: `${'x'.repeat(370)} ${ORG_KEY} ${FOREIGN_KEY}` },
  broken: `{"detail":"${JSON.stringify(ORG_KEY).slice(1, -1)}","key":"${FOREIGN_KEY}`,
}

describe('nothing leaks', () => {
  for (const fault of FAULTS) {
    test.concurrent(`when a create request meets ${JSON.stringify(fault).slice(0, 60)}`, () =>
      withAction(
        '.',
        async ({ main, post, sandbox }) => {
          sandbox.misbehave({ ...fault, method: 'POST' })
          const label = `preview-${RUN_ID}`
          const inputs = { label, timeout_seconds: '1', env_name: 'JUNCTION_KEY' }
          const created = await main(inputs, { debug: true })
          const cleaned = await post(created, { ...inputs, revoke: 'always' }, { debug: true })
          expectNoLeak([created, cleaned], sandbox)
        },
        { orgKey: ORG_KEY },
      ))
  }

  for (const [form, body] of Object.entries(ECHOES)) {
    test.concurrent(`when responses quote the keys: ${form}`, () =>
      withAction(
        '.',
        async ({ main, post, sandbox }) => {
          const created = await main({}, { debug: true })
          const runs: RunResult[] = [created]
          for (const status of [400, 401, 403, 404, 422]) {
            sandbox.misbehave({ kind: 'status', status, body, method: 'POST' })
            runs.push(await main({}, { debug: true }))
          }
          sandbox.misbehave({ kind: 'status', status: 403, body, method: 'GET' })
          runs.push(await main({ if_exists: 'replace' }, { debug: true }))
          // An ambiguous create reports its response and the search that fails after it.
          sandbox.misbehave({ kind: 'status', status: 500, body, method: 'POST' })
          sandbox.misbehave({ kind: 'status', status: 403, body, method: 'GET' })
          runs.push(await main({}, { debug: true }))
          sandbox.misbehave({ kind: 'status', status: 403, body, method: 'DELETE' })
          runs.push(await post(created, { revoke: 'always' }, { debug: true }))

          expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, ...Array(7).fill(1), 0])
          expect(runs.flatMap((run) => messagesOf(run, 'error', 'warning'))).toHaveLength(8)
          expectNoLeak(runs, sandbox)
        },
        { orgKey: ORG_KEY },
      ))
  }

  test.concurrent('into request headers that a log would show', () =>
    withAction('.', async ({ main, post, sandbox }) => {
      sandbox.misbehave({ kind: 'reset', method: 'POST' })
      sandbox.misbehave({ kind: 'delay', delayMs: 150, method: 'DELETE' })
      const created = await main({}, { debug: true })
      const cleaned = await post(created, { revoke: 'always' }, { debug: true })
      const log = [created, cleaned].map(({ lines }) => lines.join('\n')).join('\n')
      expect(log).toMatch(/::debug::POST \S+management_key → .+ in \d+ ms \(attempt 1\)/)
      expect(log).toMatch(/::debug::POST \S+management_key → 200 in \d+ ms \(attempt 2\)/)
      const [, duration] = /::debug::DELETE \S+ → 200 in (\d+) ms \(attempt 1\)/.exec(log) ?? []
      expect(Number(duration)).toBeGreaterThan(140)
      expect(log.toLowerCase()).not.toContain('x-management-key')
      expect(log.toLowerCase()).not.toContain('user-agent')
    }))
})

function expectNoLeak(runs: readonly RunResult[], sandbox: Sandbox): void {
  const made = sandbox.keys().map(({ key }) => key)
  const secrets = [sandbox.orgKey, FOREIGN_KEY, ...made]
  expect(runs.flatMap((run) => findLeaks(run, secrets))).toEqual([])
  for (const run of runs) expect(run.problems).toEqual([])
}
