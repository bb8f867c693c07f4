import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { crc32 } from 'node:zlib'

/** Renders Markdown as GitHub does; run with npx, so that it is no dependency. */
const MARKED = 'marked@17.0.1'
const BROWSER = process.env['BROWSER'] || 'chromium'
const WIDTH = 1012
/** To 16 colors, without dots that imitate others: half the bytes. */
const SHRINK = ['--force', '--strip', '--nofs', '--speed=1']
/** Of a PNG's chunk with international text: its type, a keyword, no compression, no language. */
const TEXT_HEAD = Buffer.from('iTXtMarkdown\0\0\0\0\0', 'latin1')

/** Close to how GitHub shows a job summary. */
const STYLE = `
  :root { color-scheme: light; --text: #1f2328; --back: #fff; --line: #d1d9e0; --soft: #f6f8fa; --code: #818b981f; --link: #0969da; --muted: #59636e }
  html { background: var(--back) }
  body { margin: 0; padding: 20px 24px 8px; color: var(--text); font: 16px/1.5 "Noto Sans", Arial, "Noto Color Emoji", sans-serif }
  h3 { margin: 0 0 16px; font-size: 20px; line-height: 1.25 }
  p, ul, table, blockquote, details, pre { margin: 0 0 16px }
  ul { padding-left: 32px }
  a { color: var(--link) }
  table { border-collapse: collapse; display: block; overflow: auto; width: max-content; max-width: 100% }
  th, td { padding: 6px 13px; border: 1px solid var(--line) }
  tr:nth-child(2n) td { background: var(--soft) }
  code { padding: .2em .4em; border-radius: 6px; background: var(--code); font: 13.6px "DejaVu Sans Mono", monospace; white-space: break-spaces }
  pre { padding: 16px; border-radius: 6px; background: var(--soft); overflow: auto }
  pre code { padding: 0; background: none; white-space: pre }
  blockquote { padding: 0 1em; border-left: 4px solid var(--line); color: var(--muted) }
  blockquote > :last-child { margin-bottom: 0 }`

/**
 * Renders a job summary much as GitHub shows it, and writes a picture of it. Returns its size in bytes.
 *
 * @param {string} markdown
 * @param {string} path Of the PNG.
 */
export function takePicture(markdown, path) {
  const folder = mkdtempSync(join(tmpdir(), 'picture-'))
  try {
    const [source, page] = [join(folder, 'summary.md'), join(folder, 'page.html')]
    writeFileSync(source, markdown)
    const html = execFileSync('npx', ['--yes', MARKED, '--gfm', '-i', source], { encoding: 'utf8' })
    const style = `<meta charset="utf-8"><style>${STYLE}</style>`
    const measure = '<script>document.title = document.body.scrollHeight</script>'
    writeFileSync(page, `<html>${style}<body>${html}${measure}`)
    const options = [`--window-size=${WIDTH},100`, '--dump-dom']
    const [, height = '600'] = /<title>(\d+)<\/title>/.exec(browse(page, options)) ?? []
    browse(page, [`--window-size=${WIDTH},${height}`, `--screenshot=${path}`])
    execFileSync('pngquant', [...SHRINK, '--output', path, '16', path])
    const picture = addText(readFileSync(path), withoutChance(markdown))
    writeFileSync(path, picture)
    return picture.length
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * The Markdown that a picture shows, without what differs from run to run.
 *
 * @param {string} path
 */
export function readPictureText(path) {
  const picture = readFileSync(path)
  const start = picture.indexOf(TEXT_HEAD)
  if (start < TEXT_HEAD.length) throw new Error(`${path} does not contain its text`)
  const length = picture.readUInt32BE(start - 4)
  return picture.toString('utf8', start + TEXT_HEAD.length, start + 4 + length)
}

/**
 * Replaces IDs, times and ports.
 *
 * @param {string} markdown
 */
export function withoutChance(markdown) {
  return markdown
    .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, 'ID')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'TIME')
    .replace(/127\.0\.0\.1:\d+/g, 'SANDBOX')
}

/**
 * Adds a text to a PNG, in a chunk before the last one, which is always 12 bytes long.
 *
 * @param {Buffer} picture
 * @param {string} text
 */
function addText(picture, text) {
  const body = Buffer.concat([TEXT_HEAD, Buffer.from(text)])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(body.length - 4)
  sum.writeUInt32BE(crc32(body))
  const end = picture.length - 12
  return Buffer.concat([picture.subarray(0, end), length, body, sum, picture.subarray(end)])
}

/** @param {string} page @param {string[]} options */
function browse(page, options) {
  const fixed = ['--headless', '--no-sandbox', '--hide-scrollbars', '--disable-lcd-text']
  const args = [...fixed, ...options, pathToFileURL(page).href]
  return execFileSync(BROWSER, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}
