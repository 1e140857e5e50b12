import { builtinErrorOf, nodeErrorOf } from '../base/node-error.ts'
import type { DomExceptionNode, ErrorNode, Ref } from './graph.ts'
import { isNative } from './peek.ts'
import { encodePrivateFields, preferByValue } from './private-fields.ts'
import { encodeProperties } from './properties.ts'
import { encodePrototype } from './references.ts'
import { encodeSubclass } from './subclasses.ts'
import type { Walk } from './walk.ts'

/** A native error, whatever its prototype says. */
export function encodeError(walk: Walk, error: Error): Ref {
  const descriptor = Object.getOwnPropertyDescriptor(error, 'stack')
  // `stack` is V8's own accessor in newer versions; one of the user is a property like any other.
  const isOwn = descriptor !== undefined && (!descriptor.get || isNative(descriptor.get))
  const stack: unknown = isOwn ? error.stack : undefined
  const isText = typeof stack === 'string'
  const node: ErrorNode = { kind: 'error', stack: isText ? stack : undefined }
  const ref = walk.add(error, node)
  const ofNode = nodeErrorOf(error)
  if (ofNode) node.ofNode = ofNode
  else {
    preferByValue(walk, error)
    node.proto = encodePrototype(walk, ofThisRealm(Object.getPrototypeOf(error) as object | null))
    encodePrivateFields(walk, error, node)
  }
  const keys = Reflect.ownKeys(error).filter((key) => key !== 'stack' || !isText)
  walk.later(() => (ofNode ? encodeNodeFields(walk, error, node, keys) : encodeProperties(walk, error, keys, node)))
  return ref
}

export function encodeDomException(walk: Walk, error: DOMException): Ref {
  const { stack } = error
  const node: DomExceptionNode = {
    kind: 'domException',
    message: Reflect.get(DOMException.prototype, 'message', error) as string,
    name: Reflect.get(DOMException.prototype, 'name', error) as string,
    stack,
  }
  const ref = walk.add(error, node)
  encodeSubclass(walk, error, node, DOMException.prototype)
  const keys = Reflect.ownKeys(error).filter((key) => key !== 'stack')
  walk.later(() => encodeProperties(walk, error, keys, node))
  return ref
}

// Test runners run tests in a vm context of its own, with its own `TypeError` and so on.
function ofThisRealm(prototype: object | null): object | null {
  const name = prototype === null ? undefined : builtinErrorOf(prototype)
  if (name === undefined) return prototype
  return (Reflect.get(globalThis, name) as { prototype: object } | undefined)?.prototype ?? prototype
}

// Its accessors are of functions that belong to Node, and its symbols are those by which Node knows it.
function encodeNodeFields(walk: Walk, error: Error, node: ErrorNode, keys: readonly PropertyKey[]): void {
  const names = keys.filter((key): key is string => typeof key === 'string')
  const isAccessor = (key: string): boolean => Object.getOwnPropertyDescriptor(error, key)?.get !== undefined
  encodeProperties(
    walk,
    error,
    names.filter((key) => !isAccessor(key)),
    node,
  )
  for (const key of names.filter(isAccessor)) (node.props ??= []).push([key, walk.encode(Reflect.get(error, key))])
}
