import { InputError } from '../core/errors.js'
import { decodePercent, findControlCharacter, joinWords } from '../core/plain-text.js'
import {
  describeSecret,
  quoteName,
  SECRET_APPS,
  type SecretDestination,
  type SecretTarget,
  VISIBILITIES,
} from '../core/secret-target.js'
import { InputReader, optional, withDefault } from './table.js'
import { matching, parseChoice, parseList, parseSecretName, quoteValue, refuse } from './values.js'

interface TargetDefaults {
  /** `owner/name` of the repository the workflow runs in, `''` when unknown. */
  readonly repository: string
  /** Name of the secret on lines without `name=`, `''` when there is none; checked by `parseSecretName`, not here. */
  readonly secretName: string
}

/** GitHub allows about one write per second, and the post step has to be told of every target. */
const MOST_TARGETS = 250

const LONGEST_ENVIRONMENT = 255

/** `name=value`, `name="value"` with a backslash before a quote, or another word without spaces. */
const WORDS = /([^\s=]+)=(?:"((?:\\.|[^"\\])*)"(?=\s|$)|(\S*))|\S+/g

const REPOSITORY = /^[A-Za-z0-9_-]+\/(?!\.{1,2}$)[A-Za-z0-9._-]+$/
const ORGANIZATION = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

const PAIRS = {
  repo: optional(
    'repo',
    matching(REPOSITORY, 'is not a repository; enter repo=owner/name'),
    undefined,
  ),
  env: optional('env', parseEnvironment, undefined),
  org: optional(
    'org',
    matching(ORGANIZATION, 'is not a valid organization name; enter org=name'),
    undefined,
  ),
  visibility: optional('visibility', parseChoice(VISIBILITIES), undefined),
  repos: optional('repos', parseList, []),
  app: withDefault('app', 'actions', parseChoice(SECRET_APPS)),
  name: optional('name', parseSecretName, undefined),
}

/** A comma before another pair, even in quotes, at the end or before any pair: never part of a name, but a likely typo. */
const COMMA = new RegExp(
  `[,;]\\s*(?:${Object.keys(PAIRS).join('|')})=|^(?!.*repos=).*[,;]$|^[^="]*[,;]`,
  'i',
)

/** What people write who know it from a list of YAML, flags of `gh`, a word processor, or an address. */
const HABITS: readonly (readonly [RegExp, string])[] = [
  [/^-\s+/, ''],
  [/(^|\s)--(\w+)[\s=]+/g, '$1$2='],
  [/[“”']/g, '"'],
  [/https?:\/\/[^\s/]+\//g, ''],
  [/\brepo(?:sitory)?\s*[:=]\s*/gi, 'repo='],
  [/\benv(?:ironment)?\s*[:=]\s*/gi, 'env='],
  [/\borg(?:anization)?\s*[:=]\s*/gi, 'org='],
]

/** An empty text means the workflow's repository. One with comments only does not: more can read a secret there. */
export function parseSecretTargets(text: string, defaults: TargetDefaults) {
  const lines = text
    .split(/\r\n|[\r\n]/)
    .map((line, index) => ({ line: line.trim(), place: `line ${index + 1}` }))
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
  const entries = text.trim() === '' ? [{ line: 'repo', place: 'the default target' }] : lines

  const problems: string[] = []
  if (entries.length === 0) {
    problems.push(
      'has comments only; enter a target such as env=production, or remove it to use the repository of the workflow',
    )
  }
  if (entries.length > MOST_TARGETS) {
    problems.push(
      `lists ${entries.length} targets; at most ${MOST_TARGETS} fit into one step: divide them between several steps, or use an organization secret with repos=`,
    )
  }
  const seen = new Map<string, string>()
  const targets = entries.flatMap(({ line, place }) => {
    try {
      const target = parseTarget(line, defaults)
      // Equal for two targets if GitHub would store them in the same place.
      const identity = describeSecret(target).toLowerCase()
      const earlier = seen.get(identity)
      if (earlier !== undefined) {
        refuse(`is ${describeSecret(target)}, the same as ${earlier}; remove one of them`)
      }
      seen.set(identity, place)
      return [target]
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(...error.problems.map((problem) => `${place}: ${problem}`))
      return []
    }
  })
  return { targets, problems }
}

function parseTarget(line: string, defaults: TargetDefaults): SecretTarget {
  const given = readPairs(line)
  const pairs = new InputReader(PAIRS, (name) => given.get(name) ?? '')
  const values = pairs.finish()
  const { repo: repository = defaults.repository, env: environment, org, visibility, app } = values
  const name = (values.name ?? defaults.secretName).toUpperCase()
  const repositories = trimOwner(values.repos, org)

  pairs.refuse(name === '', 'has no secret name; enter name=… here or set secret_name')
  if (org === undefined) {
    for (const pair of ['visibility', 'repos']) {
      pairs.refuse(given.has(pair), `has ${pair}, which is valid only with org=…; remove it`)
    }
    pairs.refuse(
      !REPOSITORY.test(repository),
      "refers to the workflow's repository, which is unknown here; enter repo=owner/name",
    )
    pairs.refuse(
      environment !== undefined && app !== 'actions',
      `has env and app=${app}, but an environment has Actions secrets only; remove one of them`,
    )
  } else {
    pairs.refuse(given.has('repo'), 'has both org and repo; enter only one of them')
    pairs.refuse(
      environment !== undefined,
      'has both org and env, but an environment belongs to a repository; enter repo=owner/name instead of org',
    )
    pairs.refuse(
      given.has('repos') && visibility !== 'selected',
      'has repos without visibility=selected; enter both or neither',
    )
    pairs.refuse(
      visibility === 'selected' && repositories.length === 0,
      'has visibility=selected but no repositories; enter repos=a,b',
    )
    const wrong = repositories.filter((repo) => !REPOSITORY.test(`${org}/${repo}`)).map(quoteValue)
    pairs.refuse(
      wrong.length > 0,
      `repos contains ${joinWords(wrong, 'and')}; enter names of repositories of ${org}, separated by commas`,
    )
  }
  pairs.finish()

  const destination: SecretDestination =
    org !== undefined
      ? { kind: 'organization', org, app, visibility, repositories }
      : environment !== undefined
        ? { kind: 'environment', repository, environment }
        : { kind: 'repository', repository, app }
  return { name, destination }
}

/** The texts of a line's pairs; that of the bare word `repo` is empty. */
function readPairs(line: string): ReadonlyMap<string, string> {
  if (COMMA.test(line)) {
    refuse(
      `${quoteValue(line)} has a comma or semicolon after a pair; enter one target per line, with spaces between its pairs`,
    )
  }
  const pairs = new Map<string, string>()
  for (const [word, name = word, quoted, plain = ''] of line.matchAll(WORDS)) {
    const value = quoted?.replace(/\\(["\\])/g, '$1') ?? plain
    const isBareRepo = word === 'repo'
    if (!Object.hasOwn(PAIRS, name) || (name === word && !isBareRepo)) {
      const all = Object.keys(PAIRS).map((known) => `${known}=…`)
      refuseLine(
        line,
        `${quoteValue(word)} is not a valid pair; enter ${joinWords(all, 'or')}, and put values with spaces in double quotes`,
      )
    }
    if (plain.includes('"')) {
      refuse(
        `${quoteValue(word)} has a stray double quote; put the whole value in double quotes, and write \\" for a quote in it`,
      )
    }
    if (value.trim() === '' && !isBareRepo) {
      refuseLine(line, `${name} has no value; enter ${name}=…`)
    }
    if (pairs.has(name)) refuse(`${name} is set twice; set it once`)
    pairs.set(name, value)
  }
  return pairs
}

/** Refuses a line for this problem, or says what it probably means: a habit from elsewhere, or the name of a place alone. */
function refuseLine(line: string, problem: string): never {
  const clean = HABITS.reduce((text, [habit, instead]) => text.replace(habit, instead), line)
  const name = clean.replace(/^"(.*)"$/, '$1')
  const names = [`repo=${name}`, `app=${name}`, `env=${quoteName(name)}`]
  const meant = clean.includes('=') || Object.hasOwn(PAIRS, name) ? [clean] : names
  const isShown = quoteValue(line) === `"${line}"`
  const targets = meant.filter((text) => isShown && text !== line && isTarget(text))
  if (targets.length === 0) refuse(problem)
  return refuse(`${quoteValue(line)} is not a target; enter ${joinWords(targets, 'or')}`)
}

function isTarget(line: string): boolean {
  const { problems } = parseSecretTargets(line, { repository: 'owner/name', secretName: 'NAME' })
  return problems.length === 0
}

/** Names of an organization's repositories, without its own before them; the last spelling of each counts. */
function trimOwner(names: readonly string[], org = ''): readonly string[] {
  const owner = `${org}/`.toLowerCase()
  const own = names.map((name) =>
    name.toLowerCase().startsWith(owner) ? name.slice(owner.length) : name,
  )
  return [...new Map(own.map((name) => [name.toLowerCase(), name])).values()]
}

function parseEnvironment(text: string): string {
  const name = text.trim()
  const isTooLong = name.length > LONGEST_ENVIRONMENT
  if (/^\.{0,2}$/.test(name) || isTooLong || findControlCharacter(name) !== undefined) {
    refuse(`${quoteValue(name)} is not a valid environment name; enter env=name`)
  }
  const decoded = decodePercent(name) ?? name
  if (decoded === name) return name
  return refuse(
    `${quoteValue(name)} is percent-encoded already; enter env=${quoteName(decoded)}, which the action encodes`,
  )
}
