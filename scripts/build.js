import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { minify } from '@swc/core'
import ncc from '@vercel/ncc'

// `npm run build`: src/ → build/ (tsc) → dist/ (ncc, then swc). The same sources give the same bytes anywhere.

const root = join(import.meta.dirname, '..')
const build = join(root, 'build')
const dist = join(root, 'dist')

/** Steps that a runner starts. Each only loads the shared bundle, so that it is downloaded once. */
const ENTRIES = ['create', 'post', 'revoke', 'prune']
const SHARED = 'index.cjs'

/** Loaded only by steps with secrets. Error classes must be the same on both sides. */
const GITHUB = 'github.cjs'
const SHARED_WITH_GITHUB = ['../core/errors.js', '../http/retry.js', '../http/service.js']

/** Libsodium's WebAssembly, and how its package contains it: as base64, behind the function that decodes it. */
const WASM = 'libsodium.wasm'
const EMBEDDED_WASM = /\(\w+=>\{for\(var (?:(?!=>).){1,500}\}\)\("(AGFzbQ[\w+/=]+)"\)/s

/** Modules of GitHub's toolkit that are replaced; `stand-ins.cjs` says why. */
const STAND_INS = 'stand-ins.cjs'
const REPLACED = [
  'crypto',
  'https',
  'tunnel',
  'undici',
  './oidc-utils.js',
  './platform.js',
  './summary.js',
]
const REPLACED_FOR_GITHUB = [
  'undici',
  '@actions/http-client',
  '@octokit/graphql',
  '@octokit/plugin-paginate-rest',
  '@octokit/plugin-rest-endpoint-methods',
]

compileSources()
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist)
await bundle(join(build, 'bundle.js'), SHARED, {
  license: 'licenses.txt',
  externals: {
    ...redirect(REPLACED, STAND_INS),
    ...redirect(['../github/bundle.js'], GITHUB),
  },
})
await bundle(join(build, 'github', 'bundle.js'), GITHUB, {
  license: 'licenses-github.txt',
  externals: {
    ...redirect(REPLACED_FOR_GITHUB, STAND_INS),
    ...redirect(SHARED_WITH_GITHUB, SHARED),
  },
})
await bundle(join(import.meta.dirname, 'bundle', STAND_INS), STAND_INS, {})
for (const entry of ENTRIES) {
  await bundle(join(build, `${entry}.js`), `${entry}.cjs`, {
    externals: redirect(['./bundle.js'], SHARED),
  })
}

/**
 * @param {readonly string[]} modules import specifiers
 * @param {string} file in dist/ that replaces them
 */
function redirect(modules, file) {
  return Object.fromEntries(modules.map((name) => [name, `./${file}`]))
}

function compileSources() {
  rmSync(build, { recursive: true, force: true })
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  const project = join(root, 'scripts', 'bundle', 'tsconfig.src.json')
  execFileSync(process.execPath, [join(manifest, '..', bin.tsc), '-p', project], {
    stdio: 'inherit',
  })
}

/**
 * @param {string} entry file to start from
 * @param {string} output file name below dist/
 * @param {object} options of ncc, in addition to the shared ones
 */
async function bundle(entry, output, options) {
  const { code, assets } = await ncc(entry, {
    // CommonJS, since Node loads much more for an ES module that imports node:http.
    esm: false,
    cache: false,
    quiet: true,
    filename: output,
    ...options,
  })
  writeFileSync(join(dist, output), await shorten(output === GITHUB ? moveWasm(code) : code))
  for (const [file, { source }] of Object.entries(assets)) writeFileSync(join(dist, file), source)
}

/**
 * Moves libsodium's WebAssembly to a file of its own: base64 is a third more to download, and a step would have to
 * parse and decode it.
 *
 * @param {string} code
 * @returns {string}
 */
function moveWasm(code) {
  const [embedded = '', base64 = ''] = EMBEDDED_WASM.exec(code) ?? []
  if (embedded === '') throw new Error("libsodium's WebAssembly is not where it was")
  writeFileSync(join(dist, WASM), Buffer.from(base64, 'base64'))
  return code.replace(embedded, () => `require('node:fs').readFileSync(__dirname + '/${WASM}')`)
}

/**
 * Not by ncc, which keeps the name of every function, and whose strings are not ASCII: Node.js reads a file that is
 * in half the memory.
 *
 * @param {string} code
 * @returns {Promise<string>}
 */
async function shorten(code) {
  const format = { asciiOnly: true, comments: /** @type {const} */ (false) }
  return (await minify(code, { compress: { passes: 3 }, mangle: true, ecma: 2022, format })).code
}
