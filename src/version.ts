/** The release this code belongs to, equal to `version` in package.json (a test compares them). */
export const VERSION = '1.0.0'

/** How every request introduces itself. */
export const USER_AGENT = `junction-management-key/${VERSION}`
