// Preloaded into a step: writes its peak memory in KiB to file descriptor 3 at its end. Not from `resourceUsage`, which
// counts what the parent had before the program started.
process.once('exit', () => {
  const { readFileSync, writeSync } = require('node:fs')
  writeSync(3, /^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '')
})
