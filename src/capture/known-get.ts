/** The way from a global to an intrinsic value: `['Array', 'prototype', 'map']`; see {@link keyOut} for symbols. */
export type IntrinsicPath = readonly string[]

/** The value of this process that stands at the path. Throws `TypeError` when a later Node made the path and this one lacks it. */
export function intrinsicAt(path: IntrinsicPath): unknown {
  const [root, ...keys] = path
  if (root === undefined) throw new TypeError('an empty path leads to no intrinsic value')
  let value = root.startsWith('%') ? HIDDEN_INTRINSICS[root.slice(1)]?.() : Reflect.get(globalThis, root)
  for (let i = 0; i < keys.length; i++) {
    const key = keyIn(keys[i] as string)
    const accessor = keys[i + 1]
    if (accessor === '@get' || accessor === '@set')
      return Object.getOwnPropertyDescriptor(value, key)?.[accessor === '@get' ? 'get' : 'set']
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  if (value === undefined) throw new TypeError(`this Node (${process.version}) has no ${path.join('.')}`)
  return value
}

/** A part of a builtin module: `builtinAt('fs', ['promises', 'readFile'])`. The module is loaded when it is not yet. */
export function builtinAt(moduleName: string, path: readonly string[]): unknown {
  let value: unknown = loadBuiltin(moduleName)
  for (const key of path) value = (value as Record<string, unknown>)[key]
  return value
}

export function loadBuiltin(moduleName: string): unknown {
  const found: unknown = process.getBuiltinModule(moduleName.startsWith('node:') ? moduleName : `node:${moduleName}`)
  if (found === undefined) throw new TypeError(`this Node (${process.version}) has no builtin module '${moduleName}'`)
  return found
}

/** A property key as a string: well-known symbols are written `@@iterator`. */
export function keyOut(key: string | symbol): string {
  return typeof key === 'symbol' ? `@@${(key.description ?? '').replace(/^Symbol\./, '')}` : key
}

function keyIn(key: string): PropertyKey {
  return key.startsWith('@@') ? ((Symbol as unknown as Record<string, symbol>)[key.slice(2)] ?? key) : key
}

/** Intrinsics that no global names; ECMAScript's own names for them. */
export const HIDDEN_INTRINSICS: Readonly<Record<string, () => unknown>> = {
  AsyncFunction: () => (async () => {}).constructor,
  GeneratorFunction: () => function* () {}.constructor,
  AsyncGeneratorFunction: () => async function* () {}.constructor,
  TypedArray: () => Object.getPrototypeOf(Uint8Array),
  ArrayIterator: () => Object.getPrototypeOf([][Symbol.iterator]()),
  MapIterator: () => Object.getPrototypeOf(new Map().entries()),
  SetIterator: () => Object.getPrototypeOf(new Set().values()),
  IteratorProto: () => Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
  GeneratorProto: () => Object.getPrototypeOf(function* () {}).prototype,
  AsyncGeneratorProto: () => Object.getPrototypeOf(async function* () {}).prototype,
}
