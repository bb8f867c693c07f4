import { readdirSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { readPictureText, withoutChance } from '../scripts/picture.js'
import { playScenes } from '../scripts/picture-scenes.js'

const FOLDER = 'docs/images'

// When this fails, run `npm run pictures` and look at them.
describe('the pictures of job summaries', () => {
  test('show what the actions say', async () => {
    const shown = readdirSync(FOLDER).map((file) => [
      file.replace('.png', ''),
      readPictureText(`${FOLDER}/${file}`),
    ])
    const said = Object.entries(await playScenes()).map(([name, summary]) => [
      name,
      withoutChance(summary),
    ])
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(said))
  })
})
