'use strict'

// Loaded into the action by `node --require`: the made-up names in LOOPBACK_NAMES, separated by commas, lead to
// this machine. The action never uses a proxy for a loopback address, so a test needs a name for it.

const dns = require('node:dns')

const lookup = dns.lookup

/**
 * @param {string} name
 * @param {import('node:dns').LookupOptions} options
 * @param {(...answer: unknown[]) => void} answer
 */
function lookUp(name, options, answer) {
  const names = process.env['LOOPBACK_NAMES']?.split(',') ?? []
  if (!names.includes(name)) return lookup(name, options, answer)
  if (options.all) answer(null, [{ address: '127.0.0.1', family: 4 }])
  else answer(null, '127.0.0.1', 4)
}

// Assigned by name, since the type of `dns.lookup` includes forms that are not needed here.
Object.assign(dns, { lookup: lookUp })
