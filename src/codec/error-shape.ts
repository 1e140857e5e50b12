import { types } from 'node:util'
import * as own from '../base/errors.ts'
import { builtinErrorOf, type NodeError, nodeErrorOf } from '../base/node-error.ts'

/** What an error is an instance of. */
export interface ErrorShape {
  /** The nearest class on its prototype chain that every process has. */
  readonly base: string
  /** Its own class, when that is another. */
  readonly Class?: AnyClass
  /** Its prototype is not that of its class, so that only the object itself tells what it is. */
  readonly isStray?: true
  /** Node made it. */
  readonly ofNode?: NodeError
}

export type AnyClass = abstract new (...args: never) => unknown

/** Of an error, which may be of another realm. Runs none of the user's code but a getter of `code`. */
export function shapeOf(error: object): ErrorShape {
  const ofNode = nodeErrorOf(error)
  if (ofNode) return { base: ofNode.base, ofNode }
  let Class: AnyClass | undefined
  let isStray = false
  const first = prototypeOf(error)
  for (let at: object | null = first; at !== null; at = prototypeOf(at)) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(at, 'constructor')?.value
    if (typeof constructor !== 'function' || !isPrototypeOf(at, constructor as AnyClass)) {
      if (at === first) isStray = true
      continue
    }
    const base = sharedName(at, constructor as AnyClass, error)
    if (base !== undefined) return shape(base, Class, isStray)
    Class ??= constructor as AnyClass
  }
  // By its prototypes it is no error at all.
  return shape('Error', Class, true)
}

/** Whether its message and its fields are such as a constructor assigns: taken apart, nothing of them is lost. */
export function isPlainlyMade(error: object): boolean {
  if (types.isProxy(error)) return true
  const isSealed = Object.isSealed(error)
  const isFrozen = isSealed && Object.isFrozen(error)
  for (const key of Reflect.ownKeys(error)) {
    if (key === 'stack') continue
    const { value, get, set, enumerable, writable, configurable } = Object.getOwnPropertyDescriptor(error, key)!
    if (get !== undefined || set !== undefined) return false
    if (!(writable === true || isFrozen) || !(configurable === true || isSealed)) return false
    if (key === 'message' && typeof value === 'string' && (enumerable === true || value === '')) return false
    if (typeof value === 'function' && enumerable !== true) return false
  }
  return Object.hasOwn(error, 'message') || read(error, 'message') === ''
}

function shape(base: string, Class: AnyClass | undefined, isStray: boolean): ErrorShape {
  return { base, ...(Class === undefined ? {} : { Class }), ...(isStray && { isStray }) }
}

// What a class is given as may be a Proxy of it.
function isPrototypeOf(prototype: object, Class: AnyClass): boolean {
  return types.isProxy(Class) || Object.getOwnPropertyDescriptor(Class, 'prototype')?.value === prototype
}

// By name, because errors come from other realms (Jest, node:vm) and from a second instance of this package too.
function sharedName(prototype: object, constructor: AnyClass, error: object): string | undefined {
  if (types.isProxy(constructor)) return undefined
  const builtin = builtinErrorOf(prototype)
  if (builtin !== undefined) return builtin
  if (constructor === DOMException) return 'DOMException'
  const name: unknown = Object.getOwnPropertyDescriptor(constructor, 'name')?.value
  if (typeof name !== 'string' || !Object.hasOwn(own, name)) return undefined
  const code = read(error, 'code')
  return typeof code === 'string' && code.startsWith('MC_') ? name : undefined
}

function prototypeOf(object: object): object | null {
  return types.isProxy(object) ? null : (Object.getPrototypeOf(object) as object | null)
}

/** A field of an error; nothing where its getter throws. */
export function read(error: object, key: string | symbol): unknown {
  try {
    return (error as Record<string | symbol, unknown>)[key]
  } catch {
    return undefined
  }
}
