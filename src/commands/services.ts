import type { Clock } from '../core/clock.js'
import { createExchange } from '../junction/exchange.js'
import { createManagementApi, type ManagementApi } from '../junction/management-api.js'
import type { Runner } from '../runner/runner.js'
import { VERSION } from '../version.js'

/** Where the Management API is, and with which key and patience to speak to it. */
export interface ManagementApiSettings {
  readonly apiUrl: string
  readonly orgId: string
  readonly orgKey: string
  readonly timeoutMs: number
}

/** Puts the Management API client of a step together. */
export function connectManagementApi(
  settings: ManagementApiSettings,
  runner: Runner,
  clock: Clock,
): ManagementApi {
  const exchange = createExchange({
    baseUrl: settings.apiUrl,
    headers: { 'X-Management-Key': settings.orgKey },
    userAgent: `junction-management-key/${VERSION}`,
    timeoutMs: settings.timeoutMs,
  })
  return createManagementApi(settings.orgId, {
    exchange,
    clock,
    debug: runner.debug,
    scrub: runner.scrub,
  })
}
