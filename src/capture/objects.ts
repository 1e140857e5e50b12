import { types } from 'node:util'
import { isFrozen } from '../base/integrity.ts'
import { isIndex } from '../base/plain-array.ts'
import { unsendable } from '../base/unsendable.ts'
import { checkShared, encodeArrayBuffer, encodeView } from './buffers.ts'
import type {
  ArgumentsNode,
  ArrayNode,
  Attachments,
  DateNode,
  GraphNode,
  MapNode,
  ObjectNode,
  RegExpNode,
  Ref,
  SearchParamsNode,
  SetNode,
  WeakMapNode,
  WeakRefNode,
  WeakSetNode,
} from './graph.ts'
import { encodeDomException, encodeError } from './error-objects.ts'
import { hostClass } from './hosts.ts'
import { findValue, isFunction, isNative, isPlainPrototype, ownValue, tagOf } from './peek.ts'
import { isPlainData } from './plain-data.ts'
import { encodePrivateFields, preferByValue } from './private-fields.ts'
import { encodeProperties } from './properties.ts'
import { identifyWeak } from './provenance.ts'
import { encodePrototype, encodeReference, ownerOf } from './references.ts'
import { encodeSubclass } from './subclasses.ts'
import { Unsendable, type Walk } from './walk.ts'

/** Any object: by reference, as plain data, as what its kind is made of, or refused. */
export function encodeObject(walk: Walk, object: object): Ref {
  const reference = encodeReference(walk, object) ?? encodeSpecial(walk, object)
  if (reference) return reference
  if (!types.isProxy(object) && ownerOf(object)) return encodePrototype(walk, object) as Ref
  if (isPlainKind(object) && isPlainData(object, walk.plain)) return walk.add(object, { kind: 'plain', value: object })
  refuseKinds(walk, object)
  return encodeBuiltinKind(walk, object) ?? encodeOrdinary(walk, object)
}

function isPlainKind(object: object): boolean {
  return !types.isProxy(object) && (Array.isArray(object) || Object.getPrototypeOf(object) === Object.prototype)
}

function encodeSpecial(walk: Walk, object: object): Ref | undefined {
  const { special } = walk.options
  if (!special || types.isProxy(object)) return undefined
  let found
  try {
    found = special(object)
  } catch (error) {
    if (error instanceof Unsendable) walk.refuse(error.reason, error.advice)
    throw error
  }
  if (!found) return undefined
  const { id, data } = found
  const node: GraphNode = { kind: 'special', id, data: undefined }
  const ref = walk.add(object, node)
  walk.later(() => {
    node.data = walk.encode(data)
  })
  return ref
}

function refuseKinds(walk: Walk, object: object): void {
  if (types.isProxy(object)) walk.refuse('is a Proxy', 'Send the object behind it.')
  const marked = findValue(object, unsendable)
  if (typeof marked === 'string') {
    // Its first sentence tells why.
    const [reason = '', ...advice] = marked.split('. ')
    walk.refuse(reason, advice.join('. ') || 'Keep it in the process that made it.')
  }
  if (types.isPromise(object)) walk.refuse('is a Promise', 'Await it before the call.')
  if (types.isGeneratorObject(object))
    walk.refuse('is a running generator', 'Send the function that makes it, or an array of its items.')
  if (isIterator(object)) walk.refuse('is a running iterator', 'Send what it iterates over, or an array of its items.')
  if (types.isSharedArrayBuffer(object)) checkShared(walk, 'is')
  if (isNativePointer(object)) walk.refuse('is a native pointer', 'Open what it stands for inside the function.')
  if (tagOf(object) === 'FinalizationRegistry')
    walk.refuse('is a FinalizationRegistry', 'Make one inside the function.')
}

// Deno 2.9 does not have the question.
function isNativePointer(object: object): boolean {
  return (types as Partial<typeof types>).isExternal?.(object) === true
}

function isIterator(object: object): boolean {
  if (types.isMapIterator(object) || types.isSetIterator(object)) return true
  if (!tagOf(object)?.endsWith(' Iterator') || Object.hasOwn(object, 'next')) return false
  const next = findValue(object, 'next')
  return isFunction(next) && isNative(next)
}

/** Kinds that the language knows, whose content is not in their properties; their subclasses keep their class. */
function encodeBuiltinKind(walk: Walk, object: object): Ref | undefined {
  if (Array.isArray(object)) return encodeArray(walk, object)
  if (types.isMap(object)) return encodeMap(walk, object)
  if (types.isSet(object)) return encodeSet(walk, object)
  // In newer versions of Node it is a native error as well, and keeps its fields where only Node can read them.
  if (object instanceof DOMException) return encodeDomException(walk, object)
  if (types.isNativeError(object)) return encodeError(walk, object)
  if (types.isDate(object)) {
    const node: DateNode = { kind: 'date', time: Date.prototype.getTime.call(object) }
    return addWithProperties(walk, object, node, Date.prototype)
  }
  if (types.isRegExp(object)) {
    const node: RegExpNode = {
      kind: 'regexp',
      source: readNative(RegExp.prototype, 'source', object),
      flags: readNative(RegExp.prototype, 'flags', object),
    }
    return addWithProperties(walk, object, node, RegExp.prototype)
  }
  if (types.isBoxedPrimitive(object)) return encodeBoxed(walk, object)
  if (types.isAnyArrayBuffer(object)) return encodeArrayBuffer(walk, object)
  if (ArrayBuffer.isView(object)) return encodeView(walk, object)
  if (types.isWeakMap(object))
    return addWeak(walk, object, { kind: 'weakMap', id: identifyWeak(object), entries: [] }, WeakMap.prototype)
  if (types.isWeakSet(object))
    return addWeak(walk, object, { kind: 'weakSet', id: identifyWeak(object), values: [] }, WeakSet.prototype)
  if (types.isArgumentsObject(object)) return encodeArguments(walk, object as unknown as ArrayLike<unknown> & object)
  return encodeNodeKind(walk, object)
}

/** Kinds that Node brings. */
function encodeNodeKind(walk: Walk, object: object): Ref | undefined {
  if (object instanceof WeakRef) {
    const node: WeakRefNode = { kind: 'weakRef', target: undefined }
    const ref = addWithProperties(walk, object, node, WeakRef.prototype)
    const target = object.deref()
    // Its target was collected: there is no way to make such a one.
    if (target === undefined) walk.refuse('is a WeakRef whose target is gone', 'Send nothing in its place.')
    node.target = walk.encode(target)
    return ref
  }
  if (types.isModuleNamespaceObject(object)) return encodeNamespace(walk, object)
  if (object instanceof URL) return encodeUrl(walk, object)
  if (object instanceof URLSearchParams) {
    const text = URLSearchParams.prototype.toString.call(object)
    return addWithProperties(walk, object, { kind: 'searchParams', text }, URLSearchParams.prototype)
  }
  return undefined
}

// Changing its searchParams changes the URL.
function encodeUrl(walk: Walk, url: URL): Ref {
  const ref = addWithProperties(walk, url, { kind: 'url', href: readNative(URL.prototype, 'href', url) }, URL.prototype)
  const params = Reflect.get(URL.prototype, 'searchParams', url) as URLSearchParams
  const node: SearchParamsNode = { kind: 'searchParams', text: '', of: ref }
  if (walk.find(params)) walk.replace(params, node)
  else addWithProperties(walk, params, node, URLSearchParams.prototype)
  return ref
}

function encodeArray(walk: Walk, array: readonly unknown[]): Ref {
  const node: ArrayNode = { kind: 'array', length: array.length }
  const ref = walk.add(array, node)
  walk.later(() => {
    const keys = Reflect.ownKeys(array)
    const indexes = keys.filter((key) => isIndex(key) && isOrdinary(array, key))
    const item = (index: number): ReturnType<Walk['encode']> =>
      walk.at('property', `[${index}]`, () => walk.encodeDeep(ownValue(array, index), { owner: array }))
    // Not the array's own `map`, which would make one of the user's class.
    if (indexes.length === array.length) node.items = indexes.map((_, index) => item(index))
    else node.sparse = indexes.map((key) => [Number(key), item(Number(key))])
    encodeProperties(
      walk,
      array,
      keys.filter((key) => (key === 'length' ? !hasOpenLength(array) : !(isIndex(key) && isOrdinary(array, key)))),
      node,
    )
  })
  encodeSubclass(walk, array, node, Array.prototype)
  return ref
}

function hasOpenLength(array: readonly unknown[]): boolean {
  return Object.getOwnPropertyDescriptor(array, 'length')?.writable === true || isFrozen(array)
}

// The items of a frozen or sealed array get their attributes when it is frozen or sealed again.
function isOrdinary(object: object, key: PropertyKey): boolean {
  const descriptor = Object.getOwnPropertyDescriptor(object, key)
  if (!descriptor || !('value' in descriptor) || !descriptor.enumerable) return false
  if (descriptor.writable === true) return descriptor.configurable === true || Object.isSealed(object)
  return isFrozen(object)
}

function encodeMap(walk: Walk, map: Map<unknown, unknown>): Ref {
  const node: MapNode = { kind: 'map', entries: [] }
  const ref = addWithProperties(walk, map, node, Map.prototype)
  walk.later(() => {
    for (const [key, value] of Map.prototype.entries.call(map)) {
      walk.at('part', `entry ${describeKey(key)}`, () =>
        node.entries.push([walk.encodeDeep(key), walk.encodeDeep(value, { owner: map })]),
      )
    }
  })
  return ref
}

function encodeSet(walk: Walk, set: Set<unknown>): Ref {
  const node: SetNode = { kind: 'set', values: [] }
  const ref = addWithProperties(walk, set, node, Set.prototype)
  walk.later(() => {
    for (const value of Set.prototype.values.call(set))
      node.values.push(walk.at('part', 'member', () => walk.encodeDeep(value, { owner: set })))
  })
  return ref
}

function describeKey(key: unknown): string {
  if (typeof key === 'string') return JSON.stringify(key)
  return typeof key === 'object' || typeof key === 'function'
    ? '…'
    : String(key as number | bigint | boolean | symbol | undefined)
}

function encodeBoxed(walk: Walk, object: object): Ref {
  const node: GraphNode = { kind: 'boxed', value: walk.encode(unboxed(object)) }
  const prototype = Object.getPrototypeOf(Object(unboxed(object))) as object
  const ref = walk.add(object, node)
  encodeSubclass(walk, object, node, prototype)
  const keys = Reflect.ownKeys(object).filter(
    (key) => !(types.isStringObject(object) && (key === 'length' || isIndex(key))),
  )
  walk.later(() => encodeProperties(walk, object, keys, node))
  return ref
}

function unboxed(object: object): unknown {
  for (const { prototype } of [Number, String, Boolean, BigInt, Symbol]) {
    try {
      return Reflect.apply(prototype.valueOf, object, [])
    } catch {
      // Another kind of box.
    }
  }
  return undefined
}

function encodeArguments(walk: Walk, object: ArrayLike<unknown> & object): Ref {
  const node: ArgumentsNode = { kind: 'arguments', items: [] }
  const ref = walk.add(object, node)
  encodeSubclass(walk, object, node, Object.prototype)
  const keys = Reflect.ownKeys(object)
  const length = ownValue(object, 'length')
  const isItem = (key: PropertyKey): boolean => isIndex(key) && Number(key) < Number(length)
  if (!Number.isInteger(length) || keys.some((key) => isItem(key) && !isOrdinary(object, key)))
    walk.refuse('is an `arguments` object that was changed', 'Send an array of its items.')
  walk.later(() => {
    for (let i = 0; i < Number(length); i++) {
      if (!Object.hasOwn(object, i)) (node.missing ??= []).push(i)
      node.items.push(walk.at('property', `[${i}]`, () => walk.encodeDeep(ownValue(object, i))))
    }
    const more = keys.filter((key) => !isItem(key) && !IMPLIED_ARGUMENTS.has(key))
    encodeProperties(walk, object, more, node)
  })
  return ref
}

const IMPLIED_ARGUMENTS: ReadonlySet<PropertyKey> = new Set(['length', 'callee', Symbol.iterator])

function encodeNamespace(walk: Walk, namespace: object): Ref {
  const node: ObjectNode = { kind: 'object', proto: null }
  const ref = walk.add(namespace, node)
  walk.later(() => encodeProperties(walk, namespace, Reflect.ownKeys(namespace), node))
  return ref
}

function addWeak(walk: Walk, object: object, node: WeakMapNode | WeakSetNode, standard: object): Ref {
  walk.weak.push({ object, node, done: new Set() })
  return addWithProperties(walk, object, node, standard)
}

function encodeOrdinary(walk: Walk, object: object): Ref {
  const host = hostClass(walk, object)
  if (host)
    walk.refuse(
      `is ${host}, which owns resources of this process`,
      'Open it inside the function, or send what is needed to open it.',
    )
  const node: ObjectNode = { kind: 'object' }
  const ref = walk.add(object, node)
  const prototype = Object.getPrototypeOf(object) as object | null
  if (!isPlainPrototype(prototype)) {
    preferByValue(walk, object)
    node.proto = encodePrototype(walk, prototype)
    encodePrivateFields(walk, object, node)
  }
  walk.later(() => encodeProperties(walk, object, Reflect.ownKeys(object), node))
  return ref
}

function addWithProperties(walk: Walk, object: object, node: GraphNode & Attachments, standard: object): Ref {
  const ref = walk.add(object, node)
  encodeSubclass(walk, object, node, standard)
  walk.later(() => encodeProperties(walk, object, Reflect.ownKeys(object), node))
  return ref
}

function readNative(prototype: object, name: string, object: object): string {
  return Reflect.get(prototype, name, object) as string
}
