import { types } from 'node:util'
import { otherRuntime } from './runtime.ts'

/**
 * Whether an array is a list and nothing else: of `Array.prototype`, with items that are plain properties and perhaps
 * with holes, without any further key, hidden or not, and open to changes of every kind. No code of the user runs.
 *
 * V8 keeps all of that but the items in the hidden class of an array, its map, and no map of an array literal allows for
 * accessors or attributes of items. One comparison of maps takes 20 ns for any length, a look at each property 80 ns for
 * each item (docs/decisions/0020). What has another map is looked at property by property, so that the answer never
 * depends on V8.
 */
export function isPlainArray(array: readonly unknown[]): boolean {
  if (hasMapOf !== undefined) {
    try {
      for (let i = 0; i < literals.length; i++) if (hasMapOf(array, literals[i]!)) return true
    } catch {
      // V8 throws away the code of functions that are not called for long, and then cannot read this one again.
      hasMapOf = undefined
    }
  }
  return isPlainByKeys(array)
}

/** Whether a key is the index of an item. */
export function isIndex(key: PropertyKey): boolean {
  return typeof key === 'string' && String(Number(key) >>> 0) === key && key !== '4294967295'
}

type HasMapOf = (array: readonly unknown[], literal: readonly unknown[]) => boolean

let hasMapOf: HasMapOf | undefined
// One for each way in which V8 keeps items, the frequent ones first.
const literals: readonly (readonly unknown[])[] = makeLiterals()
// Comparing maps takes loading `node:v8`, for as long as looking at so many properties.
const DEAREST = 15_000
let spent = 0
let failures = 0

function isPlainByKeys(array: readonly unknown[]): boolean {
  if (hasMapOf === undefined && failures < 3) {
    spent += 8 + (types.isProxy(array) ? 0 : array.length)
    if (spent > DEAREST) {
      spent = 0
      hasMapOf = compareMaps()
      if (hasMapOf !== undefined) return isPlainArray(array)
      failures++
    }
  }
  if (types.isProxy(array) || Object.getPrototypeOf(array) !== Array.prototype || !Object.isExtensible(array))
    return false
  for (const key of Reflect.ownKeys(array)) {
    const property = Object.getOwnPropertyDescriptor(array, key)!
    if (key === 'length') {
      if (property.writable !== true) return false
    } else if (
      !isIndex(key) ||
      property.enumerable !== true ||
      property.writable !== true ||
      property.configurable !== true
    ) {
      return false
    }
  }
  return true
}

/**
 * `%HaveSameMap` of V8, which compiles while its flag is set. Nothing where it cannot be had: not on V8, where code may
 * not be made of text, or where another thread resets the flag in the same moment.
 */
function compareMaps(): HasMapOf | undefined {
  if (otherRuntime() !== undefined) return undefined
  try {
    const made = compile() ?? compileWithFlag()
    return made !== undefined && isRight(made) ? made : undefined
  } catch {
    return undefined
  }
}

function compileWithFlag(): HasMapOf | undefined {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  setFlagsFromString('--allow-natives-syntax')
  try {
    return compile()
  } finally {
    setFlagsFromString('--no-allow-natives-syntax')
  }
}

function compile(): HasMapOf | undefined {
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- the compiler of this file does not know the syntax
    const made = new Function('array', 'literal', 'return %HaveSameMap(array, literal)') as HasMapOf
    // The body is compiled when it is called first, which has to be before the flag is reset.
    made(literals[0]!, literals[0]!)
    return made
  } catch {
    return undefined
  }
}

function makeLiterals(): (readonly unknown[])[] {
  return [['a'], [1], holey('a'), holey(1), [0.5], holey(0.5)]
}

// V8 remembers of an array that it had a hole.
function holey(item: unknown): unknown[] {
  const array: unknown[] = []
  for (const index of [1, 0]) array[index] = item
  return array
}

/** Tries it on arrays of all kinds, should a version of V8 ever keep them in other ways. */
function isRight(hasMapOf: HasMapOf): boolean {
  const isFound = (array: readonly unknown[]): boolean => literals.some((literal) => hasMapOf(array, literal))
  const item = { get: (): number => 1, enumerable: true, configurable: true }
  const odd = [
    ...makeLiterals().flatMap((array) => [
      Object.defineProperty([...array], 0, item),
      Object.defineProperty([...array], 0, { writable: false }),
      Object.defineProperty([...array], 0, { enumerable: false }),
      Object.defineProperty([...array], 0, { configurable: false }),
      Object.defineProperty([...array], 'length', { writable: false }),
      Object.defineProperty([...array], 'hidden', { value: 1 }),
      Object.defineProperty([...array], Symbol('hidden'), { value: 1 }),
      Object.assign([...array], { key: 1 }),
      Object.preventExtensions([...array]),
      Object.setPrototypeOf([...array], null) as unknown[],
    ]),
    Object.defineProperty(Array.from({ length: 100 }, Number), 50, item),
  ]
  return makeLiterals().every(isFound) && !odd.some(isFound)
}
