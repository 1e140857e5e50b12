import { ArgumentError } from './errors.ts'

/**
 * Checks of public arguments. Each returns the checked value and throws an `ArgumentError` that names the
 * argument, what it must be and what it was.
 */
export function checkFunction<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw bad(name, 'a function', value)
  return value
}

export function checkInteger(name: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw bad(name, `a whole number of at least ${least}`, value)
  return value as number
}

/** Milliseconds; `Infinity` means without limit. */
export function checkDuration(name: string, value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw bad(name, 'a number of milliseconds', value)
  return value
}

export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw bad(name, `one of ${allowed.map((one) => `'${one}'`).join(', ')}`, value)
  return value as T
}

export function checkOptions(name: string, value: unknown, known: readonly string[]): void {
  if (value === undefined) return
  if (value === null || typeof value !== 'object') throw bad(name, 'an object', value)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new ArgumentError(`${name} has no option '${key}'; it takes ${known.join(', ')}.`)
  }
}

export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) throw bad(name, 'an AbortSignal', value)
  return value
}

function bad(name: string, wanted: string, value: unknown): ArgumentError {
  const { inspect } = process.getBuiltinModule('node:util')
  return new ArgumentError(`${name} must be ${wanted}, got ${inspect(value, { depth: 0, breakLength: Infinity })}.`)
}
