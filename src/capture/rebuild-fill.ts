import { ValueUnreadableError } from '../base/errors.ts'
import { setIntegrity } from '../base/integrity.ts'
import type { Attachments, Encoded, GraphNode, Property, UnsendableNode } from './graph.ts'
import { PropertyFlag } from './graph.ts'
import { setPrivates, setPrivateStatics } from './rebuild-classes.ts'
import { rememberOwner } from './provenance.ts'
import { standInFor } from './rebuild-stand-ins.ts'
import type { Rebuild } from './rebuild-state.ts'

/** Gives a value its content. Called once for each node, when every node has its value. */
export function fill(rebuild: Rebuild, node: GraphNode, value: unknown): void {
  if (rebuild.kept.has(node)) return
  switch (node.kind) {
    case 'function':
    case 'class':
      rebuild.fills.get(node)?.(node.captures.map((one) => rebuild.value(one)))
      if (node.kind === 'class') setPrivateStatics(rebuild, node, value as Function)
      if (node.prototype) fillPrototype(rebuild, value as Function, node.prototype)
      break
    case 'cell':
      if (node.uninitialized === undefined) (value as { v: unknown }).v = rebuild.value(node.value)
      return
    case 'array':
      fillArray(rebuild, value as unknown[], node.items, node.sparse)
      break
    case 'arguments':
      node.items.forEach((item, i) => ((value as unknown[])[i] = rebuild.value(item)))
      for (const i of node.missing ?? []) Reflect.deleteProperty(value as object, i)
      break
    case 'map':
    case 'weakMap':
      fillMap(rebuild, value, node.entries, node.kind === 'map' ? Map.prototype.set : WeakMap.prototype.set)
      break
    case 'set':
    case 'weakSet':
      fillSet(rebuild, value, node.values, node.kind === 'set' ? Set.prototype.add : WeakSet.prototype.add)
      break
    default:
  }
  if ('privates' in node && node.privates) setPrivates(rebuild, node, value as object)
  if ('lacks' in node) removeAll(value as object, node)
  if ('props' in node && node.props) defineAll(rebuild, value as object, node.props)
  if (node.kind === 'function') noteOwner(value as Function)
}

/** Last of all, since nothing can be added to a frozen object. */
export function protect(rebuild: Rebuild, node: GraphNode, value: unknown): void {
  if (rebuild.kept.has(node)) return
  if ('integrity' in node && node.integrity) setIntegrity(value as object, node.integrity)
  const ofPrototype = 'prototype' in node ? node.prototype?.integrity : undefined
  if (ofPrototype !== undefined) setIntegrity((value as Function).prototype as object, ofPrototype)
}

function fillPrototype(rebuild: Rebuild, fn: Function, parts: Attachments): void {
  const prototype = fn.prototype as object
  const { proto, props } = parts
  removeAll(prototype, parts)
  if (proto !== undefined) Object.setPrototypeOf(prototype, rebuild.value(proto) as object)
  if (props) defineAll(rebuild, prototype, props)
}

function noteOwner(fn: Function): void {
  const { prototype } = fn as { prototype: unknown }
  if (typeof prototype === 'object' && prototype !== null && !Object.hasOwn(prototype, 'constructor'))
    rememberOwner(prototype, fn)
}

function removeAll(object: object, { lacks = [] }: Attachments): void {
  for (const key of lacks) Reflect.deleteProperty(object, key)
}

function fillArray(
  rebuild: Rebuild,
  array: unknown[],
  items: readonly Encoded[] | undefined,
  sparse: readonly [number, Encoded][] | undefined,
): void {
  const put = (index: number, item: Encoded): void => {
    // Not assigned, since a setter may stand on the prototype; arrays of plain items stay fast.
    if (isUnsendable(rebuild.node(item))) define(rebuild, array, [String(index), item])
    else if (Object.getPrototypeOf(array) === Array.prototype) array[index] = rebuild.value(item)
    else define(rebuild, array, [String(index), item])
  }
  items?.forEach((item, index) => put(index, item))
  sparse?.forEach(([index, item]) => put(index, item))
}

function fillMap(rebuild: Rebuild, map: unknown, entries: readonly [Encoded, Encoded][], set: Function): void {
  for (const [key, value] of entries) Reflect.apply(set, map, [rebuild.value(key), rebuild.value(value)])
}

function fillSet(rebuild: Rebuild, set: unknown, values: readonly Encoded[], add: Function): void {
  for (const value of values) Reflect.apply(add, set, [rebuild.value(value)])
}

function defineAll(rebuild: Rebuild, object: object, props: readonly Property[]): void {
  for (const property of props) define(rebuild, object, property)
}

function define(rebuild: Rebuild, object: object, property: Property): void {
  const [rawKey, encoded, flags = PropertyFlag.all] = property
  const key = rebuild.key(rawKey)
  const descriptor: PropertyDescriptor = {
    enumerable: (flags & PropertyFlag.enumerable) !== 0,
    configurable: (flags & PropertyFlag.configurable) !== 0,
  }
  if (property.length === 4) {
    descriptor.get = rebuild.value(encoded) as () => unknown
    descriptor.set = rebuild.value(property[3]) as (value: unknown) => void
  } else if (isUnsendable(rebuild.node(encoded))) {
    descriptor.get = standInFor(rebuild.node(encoded) as UnsendableNode).get
    descriptor.configurable = true
  } else {
    descriptor.value = rebuild.value(encoded)
    descriptor.writable = (flags & PropertyFlag.writable) !== 0
  }
  // A class that was here already may be frozen since the first time, or this property may be fixed; then it cannot have
  // changed at its sender either.
  if (Reflect.defineProperty(object, key, descriptor) || !Object.isExtensible(object) || isFixed(object, key)) return
  throw new ValueUnreadableError(`The property '${String(key)}' could not be set in this worker.`)
}

function isFixed(object: object, key: PropertyKey): boolean {
  return Object.getOwnPropertyDescriptor(object, key)?.configurable === false
}

function isUnsendable(node: GraphNode | undefined): node is UnsendableNode {
  return node?.kind === 'unsendable'
}
