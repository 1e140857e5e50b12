import { types } from 'node:util'
import { isPlainArray } from '../base/plain-array.ts'
import { hasOnlyItems } from '../base/view-keys.ts'
import { intrinsicPathOf } from './known.ts'
import { isFunction, isObject } from './peek.ts'

/**
 * Whether a constant that a literal or `new` of JavaScript's own classes made is as that made it: nothing in it has got a
 * method or another property of its own, or another prototype. Runs no code of the user.
 */
export function isUntouched(constant: unknown): boolean {
  const parts = new Set<object>()
  const accept = (value: unknown): boolean => {
    if (isObject(value)) parts.add(value)
    return !isFunction(value)
  }
  if (!accept(constant)) return false
  for (const part of parts) if (!isBare(part, accept)) return false
  return true
}

function isBare(object: object, accept: (value: unknown) => boolean): boolean {
  if (types.isProxy(object)) return false
  if (Array.isArray(object)) return isPlainArray(object) && object.every(accept)
  const prototype = Object.getPrototypeOf(object) as object | null
  if (prototype === null || intrinsicPathOf(prototype)?.[1] !== 'prototype') return false
  if (ArrayBuffer.isView(object)) return hasOnlyItems(object)
  const keys = Reflect.ownKeys(object)
  if (types.isRegExp(object)) return keys.length === 1
  const items = types.isMap(object)
    ? [...mapEntries.call(object)].flat()
    : types.isSet(object)
      ? setValues.call(object)
      : []
  return keys.length === 0 && [...items].every(accept)
}

const mapEntries = Map.prototype.entries as (this: unknown) => IterableIterator<[unknown, unknown]>
const setValues = Set.prototype.values as (this: unknown) => IterableIterator<unknown>
