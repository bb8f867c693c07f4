import { installPackages } from '../local-runner/install-packages.js'

// `npm start`: the built actions against the sandbox, as a runner runs them.
try {
  await installPackages((line) => process.stdout.write(`${line}\n`))
  // Load it only now: it imports what was just installed.
  const { runDemo } = await import('./life.js')
  process.exitCode = await runDemo()
} catch (error) {
  // Only failures before there is a key get here, such as a broken action.yml.
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
}
