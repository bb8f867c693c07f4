'use strict'

// Preloaded into a step: at its end, names on stderr those of the listed built-in modules that Node.js has loaded.
const HEAVY = ['internal/deps/undici/undici', 'crypto', 'http2', 'tls', 'worker_threads']

process.once('exit', () => {
  // Not documented, and so not in the published types.
  const all = String(Reflect.get(process, 'moduleLoadList')).split(',')
  const loaded = HEAVY.filter((name) => all.includes(`NativeModule ${name}`))
  if (loaded.length > 0) process.stderr.write(`Loaded: ${loaded.join(' ')}\n`)
})
