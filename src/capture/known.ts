import * as nodeModule from 'node:module'
import { types } from 'node:util'
import { evaluateInMain } from './inspector.ts'
import { HIDDEN_INTRINSICS, type IntrinsicPath, keyOut, loadBuiltin } from './known-get.ts'
import { hasIdentity, readVariable } from './peek.ts'
import { LAZY_GLOBALS, standardGlobals } from './standard-globals.ts'

/** Values that exist in every process in the same way, and what another process finds them by. */

/** The path of an intrinsic value (`Math.max`, `Array.prototype`, a hidden one), or undefined when it is none. */
export function intrinsicPathOf(value: object): IntrinsicPath | undefined {
  if (!intrinsics && typeof value !== 'function') {
    const known = namespaceObjects().get(value)
    if (known || !couldBeIntrinsic(value)) return known
  }
  const index = (intrinsics ??= indexIntrinsics())
  return index.get(value) ?? lazyGlobalPath(value, index)
}

/** Where a value stands in a builtin module that this process has loaded, or undefined. */
export function builtinPathOf(value: object): BuiltinPath | undefined {
  const known = builtins.get(value)
  if (known || builtinsAreFresh) return known
  builtinsAreFresh = true
  return indexLoadedBuiltins() ? builtins.get(value) : undefined
}

export interface BuiltinPath {
  /** Without `node:`, except for modules that exist only with it. */
  readonly moduleName: string
  readonly path: readonly string[]
}

/** File of the loaded CommonJS module whose `module.exports` is this value, or undefined. */
export function commonJsFileOf(value: object): string | undefined {
  if (!commonJsIsFresh) indexCommonJs()
  return commonJsFiles.get(value)
}

/** How the loaded CommonJS module exports the value: `[]` as a whole, `[name]` as a property, or undefined. `hint` is tried first. */
export function commonJsExportPath(file: string, value: unknown, hint?: string): readonly string[] | undefined {
  const loaded = commonJsCache()[file]
  if (!loaded?.loaded) return undefined
  const exports: unknown = loaded.exports
  if (exports === value) return []
  if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return undefined
  const properties = exports as Record<string, unknown>
  try {
    if (hint !== undefined && Object.hasOwn(properties, hint) && properties[hint] === value) return [hint]
    const name = Object.keys(properties).find((key) => properties[key] === value)
    return name === undefined ? undefined : [name]
  } catch {
    // A getter of the exports threw: then this is not how the value is exported.
    return undefined
  }
}

/** The CommonJS module, or builtin one, that exports this symbol. */
export function symbolExportPath(
  symbol: symbol,
): { readonly file?: string; readonly module?: string; readonly name: string } | undefined {
  for (const moduleName of loadedBuiltins()) {
    const name = nameOfSymbol(loadBuiltin(moduleName), symbol)
    if (name !== undefined) return { module: moduleName, name }
  }
  if (!commonJsIsFresh) indexCommonJs()
  for (const [exports, file] of commonJsFiles) {
    const name = nameOfSymbol(exports, symbol)
    if (name !== undefined) return { file, name }
  }
  return undefined
}

export function isCommonJsLoaded(file: string): boolean {
  return commonJsCache()[file]?.loaded ?? false
}

/** Whether it was loaded as CommonJS. An ES module that was loaded by `require()` is in the same cache. */
export function isCommonJsFile(file: string): boolean {
  const known = commonJsCache()[file]
  return known !== undefined && !types.isModuleNamespaceObject(known.exports)
}

/** Call once at the start of each capture: modules loaded since the last one are then looked for, at the first miss only. */
export function startKnownLookups(): void {
  builtinsAreFresh = false
  commonJsIsFresh = false
}

type Index = Map<object, IntrinsicPath>

let intrinsics: Index | undefined
let namespaces: Index | undefined
const builtins = new Map<object, BuiltinPath>()
const indexedBuiltins = new Set<string>()
let builtinsAreFresh = false
let commonJsFiles = new Map<object, string>()
let commonJsCount = -1
let commonJsIsFresh = false

/** The few intrinsics that are neither functions nor prototypes, so that plain objects can be told without the index. */
function namespaceObjects(): Index {
  if (namespaces) return namespaces
  namespaces = new Map()
  for (const name of [
    'Math',
    'JSON',
    'Reflect',
    'Atomics',
    'Intl',
    'WebAssembly',
    'console',
    'process',
    'globalThis',
    'performance',
  ]) {
    const value: unknown = Reflect.get(globalThis, name)
    if (hasIdentity(value)) namespaces.set(value, [name])
  }
  return namespaces.set(process.env, ['process', 'env'])
}

/** A prototype of a native constructor, or a tagged object without a constructor such as %ArrayIteratorPrototype%. */
function couldBeIntrinsic(value: object): boolean {
  const constructor: unknown = Object.getOwnPropertyDescriptor(value, 'constructor')?.value
  if (typeof constructor !== 'function') return Object.hasOwn(value, Symbol.toStringTag) || tagOf(value) !== undefined
  return constructor.prototype === value && /\[native code\]/.test(Function.prototype.toString.call(constructor))
}

function tagOf(value: object): unknown {
  return (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
}

function indexIntrinsics(): Index {
  const index: Index = new Map()
  for (const name of standardGlobals()) {
    if (LAZY_GLOBALS.has(name) || name === 'global') continue
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name)
    if (!descriptor) continue
    if (!('value' in descriptor) && !OWN_ACCESSORS.has(name)) continue
    const value: unknown = Reflect.get(globalThis, name)
    if (add(index, value, [name]) && name !== 'globalThis' && name !== 'process')
      addMembers(index, value as object, [name], 1)
  }
  add(index, process.env, ['process', 'env'])
  for (const [name, make] of Object.entries(HIDDEN_INTRINSICS)) {
    const value = make()
    add(index, value, [`%${name}`])
    if (hasIdentity(value)) addMembers(index, value, [`%${name}`], 1)
  }
  return index
}

/** Node's accessors that are cheap to read. */
const OWN_ACCESSORS: ReadonlySet<string> = new Set(['process', 'Buffer', 'crypto', 'performance'])

function add(index: Index, value: unknown, path: IntrinsicPath): boolean {
  if (!hasIdentity(value) || index.has(value)) return false
  index.set(value, path)
  return true
}

function addMembers(index: Index, owner: object, path: IntrinsicPath, depth: number): void {
  for (const key of Reflect.ownKeys(owner)) {
    if (typeof key === 'symbol' && !isWellKnown(key)) continue
    const descriptor = Object.getOwnPropertyDescriptor(owner, key)
    const next = [...path, keyOut(key)]
    if (!descriptor) continue
    if ('value' in descriptor) {
      if (add(index, descriptor.value, next) && depth > 0)
        addMembers(index, descriptor.value as object, next, depth - 1)
    } else {
      add(index, descriptor.get, [...next, '@get'])
      add(index, descriptor.set, [...next, '@set'])
    }
  }
}

function isWellKnown(symbol: symbol): boolean {
  return (Symbol as unknown as Record<string, unknown>)[keyOut(symbol).slice(2)] === symbol
}

/** A lazy global (`fetch`, `WebSocket`) is read only when a function of exactly that name is looked for. */
function lazyGlobalPath(value: object, index: Index): IntrinsicPath | undefined {
  if (typeof value !== 'function' || !value.name || !standardGlobals().has(value.name)) return undefined
  try {
    if (!Object.hasOwn(globalThis, value.name) || Reflect.get(globalThis, value.name) !== value) return undefined
  } catch {
    // It cannot be had in this program, such as a global that a flag turned off.
    return undefined
  }
  const path = [value.name]
  index.set(value, path)
  return path
}

/** True when modules were added. */
function indexLoadedBuiltins(): boolean {
  let grew = false
  for (const name of loadedBuiltins()) {
    if (indexedBuiltins.has(name)) continue
    indexedBuiltins.add(name)
    grew = true
    let exports: unknown
    try {
      exports = loadBuiltin(name)
    } catch {
      // What cannot be loaded has nothing that a function could hold.
      continue
    }
    if (!hasIdentity(exports)) continue
    addBuiltin(exports, name, [])
    addBuiltinMembers(exports, name, [], 2)
  }
  return grew
}

function loadedBuiltins(): string[] {
  const loaded = nativeModules()
  return nodeModule.builtinModules
    .map((name) => name.replace(/^node:/, ''))
    .filter((name) => loaded.has(name) && !name.startsWith('_') && !NOT_INDEXED.test(name))
}

function nativeModules(): ReadonlySet<string> {
  // Jest gives its tests a copy of `process`.
  const { moduleLoadList } = process.getBuiltinModule('node:process') as unknown as {
    moduleLoadList?: readonly string[]
  }
  return new Set(
    moduleLoadList
      ?.filter((entry) => entry.startsWith(NATIVE_MODULE))
      .map((entry) => entry.slice(NATIVE_MODULE.length)),
  )
}

const NATIVE_MODULE = 'NativeModule '

/** Deprecated modules warn when they are loaded; the others hold nothing that a function could carry. */
const NOT_INDEXED = /^(punycode|sys|domain|inspector|wasi|trace_events)/

/** Objects inside a builtin module that are looked into; others are the module's state. */
const BUILTIN_OBJECTS: ReadonlySet<string> = new Set([
  'prototype',
  'promises',
  'constants',
  'posix',
  'win32',
  'types',
  'strict',
])

function addBuiltin(value: unknown, moduleName: string, path: readonly string[]): boolean {
  if (!hasIdentity(value) || builtins.has(value)) return false
  builtins.set(value, { moduleName, path })
  return true
}

function addBuiltinMembers(owner: object, moduleName: string, path: readonly string[], depth: number): void {
  for (const key of Object.getOwnPropertyNames(owner)) {
    const descriptor = Object.getOwnPropertyDescriptor(owner, key)
    // `fs.promises` and its like load a module when they are first read; whoever holds a part of it has read it.
    if (!descriptor || (!('value' in descriptor) && !(key === 'promises' && arePromisesLoaded(moduleName)))) continue
    const value: unknown = Reflect.get(owner, key)
    if (typeof value !== 'function' && !BUILTIN_OBJECTS.has(key)) continue
    if (addBuiltin(value, moduleName, [...path, key]) && depth > 0)
      addBuiltinMembers(value as object, moduleName, [...path, key], depth - 1)
  }
}

function arePromisesLoaded(moduleName: string): boolean {
  const loaded = nativeModules()
  return loaded.has(`internal/${moduleName}/promises`) || loaded.has(`${moduleName}/promises`)
}

type CommonJsCache = Record<string, { readonly exports: unknown; readonly loaded: boolean } | undefined>

let mainModule: { readonly _cache?: CommonJsCache } | undefined

/** Test runners replace `require` and `node:module` in their own contexts; the main context has the real ones. */
function commonJsCache(): CommonJsCache {
  if (!mainModule) {
    try {
      mainModule = evaluateInMain(`process.getBuiltinModule('node:module')`) as NonNullable<typeof mainModule>
    } catch {
      // Without an inspector.
      mainModule = nodeModule.default as unknown as NonNullable<typeof mainModule>
    }
  }
  return mainModule._cache ?? {}
}

function indexCommonJs(): void {
  commonJsIsFresh = true
  const cache = commonJsCache()
  const files = Object.keys(cache)
  if (files.length === commonJsCount) return
  commonJsCount = files.length
  commonJsFiles = new Map()
  for (const file of files) {
    const entry = cache[file]
    if (entry?.loaded && hasIdentity(entry.exports)) commonJsFiles.set(entry.exports, file)
  }
}

// No getter is run, since it may load another module, except for those that compilers write for `export`.
function nameOfSymbol(exports: unknown, symbol: symbol): string | undefined {
  if (!hasIdentity(exports) || types.isProxy(exports)) return undefined
  const isCompiled = Object.hasOwn(exports, '__esModule')
  return Object.getOwnPropertyNames(exports).find((name) => {
    const { value, get } = Object.getOwnPropertyDescriptor(exports, name) ?? {}
    return get && isCompiled ? readVariable(exports, name) === symbol : value === symbol
  })
}
