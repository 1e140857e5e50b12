import { ArgumentError } from './errors.ts'

/**
 * Checks of public arguments. Each throws an `ArgumentError` that names the argument, what it must be and what it was;
 * those of a single value return it.
 */
export function checkFunction<T>(name: string, value: T): T {
  if (typeof value !== 'function') throw badArgument(name, 'a function', value)
  return value
}

export function checkInteger(name: string, value: unknown, least: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw badArgument(name, `a whole number of at least ${least}`, value)
  return value as number
}

/** Milliseconds; `Infinity` means without limit. */
export function checkDuration(name: string, value: unknown): number {
  if (typeof value !== 'number' || Number.isNaN(value)) throw badArgument(name, 'a number of milliseconds', value)
  return value
}

export function checkOneOf<T extends string>(name: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T))
    throw badArgument(name, `one of ${allowed.map((one) => `'${one}'`).join(', ')}`, value)
  return value as T
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw badArgument(name, 'true or false', value)
  return value
}

export function checkArray(name: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw badArgument(name, 'an array', value)
  return value
}

export function checkIterable(name: string, value: unknown): void {
  if (value !== null && value !== undefined) {
    const { [Symbol.iterator]: sync, [Symbol.asyncIterator]: async } = value as Partial<
      Iterable<unknown> & AsyncIterable<unknown>
    >
    if (typeof sync === 'function' || typeof async === 'function') return
  }
  throw badArgument(name, 'an iterable or an async iterable', value)
}

export function checkSyncIterable(name: string, value: unknown): void {
  if (
    value === null ||
    value === undefined ||
    typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] !== 'function'
  )
    throw badArgument(name, 'an iterable', value)
}

/** Something by name; arrays, and objects of a class that have nothing of their own, such as an AbortSignal, are none. */
export function checkRecord(name: string, wanted: string, value: unknown): object {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw badArgument(name, wanted, value)
  if (Object.keys(value).length === 0 && !isPlain(value)) throw badArgument(name, wanted, value)
  return value
}

export function checkOptions(name: string, value: unknown, known: readonly string[]): void {
  if (value === undefined) return
  // The options of a class may be getters of its prototype.
  const has = (option: string): boolean => typeof value === 'object' && value !== null && option in value
  const options = !Array.isArray(value) && known.some(has) ? (value as object) : checkRecord(name, 'an object', value)
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new ArgumentError(`${name} has no option '${key}'; it takes ${known.join(', ')}.`)
  }
}

/** The options that were given, each read once: those of a class may be getters of its prototype. */
export function takeOptions<T extends object>(options: T, known: readonly (keyof T)[]): T {
  const taken: Partial<T> = {}
  for (const name of known) {
    const value = options[name]
    if (value !== undefined) taken[name] = value
  }
  return taken as T
}

export function checkSignal(name: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) throw badArgument(name, 'an AbortSignal', value)
  return value
}

/** The error for an argument that is not what it must be. */
export function badArgument(name: string, wanted: string, value: unknown): ArgumentError {
  const { inspect } = process.getBuiltinModule('node:util')
  const options = { depth: 0, breakLength: Infinity, maxArrayLength: 5, maxStringLength: 100 }
  return new ArgumentError(`${name} must be ${wanted}, got ${inspect(value, options)}.`)
}

// Of this realm or another.
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
