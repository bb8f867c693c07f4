const { KEYS_URL = '', ORG_KEY = '', TEAM_ID, LABEL, GITHUB_OUTPUT = '' } = process.env
const headers = { 'X-Management-Key': ORG_KEY, 'Content-Type': 'application/json' }
const post = require('node:http').request(KEYS_URL, { method: 'POST', headers }, async (answer) => {
  const { id, key } = JSON.parse(Buffer.concat(await answer.toArray()).toString())
  console.log(`::add-mask::${key}`)
  require('node:fs').appendFileSync(GITHUB_OUTPUT, `key_id=${id}\nkey=${key}\n`)
})
post.end(JSON.stringify({ label: LABEL, role: 'team_admin', team_id: TEAM_ID }))
