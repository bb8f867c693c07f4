import * as fc from 'fast-check'

/**
 * fast-check with the same values in each run, so that a change is judged by what it changes. `PROPERTY_SEED` asks
 * for other values: each night has its own.
 */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) })

export { fc }
