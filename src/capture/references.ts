import { fileURLToPath, pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { isBlind } from './blind.ts'
import { reachesEntry } from './entry.ts'
import { analyzeFunction } from './free-variables.ts'
import type { CommonJsNode, Encoded, ImportNode, MemberNode, Ref } from './graph.ts'
import type { Look } from './inspector.ts'
import { builtinPathOf, commonJsExportPath, commonJsFileOf, intrinsicPathOf, isCommonJsLoaded } from './known.ts'
import { moduleFacts } from './module-facts.ts'
import {
  constructorOf,
  functionName,
  hasIdentity,
  isClassText,
  isFunction,
  isNative,
  isObject,
  ownValue,
  prototypesOf,
  readVariable,
  tagOf,
  textOf,
} from './peek.ts'
import { writtenPlace } from './places.ts'
import { classRecord, rememberedOwner, standIn } from './provenance.ts'
import { type ScriptRecord, scriptSource } from './scripts.ts'
import type { Walk } from './walk.ts'

/** A value that every process has, that the receiver has, or that can be required. */
export function encodeReference(walk: Walk, value: object): Ref | undefined {
  const again = standIn(value)
  if (again) return walk.add(value, again)
  if (isFunction(value)) {
    const cls = classRecord(value)
    if (cls?.from !== undefined && cls.from === walk.options.peer) return walk.add(value, { kind: 'own', id: cls.id })
    if (types.isProxy(value)) return undefined
    // Most functions need no index: only those of V8 and Node are in one.
    if (!isNative(value) && !isBlind()) {
      const script = writtenPlace(walk, value)?.script
      if (script && !script.url.startsWith('node:'))
        return walk.byValue.has(value) ? undefined : encodeCommonJs(walk, value)
    }
  } else if (types.isProxy(value) || (Array.isArray(value) && value !== Array.prototype)) return undefined
  const intrinsic = intrinsicPathOf(value)
  if (intrinsic) return walk.add(value, { kind: 'intrinsic', path: [...intrinsic] })
  const builtin = builtinPathOf(value)
  if (builtin) return walk.add(value, { kind: 'builtin', module: builtin.moduleName, path: [...builtin.path] })
  return encodeCommonJs(walk, value)
}

/** Whether another process has it without being told. */
export function isKnown(value: object): boolean {
  return intrinsicPathOf(value) !== undefined
}

function encodeCommonJs(walk: Walk, value: object): Ref | undefined {
  const file = commonJsFileOf(value)
  if (file === undefined || reachesEntry(pathToFileURL(file).href)) return undefined
  return walk.add(value, { kind: 'commonjs', file, path: [] })
}

/** A function that a module exports which can be imported without running the user's program again. */
export function importReference(
  walk: Walk,
  fn: Function,
  seen: Look,
  script: ScriptRecord,
): ImportNode | CommonJsNode | undefined {
  const { url } = script
  if (walk.byValue.has(fn) || !url.startsWith('file:') || reachesEntry(url)) return undefined
  if (!script.isModule) {
    const file = fileURLToPath(url)
    const path = isCommonJsLoaded(file) ? commonJsExportPath(file, fn, functionName(fn)) : undefined
    return path && { kind: 'commonjs', file, path: [...path] }
  }
  const scope = seen.scopes?.findLast(({ description }) => description === 'Module')?.object
  if (!scope) return undefined
  const locals = Object.getOwnPropertyNames(scope).filter((name) => readVariable(scope, name) === fn)
  if (locals.length === 0 && functionName(fn) !== 'default') return undefined
  const source = scriptSource(script.scriptId, proofOf(fn, seen))
  const { exports } = moduleFacts(source ?? '', true)
  const local =
    locals.find((name) => exports.has(name)) ??
    (functionName(fn) === 'default' && exports.has('*default*') ? '*default*' : undefined)
  const name = local === undefined ? undefined : exports.get(local)
  return name === undefined ? undefined : { kind: 'import', base: url, specifier: url, name }
}

function proofOf(fn: Function, { location }: Look): Parameters<typeof scriptSource>[1] {
  if (!location) return undefined
  try {
    const { text, anchor } = analyzeFunction(textOf(fn))
    return { ...location, text, anchor }
  } catch {
    // What the parser does not know proves nothing about the file.
    return undefined
  }
}

/** The function or class whose `prototype` this object is, as far as it tells or was seen before. */
export function ownerOf(prototype: object): Function | undefined {
  return [constructorOf(prototype), rememberedOwner(prototype)].find(
    (fn) => fn !== undefined && ownValue(fn, 'prototype') === prototype,
  )
}

/** A prototype object through the class that it belongs to. */
export function encodePrototype(walk: Walk, prototype: object | null): Encoded {
  if (prototype === null) return null
  const met = walk.find(prototype) ?? encodeReference(walk, prototype)
  if (met) return met
  const cls = ownerOf(prototype)
  if (cls === undefined) return walk.encode(prototype)
  const of = walk.at('part', `class ${functionName(cls)}`, () => walk.encode(cls))
  return walk.find(prototype) ?? walk.add(prototype, { kind: 'prototype', of })
}

/** A method that is found on a class which `self` is an instance of, through that class. */
export function memberReference(walk: Walk, self: unknown, fn: Function): Ref | undefined {
  if (!hasIdentity(self) || walk.find(fn) || types.isProxy(self)) return undefined
  const holders = isFunction(self) ? [self, ...prototypesOf(self)] : prototypesOf(self)
  for (const holder of holders) {
    if (holder === Function.prototype || isKnown(holder)) return undefined
    const key = Reflect.ownKeys(holder).find((one) => ownValue(holder, one) === fn)
    if (key === undefined) continue
    const cls = isFunction(holder) ? holder : constructorOf(holder)
    if (cls === undefined || !isClassText(textOf(cls))) return undefined
    const of = isFunction(holder) ? walk.encode(holder) : encodePrototype(walk, holder)
    const node: MemberNode = { kind: 'member', of, key: walk.encodeKey(key), role: 'value' }
    return walk.find(fn) ?? walk.add(fn, node)
  }
  return undefined
}

/** What a bundler, compiler or test runner makes of `import * as x`: an object of getters, or a real namespace. */
export function isNamespaceLike(object: object): boolean {
  if (types.isModuleNamespaceObject(object)) return true
  if (types.isProxy(object) || Array.isArray(object) || ArrayBuffer.isView(object)) return false
  if (tagOf(object) === 'Module' || commonJsFileOf(object) !== undefined) return true
  const whole = ownValue(object, 'default')
  if (isObject(whole) && (builtinPathOf(whole)?.path.length === 0 || commonJsFileOf(whole) !== undefined)) return true
  let getters = 0
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (descriptor.get && !descriptor.set) getters++
    else if (name !== 'default' && name !== '__esModule') return false
  }
  // Getters alone do not tell: a user's object may have nothing else, and reading them would run the user's code.
  return Object.hasOwn(object, '__esModule') || (getters > 0 && Object.hasOwn(object, 'default'))
}
