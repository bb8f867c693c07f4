/** Parses JSON; `undefined` when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** Narrows to a number that JSON can write; `1e400` reads as infinity. */
export function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

export function isString(value: unknown): value is string {
  return typeof value === 'string'
}

export function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean'
}

export function isOneOf<const T extends string>(texts: readonly T[]) {
  return (value: unknown): value is T => texts.some((text) => text === value)
}

/** What narrows each field of an object. */
export type Shape<T> = { readonly [K in keyof T]-?: (value: unknown) => value is T[K] }

/** Narrows to an object with all fields of a shape; it may have others. */
export function hasShape<T extends object>(value: unknown, shape: Shape<T>): value is T {
  if (!isRecord(value)) return false
  for (const key in shape) if (!shape[key](value[key])) return false
  return true
}
