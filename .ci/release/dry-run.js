import { execFileSync, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse } from 'yaml'

/** @import { CheckRun, FakeGitHub, Release } from './types.ts' */

/*
 * Runs the steps of release.yml and commit-dist.yml, as they stand there, in a copy of this repository and
 * against a stand-in for `gh`: as it should be, and with each thing wrong that must stop them. Other actions
 * (attestations, artifacts) are stood in for. What .ci/run does in steps of its own is left out.
 */

/**
 * @typedef {{ name: string, run?: string, env?: Record<string, string> }} Step
 * @typedef {object} Setting
 * @property {string} [version]
 * @property {string} [ref]
 * @property {Partial<FakeGitHub>} [github]
 * @property {(folder: string) => void} [change] Changes the copy before it is committed.
 * @property {(draft: Release) => Partial<Release>} [tamper] Changes the draft before it is published.
 *
 * @typedef {[name: string, stops: string | undefined, setting: Setting]} Case `stops`: what the log must say; without
 *   it, every step must succeed.
 */

const ROOT = join(import.meta.dirname, '..', '..')
const REPOSITORY = 'octo-org/example'
const RUN_ELSEWHERE = ['npm ci', '.ci/check-dist.sh']
/** @type {{ version: string }} */
const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const TAG = `v${VERSION}`
const MAJOR = `v${VERSION.split('.')[0]}`
const OLD = '0'.repeat(40)
const OWN_SUITE = 7
const TITLE = `junction-management-key-${VERSION}`
/** @type {CheckRun} */
const PASSED = {
  name: 'CI passed',
  status: 'completed',
  conclusion: 'success',
  started_at: '2026-01-02T00:00:00Z',
  app: { slug: 'github-actions' },
  check_suite: { id: 1 },
}
const ANALYZE = (/** @type {string} */ status, /** @type {string | null} */ conclusion) => ({
  ...PASSED,
  name: 'Analyze',
  status,
  conclusion,
})

/** @type {FakeGitHub} */
const GITHUB = {
  releases: [],
  tags: { [MAJOR]: OLD, [`${MAJOR}0.0.0`]: OLD },
  checkRuns: [
    { ...PASSED, conclusion: 'failure', started_at: '2026-01-01T00:00:00Z' },
    PASSED,
    { ...ANALYZE('in_progress', null), name: 'Check', check_suite: { id: OWN_SUITE } },
  ],
  ownSuites: [OWN_SUITE],
  immutable: true,
  head: {},
  commits: [],
  dispatches: [],
}

/** @type {Case[]} */
const RELEASES = [
  ['a release', undefined, {}],
  ['the first release of a major version', undefined, { github: { tags: {} } }],
  ['a draft that a failed run left', undefined, { github: { releases: [release(true)] } }],
  ['a version with a v', 'is not a version', { version: TAG }],
  ['a version with a command', 'is not a version', { version: '$(touch harm)' }],
  ['another version', `package.json has version ${VERSION}`, { version: '99.0.0' }],
  ['another branch', 'Only main', { ref: 'refs/heads/fix' }],
  ['this version again', `${TAG} is released`, { github: { tags: { [TAG]: OLD } } }],
  ['a lower version', '999.0 is released', { github: { tags: { [`${MAJOR}.999.0`]: OLD } } }],
  ['a published release', 'published already', { github: { releases: [release(false)] } }],
  ['another section', 'first section', { change: writeChangelog('## 0.0.1\n\nOld.\n') }],
  ['an empty section', 'nothing', { change: writeChangelog(`## ${VERSION}\n\n## 0.0.1\n`) }],
  ['no checks', 'CI passed" has not run', checks()],
  ['a failed check', 'Analyze (failure)', checks(PASSED, ANALYZE('completed', 'failure'))],
  ['an unfinished check', 'Analyze (queued)', checks(PASSED, ANALYZE('queued', null))],
  [
    'a queued rerun of the gate',
    'CI passed (queued)',
    checks({ ...PASSED, status: 'queued', conclusion: null, started_at: null }, PASSED),
  ],
  ['a gate of another app', 'has not run', checks({ ...PASSED, app: { slug: 'stranger' } })],
  [
    'a file that no runner needs',
    'No runner needs notes.txt',
    { change: (folder) => writeFileSync(join(folder, 'notes.txt'), 'Notes\n') },
  ],
  [
    'an action that is left out',
    'prune/action.yml must not be export-ignore',
    {
      change: (folder) => appendFileSync(join(folder, '.gitattributes'), '/prune export-ignore\n'),
    },
  ],
  ['a draft of another commit', `targets ${OLD}`, { tamper: () => ({ target_commitish: OLD }) }],
  [
    'a draft with another file',
    'extra.sh',
    { tamper: ({ assets }) => ({ assets: [...assets, { name: 'extra.sh' }] }) },
  ],
  ['a mutable release', 'is not immutable', { github: { immutable: false } }],
]

const scratch = mkdtempSync(join(tmpdir(), 'release-'))
const folder = join(scratch, 'repository')
try {
  copyRepository()
  for (const each of RELEASES) tryRelease(each)
  tryCommitDist()
  console.log(`The release and ${RELEASES.length} variations end as they should`)
} finally {
  rmSync(scratch, { recursive: true })
}

/** @param {Case} expected */
function tryRelease([name, stops, { version = VERSION, ref, github, change, tamper }]) {
  git(folder, 'reset', '--hard', '--quiet', 'base')
  git(folder, 'clean', '-ffdxq')
  change?.(folder)
  if (change !== undefined) commitAll()
  const commit = git(folder, 'rev-parse', 'HEAD')
  const before = { ...structuredClone(GITHUB), ...github }
  const attest = { 'steps.attest.outputs.bundle-path': join(folder, 'LICENSE') }
  const { failed, log, after } = runWorkflow('release.yml', before, tamper, {
    expressions: { 'inputs.version': version, ...attest },
    env: { GITHUB_REF: ref ?? 'refs/heads/main', GITHUB_SHA: commit },
  })
  const names = [`${TITLE}.intoto.jsonl`, `${TITLE}.tar.gz`]
  const published = after.releases.filter(({ draft }) => !draft)
  const fits =
    stops === undefined
      ? !failed &&
        after.tags[TAG] === commit &&
        after.tags[MAJOR] === commit &&
        after.releases.length === 1 &&
        published[0]?.assets.map((asset) => asset.name).join() === names.join() &&
        published[0]?.notes === readNotes()
      : failed &&
        log.includes(stops) &&
        after.tags[MAJOR] === before.tags[MAJOR] &&
        !existsSync(join(folder, 'harm'))
  if (!fits) throw new Error(`Not as expected: ${name}\n${log}\n${JSON.stringify(after)}`)
}

/** One file is new, one changed, one gone and one the same. */
function tryCommitDist() {
  const dist = join(scratch, 'dist')
  mkdirSync(dist)
  for (const name of ['new', 'changed', 'same']) writeFileSync(join(dist, name), name)
  const same = git(folder, 'hash-object', join(dist, 'same'))
  const github = {
    ...structuredClone(GITHUB),
    head: { 'dist/changed': OLD, 'dist/gone': OLD, 'dist/same': same, 'src/create.ts': OLD },
  }
  const settings = {
    expressions: {
      'github.event.workflow_run.head_branch': 'dependabot/npm_and_yarn/npm-1',
      'github.event.workflow_run.head_sha': OLD,
      'runner.temp': scratch,
    },
    env: {},
  }
  const { failed, log, after } = runWorkflow('commit-dist.yml', github, undefined, settings)
  symlinkSync('/etc/passwd', join(dist, 'link'))
  const second = runWorkflow('commit-dist.yml', github, undefined, settings)
  const fits =
    !failed &&
    isDeepStrictEqual(after.commits, [
      {
        branch: {
          repositoryNameWithOwner: REPOSITORY,
          branchName: 'dependabot/npm_and_yarn/npm-1',
        },
        expectedHeadOid: OLD,
        message: { headline: 'Build dist with the updated packages' },
        fileChanges: {
          additions: ['changed', 'new'].map((name) => ({
            path: `dist/${name}`,
            contents: Buffer.from(name).toString('base64'),
          })),
          deletions: [{ path: 'dist/gone' }],
        },
      },
    ]) &&
    isDeepStrictEqual(after.dispatches, ['ci.yml on dependabot/npm_and_yarn/npm-1']) &&
    second.failed &&
    second.after.commits.length === 0
  if (!fits) throw new Error(`dist is not committed as expected\n${log}\n${second.log}`)
}

/**
 * @param {string} file
 * @param {FakeGitHub} before
 * @param {Setting['tamper']} tamper
 * @param {{ expressions: Record<string, string>, env: Record<string, string> }} settings
 * @returns {{ failed: boolean, log: string, after: FakeGitHub }}
 */
function runWorkflow(file, before, tamper, { expressions, env }) {
  /** @type {{ jobs: Record<string, { steps: Step[] }> }} */
  const { jobs } = parse(readFileSync(join(ROOT, '.github', 'workflows', file), 'utf8'))
  const state = join(scratch, 'github.json')
  writeFileSync(state, JSON.stringify(before))
  const known = { 'github.token': 'fake-token', ...expressions }
  let log = ''
  let failed = false
  for (const step of Object.values(jobs).flatMap((job) => job.steps)) {
    if (failed || step.run === undefined || RUN_ELSEWHERE.includes(step.run)) continue
    if (step.run.endsWith('publish') && tamper !== undefined) tamperWith(state, tamper)
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', step.run], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: `${join(scratch, 'bin')}:${process.env['PATH']}`,
        FAKE_GITHUB: state,
        GITHUB_REPOSITORY: REPOSITORY,
        ...env,
        ...evaluate(step.env ?? {}, known),
      },
    })
    log += `${step.name}: ${stdout}${stderr}`
    failed = status !== 0
  }
  return { failed, log, after: JSON.parse(readFileSync(state, 'utf8')) }
}

/**
 * @param {string} state
 * @param {NonNullable<Setting['tamper']>} tamper
 */
function tamperWith(state, tamper) {
  /** @type {FakeGitHub} */
  const github = JSON.parse(readFileSync(state, 'utf8'))
  const releases = github.releases.map((draft) => ({ ...draft, ...tamper(draft) }))
  writeFileSync(state, JSON.stringify({ ...github, releases }))
}

/**
 * @param {Record<string, string>} env
 * @param {Record<string, string>} known
 * @returns {Record<string, string>}
 */
function evaluate(env, known) {
  return Object.fromEntries(
    Object.entries(env).map(([name, text]) => [
      name,
      text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression) => {
        const value = known[expression]
        if (value === undefined) throw new Error(`The dry run does not know ${expression}`)
        return value
      }),
    ]),
  )
}

/** Fills the folder with what git would commit of this repository, committed as `base`. */
function copyRepository() {
  mkdirSync(join(scratch, 'bin'))
  symlinkSync(join(import.meta.dirname, 'fake-gh.js'), join(scratch, 'bin', 'gh'))
  const files = git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  for (const file of new Set(files.split('\0'))) {
    if (file !== '' && existsSync(join(ROOT, file))) cpSync(join(ROOT, file), join(folder, file))
  }
  git(folder, 'init', '--quiet', '--initial-branch=main')
  commitAll()
  git(folder, 'tag', 'base')
}

function commitAll() {
  git(folder, 'add', '--all')
  git(folder, '-c', 'user.name=ci', '-c', 'user.email=ci@localhost', 'commit', '-qm', 'Release')
}

/** @param {string} sections @returns {(folder: string) => void} */
function writeChangelog(sections) {
  return (folder) => writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${sections}`)
}

/** @returns {string | undefined} */
function readNotes() {
  const text = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  return text.split(/^## .+/m)[1]?.trim()
}

/** @param {...CheckRun} checkRuns @returns {Setting} */
function checks(...checkRuns) {
  return { github: { checkRuns } }
}

/** @param {boolean} draft @returns {Release} */
function release(draft) {
  return { id: 1, tag_name: TAG, target_commitish: OLD, draft, assets: [], notes: '' }
}

/** @param {string} folder @param {...string} args */
function git(folder, ...args) {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 }).trim()
}
