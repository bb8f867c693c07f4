import { types } from 'node:util'

/**
 * Jest runs tests in a separate realm, where errors thrown by Node.js are not instances of `Error`.
 * This makes them so, as in the action.
 */
export function recognizeNodeErrors(): void {
  const isInstance = Function.prototype[Symbol.hasInstance]
  Object.defineProperty(Error, Symbol.hasInstance, {
    value(this: unknown, value: unknown) {
      return this === Error ? types.isNativeError(value) : isInstance.call(this, value)
    },
  })
}
