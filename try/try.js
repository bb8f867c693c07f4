import { installPackages } from '../local-runner/install-packages.js'

const USAGE = `Usage: npm run try -- FILE…

FILE is a workflow, or one or several steps of one. The steps that use this action are played
against the sandbox, which stands in for Junction and GitHub: docs/try-it.md. Several files, or
the same one twice, are played one after the other.
`

// `npm run try`: a user's own workflow against the sandbox. A reader such as `head` may leave before the end.
process.stdout.on('error', () => process.exit(1))
const files = process.argv.slice(2)
if (files.length === 0 || files.some((file) => file.startsWith('-'))) {
  process.stderr.write(USAGE)
  process.exitCode = 2
} else {
  try {
    await installPackages((line) => process.stdout.write(`${line}\n`))
    // Load it only now: it imports what was just installed.
    const { tryWorkflows } = await import('./play-workflow.js')
    process.exitCode = (await tryWorkflows(files)) ? 0 : 1
  } catch (error) {
    process.stderr.write(`Error: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
