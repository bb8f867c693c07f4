import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { takePicture } from './picture.js'
import { playScenes } from './picture-scenes.js'

/*
 * npm run pictures
 *
 * Writes the pictures in docs/images/. Needs pngquant and Chromium, or a BROWSER that takes its options.
 */

const folder = new URL('../docs/images/', import.meta.url)
mkdirSync(folder, { recursive: true })
for (const [name, summary] of Object.entries(await playScenes())) {
  const path = fileURLToPath(new URL(`${name}.png`, folder))
  process.stdout.write(`docs/images/${name}.png: ${takePicture(summary, path)} bytes\n`)
}
