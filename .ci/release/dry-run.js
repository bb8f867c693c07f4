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
 * @typedef {object} Case
 * @property {string} name
 * @property {string} [version]
 * @property {string} [ref]
 * @property {Partial<FakeGitHub>} [github]
 * @property {(folder: string) => void} [change] Changes the copy before it is committed.
 * @property {(draft: Release) => Partial<Release>} [tamper] Changes the draft before it is published.
 * @property {string} [stops] What the log must say; without it, every step must succeed.
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
const PASSED = checkRun('CI passed')

/** @type {FakeGitHub} */
const GITHUB = {
  releases: [],
  tags: { [MAJOR]: OLD, [`${MAJOR}0.0.0`]: OLD },
  checkRuns: [
    checkRun('CI passed', { conclusion: 'failure', started_at: '2026-01-01T00:00:00Z' }),
    PASSED,
    checkRun('Check', { status: 'in_progress', conclusion: null, check_suite: { id: OWN_SUITE } }),
  ],
  ownSuites: [OWN_SUITE],
  immutable: true,
  head: {},
  commits: [],
  dispatches: [],
}

/** @type {Case[]} */
const RELEASES = [
  { name: 'a release' },
  { name: 'the first release of a major version', github: { tags: {} } },
  { name: 'a draft that a failed run left', github: { releases: [release(true)] } },
  { name: 'a version with a v', version: TAG, stops: 'is not a version' },
  { name: 'a version with a command', version: '$(touch harm)', stops: 'is not a version' },
  { name: 'another version', version: '99.0.0', stops: `package.json has version ${VERSION}` },
  { name: 'another branch', ref: 'refs/heads/fix', stops: 'Only main' },
  { name: 'this version again', github: { tags: { [TAG]: OLD } }, stops: `${TAG} is released` },
  {
    name: 'a lower version',
    github: { tags: { [`${MAJOR}.999.0`]: OLD } },
    stops: `${MAJOR}.999.0 is released`,
  },
  {
    name: 'a published release',
    github: { releases: [release(false)] },
    stops: 'published already',
  },
  { name: 'another section', change: writeChangelog('## 0.0.1\n\nOld.\n'), stops: 'first section' },
  {
    name: 'an empty section',
    change: writeChangelog(`## ${VERSION}\n\n## 0.0.1\n`),
    stops: 'nothing',
  },
  { name: 'no checks', github: { checkRuns: [] }, stops: '"CI passed" has not run' },
  {
    name: 'a failed check',
    github: { checkRuns: [PASSED, checkRun('Analyze', { conclusion: 'failure' })] },
    stops: 'Analyze (failure)',
  },
  {
    name: 'an unfinished check',
    github: { checkRuns: [PASSED, checkRun('Analyze', { status: 'queued', conclusion: null })] },
    stops: 'Analyze (queued)',
  },
  {
    name: 'a queued rerun of the gate',
    github: {
      checkRuns: [
        checkRun('CI passed', { status: 'queued', conclusion: null, started_at: null }),
        PASSED,
      ],
    },
    stops: 'CI passed (queued)',
  },
  {
    name: 'a gate of another app',
    github: { checkRuns: [checkRun('CI passed', { app: { slug: 'stranger' } })] },
    stops: '"CI passed" has not run',
  },
  {
    name: 'a file that no runner needs',
    change: (folder) => writeFileSync(join(folder, 'notes.txt'), 'Notes\n'),
    stops: 'No runner needs notes.txt',
  },
  {
    name: 'an action that is left out',
    change: (folder) => appendFileSync(join(folder, '.gitattributes'), '/prune export-ignore\n'),
    stops: 'prune/action.yml must not be export-ignore',
  },
  {
    name: 'a draft of another commit',
    tamper: () => ({ target_commitish: OLD }),
    stops: `targets ${OLD}`,
  },
  {
    name: 'a draft with another file',
    tamper: ({ assets }) => ({ assets: [...assets, { name: 'extra.sh' }] }),
    stops: 'extra.sh',
  },
  { name: 'a mutable release', github: { immutable: false }, stops: 'is not immutable' },
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
function tryRelease(expected) {
  git(folder, 'reset', '--hard', '--quiet', 'base')
  git(folder, 'clean', '-ffdxq')
  if (expected.change !== undefined) {
    expected.change(folder)
    commitAll()
  }
  const commit = git(folder, 'rev-parse', 'HEAD')
  const before = { ...structuredClone(GITHUB), ...expected.github }
  const { failed, log, after } = runWorkflow('release.yml', before, expected.tamper, {
    expressions: {
      'inputs.version': expected.version ?? VERSION,
      'steps.attest.outputs.bundle-path': join(folder, 'LICENSE'),
    },
    env: { GITHUB_REF: expected.ref ?? 'refs/heads/main', GITHUB_SHA: commit },
  })
  const published = after.releases.filter(({ draft }) => !draft)
  const fits =
    expected.stops === undefined
      ? !failed &&
        after.tags[TAG] === commit &&
        after.tags[MAJOR] === commit &&
        after.releases.length === 1 &&
        isDeepStrictEqual(published[0]?.assets, [
          { name: `${TITLE}.intoto.jsonl` },
          { name: `${TITLE}.tar.gz` },
        ]) &&
        published[0]?.notes === readNotes()
      : failed &&
        log.includes(expected.stops) &&
        after.tags[MAJOR] === before.tags[MAJOR] &&
        !existsSync(join(folder, 'harm'))
  if (!fits) throw new Error(`Not as expected: ${expected.name}\n${log}\n${JSON.stringify(after)}`)
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
 * @param {Case['tamper']} tamper
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
 * @param {NonNullable<Case['tamper']>} tamper
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

/**
 * @param {string} sections
 * @returns {(folder: string) => void}
 */
function writeChangelog(sections) {
  return (folder) => writeFileSync(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${sections}`)
}

/** @returns {string | undefined} */
function readNotes() {
  const text = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  return text.split(/^## .+/m)[1]?.trim()
}

/**
 * @param {string} name
 * @param {Partial<CheckRun>} [changes]
 * @returns {CheckRun}
 */
function checkRun(name, changes) {
  return {
    name,
    status: 'completed',
    conclusion: 'success',
    started_at: '2026-01-02T00:00:00Z',
    app: { slug: 'github-actions' },
    check_suite: { id: 1 },
    ...changes,
  }
}

/**
 * @param {boolean} draft
 * @returns {Release}
 */
function release(draft) {
  return { id: 1, tag_name: TAG, target_commitish: OLD, draft, assets: [], notes: '' }
}

/**
 * @param {string} folder
 * @param {...string} args
 * @returns {string}
 */
function git(folder, ...args) {
  return execFileSync('git', args, { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 }).trim()
}
