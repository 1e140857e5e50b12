import { types } from 'node:util'
import { isBlind } from './blind.ts'
import { look } from './inspector.ts'
import {
  constructorOf,
  functionName,
  isNative,
  isObject,
  isPlainPrototype,
  ownValue,
  prototypesOf,
  readVariable,
} from './peek.ts'
import { scriptOf } from './scripts.ts'

/** A WeakMap or WeakSet that the code of a class can name, and its name there. */
interface WeakVariable {
  readonly name: string
  readonly collection: object
  readonly has: (object: object) => boolean
}

/** A class of an object, and the variable that holds something for the object. */
export interface WeakClass {
  readonly cls: Function
  readonly name: string
  readonly collection: object
}

/** The classes of an object that keep something for it in a WeakMap beside them, as compilers write `#private` members. */
export function weakClasses(object: object): WeakClass[] {
  if (isBlind()) return []
  const found: WeakClass[] = []
  for (const prototype of prototypesOf(object)) {
    const cls = constructorOf(prototype)
    if (!cls) continue
    for (const { name, collection, has } of weakVariables(cls)) if (has(object)) found.push({ cls, name, collection })
  }
  return found
}

// They are constants, or assigned once when the class is made.
const known = new WeakMap<Function, readonly WeakVariable[]>()

function weakVariables(cls: Function): readonly WeakVariable[] {
  let answer = known.get(cls)
  if (!answer) known.set(cls, (answer = isNative(cls) ? [] : readWeakVariables(cls)))
  return answer
}

function readWeakVariables(cls: Function): WeakVariable[] {
  const seen = look(cls)
  const found: WeakVariable[] = []
  if (scriptOf(seen)?.url.startsWith('node:')) return found
  for (const { name, value, accessor } of seen.privates ?? []) if (!accessor) addWeak(found, `#${name}`, value)
  addMembers(found, functionName(cls), cls)
  for (const { description, object } of seen.scopes ?? []) {
    if (description === 'Global') continue
    for (const name of Object.getOwnPropertyNames(object)) {
      const value = readVariable(object, name)
      addWeak(found, name, value)
      if (isPlain(value)) addMembers(found, name, value)
    }
  }
  return found
}

function addMembers(found: WeakVariable[], name: string, holder: object): void {
  const keys = Object.getOwnPropertyNames(holder)
  if (keys.length <= MOST_MEMBERS) for (const key of keys) addWeak(found, `${name}.${key}`, ownValue(holder, key))
}

// A larger object is a table rather than a place for the state of a class.
const MOST_MEMBERS = 100

function addWeak(found: WeakVariable[], name: string, value: unknown): void {
  if (types.isWeakMap(value))
    found.push({ name, collection: value, has: (key) => WeakMap.prototype.has.call(value, key) })
  else if (types.isWeakSet(value))
    found.push({ name, collection: value, has: (key) => WeakSet.prototype.has.call(value, key) })
}

function isPlain(value: unknown): value is object {
  return isObject(value) && !types.isProxy(value) && isPlainPrototype(Object.getPrototypeOf(value) as object | null)
}
