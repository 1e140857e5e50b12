import type { FunctionFacts } from './function-facts.ts'
import type { Attachments, FunctionNode } from './graph.ts'
import { constructorOf, functionName, isNative, isObject, isPlainPrototype, ownValue } from './peek.ts'
import { encodeProperties } from './properties.ts'
import { identify, rememberOwner } from './provenance.ts'
import { encodePrototype, isKnown, ownerOf } from './references.ts'
import { LearntTooLate, type Walk } from './walk.ts'

/** What the text of a function does not bring by itself: properties, what was done to those it has, and prototypes. */
export function encodeFunctionParts(walk: Walk, fn: Function, facts: FunctionFacts, node: FunctionNode): void {
  const prototype = ownValue(fn, 'prototype')
  const isConstructor = facts.form === 'function' && !facts.isAsync && !facts.isGenerator
  const isProperty = isConstructor && !(isObject(prototype) && isOwned(walk, fn, prototype))
  const own = addedKeys(fn).concat(NAMES.filter((key) => Object.hasOwn(fn, key) && !isNatural(fn, key, facts)))
  encodeProperties(walk, fn, isProperty ? [...own, 'prototype'] : own, node)
  const lacking = NAMES.filter((key) => !Object.hasOwn(fn, key))
  if (lacking.length > 0) node.lacks = lacking
  if (isProperty) node.id = identify(fn)
  else if (isConstructor) encodeMethods(walk, fn, prototype as object, node)
  else if (facts.isGenerator && isObject(prototype)) encodeGeneratorPrototype(walk, prototype, node)
  encodeParent(walk, fn, node)
}

/** What a function, or a class without a base, inherits from, where that is not what all functions do. */
export function encodeParent(walk: Walk, fn: Function, node: Attachments): void {
  const parent = Object.getPrototypeOf(fn) as object | null
  if (parent !== Function.prototype && (parent === null || !(isKnown(parent) || isOfOtherRealm(parent))))
    node.proto = walk.at('part', '[[Prototype]]', () => walk.encode(parent))
}

// Of what `node:vm` and test runners run; there it is that of the receiver's realm.
function isOfOtherRealm(prototype: object): boolean {
  const constructor = constructorOf(prototype)
  if (constructor === undefined || !isNative(constructor) || ownValue(constructor, 'prototype') !== prototype)
    return false
  return /^(?:Async)?(?:Generator)?Function$/.test(functionName(constructor))
}

/** Keys that functions do not have by themselves. */
export function addedKeys(fn: Function): PropertyKey[] {
  return Reflect.ownKeys(fn).filter((key) => !GIVEN.has(key))
}

/** Whether a `name` or `length` is as the text makes it; a name may be another one that the function was given. */
export function isNatural(fn: Function, key: 'name' | 'length', { arity }: FunctionFacts): boolean {
  const property = Object.getOwnPropertyDescriptor(fn, key)
  if (property?.writable !== false || property.enumerable === true || property.configurable !== true) return false
  return key === 'length' ? property.value === arity : typeof property.value === 'string'
}

const NAMES = ['name', 'length'] as const
const GIVEN: ReadonlySet<PropertyKey> = new Set([...NAMES, 'prototype', 'arguments', 'caller'])

// Whether the prototype object, which may have replaced the first one, is nobody else's.
function isOwned(walk: Walk, fn: Function, prototype: object): boolean {
  if (ownValue(prototype, 'constructor') === fn) return true
  const owner = ownerOf(prototype)
  if (owner === undefined) {
    rememberOwner(prototype, fn)
    if (walk.find(prototype)) throw new LearntTooLate()
    return true
  }
  if (owner === fn) return true
  encodePrototype(walk, prototype)
  return false
}

// A function with methods is a class as it was written before ES2015.
function encodeMethods(walk: Walk, fn: Function, prototype: object, node: FunctionNode): void {
  const isGiven = ownValue(prototype, 'constructor') === fn
  const keys = Reflect.ownKeys(prototype).filter((key) => key !== 'constructor' || !isGiven)
  const parent = Object.getPrototypeOf(prototype) as object | null
  if (isGiven && keys.length === 0 && isPlainPrototype(parent)) return
  node.id = identify(fn)
  const parts: Attachments = {}
  walk.at('part', 'prototype', () => {
    encodeProperties(walk, prototype, keys, parts, prototype)
    if (!isPlainPrototype(parent)) parts.proto = encodePrototype(walk, parent)
  })
  if (!Object.hasOwn(prototype, 'constructor')) parts.lacks = ['constructor']
  node.prototype = parts
}

// What generators inherit from is an object of their function.
function encodeGeneratorPrototype(walk: Walk, prototype: object, node: FunctionNode): void {
  const parts: Attachments = {}
  walk.at('part', 'prototype', () => {
    encodeProperties(walk, prototype, Reflect.ownKeys(prototype), parts, prototype)
    const parent = Object.getPrototypeOf(prototype) as object | null
    if (parent === null || !isKnown(parent)) parts.proto = encodePrototype(walk, parent)
  })
  if (parts.props || parts.integrity || parts.proto !== undefined) node.prototype = parts
}
