import { types } from 'node:util'

/**
 * Jest runs tests in a realm of its own, where errors thrown by Node.js are no instances of `Error`.
 * This makes them so, as they are where the action runs.
 */
export function recogniseNodeErrors(): void {
  const isInstance = Function.prototype[Symbol.hasInstance]
  Object.defineProperty(Error, Symbol.hasInstance, {
    value(this: unknown, value: unknown) {
      return this === Error ? types.isNativeError(value) : isInstance.call(this, value)
    },
  })
}
