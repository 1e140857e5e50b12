/** Reading objects of the user without running any code of theirs: no getters, no traps, no overridden methods. */

/** The value of an own data property. */
export function ownValue(object: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value as unknown
}

/** The value of a data property, own or inherited. Not for proxies. */
export function findValue(object: object, key: PropertyKey): unknown {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, key)) return Object.getOwnPropertyDescriptor(at, key)?.value as unknown
  }
  return undefined
}

export function functionName(fn: Function): string {
  const name = ownValue(fn, 'name')
  return typeof name === 'string' ? name : ''
}

/** The text as V8 keeps it, whatever `toString` was replaced with. */
export function textOf(fn: Function): string {
  return Function.prototype.toString.call(fn)
}

export function isNative(fn: Function): boolean {
  return textOf(fn).endsWith('{ [native code] }')
}

export function isFunction(value: unknown): value is Function {
  return typeof value === 'function'
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** An object or function: what is the same thing wherever it is met. */
export function hasIdentity(value: unknown): value is object {
  return isObject(value) || isFunction(value)
}

/** A variable of a scope, or an export of a module; undefined for one that has no value yet, which throws. */
export function readVariable(holder: object, name: string): unknown {
  try {
    return Reflect.get(holder, name)
  } catch {
    return undefined
  }
}

export function isClassText(text: string): boolean {
  return /^class\b/.test(text)
}

/** The constructor that a prototype object belongs to. */
export function constructorOf(prototype: object): Function | undefined {
  const constructor = ownValue(prototype, 'constructor')
  return isFunction(constructor) ? constructor : undefined
}

/** `Symbol.toStringTag`, where it is a plain string. */
export function tagOf(object: object): string | undefined {
  const tag = findValue(object, Symbol.toStringTag)
  return typeof tag === 'string' ? tag : undefined
}

/** `Object.prototype` of this realm or, in a test runner's vm context, of another. */
export function isPlainPrototype(prototype: object | null): boolean {
  if (prototype === Object.prototype) return true
  if (prototype === null || Object.getPrototypeOf(prototype) !== null || !Object.hasOwn(prototype, 'hasOwnProperty'))
    return false
  const constructor = constructorOf(prototype)
  return constructor !== undefined && functionName(constructor) === 'Object'
}

/** The prototypes of an object, its own first, up to the plain one. */
export function* prototypesOf(object: object): Generator<object> {
  let at = Object.getPrototypeOf(object) as object | null
  for (; at !== null && !isPlainPrototype(at); at = Object.getPrototypeOf(at) as object | null) yield at
}
