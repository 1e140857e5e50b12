import { types } from 'node:util'

/** An error that Node made: of a builtin class, and with a `toString()` that names its code where Node gave it one. */
export interface NodeError {
  /** `TypeError` and the like. */
  readonly base: string
  readonly namesCode: boolean
}

/**
 * The classes of Node's own errors are to be had nowhere: all that is seen of them are prototypes between the error and
 * that of a builtin class. Nothing for an error of any other class, also one that is named like Node's.
 */
export function nodeErrorOf(error: object): NodeError | undefined {
  const first = prototypeOf(error)
  let namesCode = false
  for (let at = first; at !== undefined; at = prototypeOf(at)) {
    const base = builtinErrorOf(at)
    if (base !== undefined) return at === first ? undefined : { base, namesCode }
    if (!isOfNode(at)) return undefined
    namesCode ||= Object.hasOwn(at, 'toString')
  }
  return undefined
}

/** The prototype for such an error, where Node's own cannot be had. */
export function nodeErrorPrototype({ base, namesCode }: NodeError): object {
  const { prototype } = Reflect.get(globalThis, base) as { prototype: object }
  if (!namesCode) return prototype
  const known = prototypes.get(base)
  if (known !== undefined) return known
  const made = Object.create(prototype, {
    constructor: { value: Reflect.get(globalThis, base), writable: true, configurable: true },
    toString: { value: textWithCode, writable: true, configurable: true },
    [MADE_HERE]: { value: true },
  }) as object
  prototypes.set(base, made)
  return made
}

/** The name of the builtin class, of this realm or another, that a prototype of errors belongs to. */
export function builtinErrorOf(prototype: object): string | undefined {
  const constructor = ownValue(prototype, 'constructor')
  if (typeof constructor !== 'function' || ownValue(constructor, 'prototype') !== prototype) return undefined
  const name = ownValue(constructor, 'name') as string
  return BUILTIN.has(name) && textOf(constructor).endsWith('{ [native code] }') ? name : undefined
}

const BUILTIN: ReadonlySet<string> = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
  'SuppressedError',
])

const prototypes = new Map<string, object>()
// This module may be loaded twice, in two bundles.
const MADE_HERE = Symbol.for('manycore: prototype of an error of Node')

function textWithCode(this: NodeJS.ErrnoException): string {
  return `${this.name} [${this.code}]: ${this.message}`
}

function isOfNode(prototype: object): boolean {
  if (Object.hasOwn(prototype, MADE_HERE)) return true
  const constructor = Object.getOwnPropertyDescriptor(prototype, 'constructor')
  const parent = prototypeOf(prototype)
  if (constructor === undefined || parent === undefined) return false
  if (constructor.get === undefined) {
    const name: unknown = typeof constructor.value === 'function' ? ownValue(constructor.value, 'name') : undefined
    if (name === 'AbortError' || name === 'SystemError') return prototype === hidden()[name]
    return name === 'NodeError' && parent === hidden().SystemError
  }
  if (!Object.hasOwn(prototype, 'toString')) return Object.hasOwn(parent, 'toString') && isOfNode(parent)
  const toString = ownValue(prototype, 'toString')
  return typeof toString === 'function' && textOf(toString) === hidden().text
}

interface Hidden {
  readonly AbortError: object | undefined
  readonly SystemError: object | undefined
  /** Of the function that names the code. */
  readonly text: string | undefined
}

let found: Hidden | undefined

/** What Node keeps to itself, from errors that it throws. */
function hidden(): Hidden {
  if (found !== undefined) return found
  const { getPriority } = process.getBuiltinModule('node:os')
  const { EventEmitter, on } = process.getBuiltinModule('node:events')
  const aborted = thrownBy(() => on(new EventEmitter(), 'nothing', { signal: AbortSignal.abort() }))
  // No process can have this number.
  const system = thrownBy(() => getPriority(2 ** 31 - 1))
  const coded = thrownBy(() => Buffer.alloc('' as never))
  let text: string | undefined
  for (let at = prototypeOf(coded); at !== undefined && builtinErrorOf(at) === undefined; at = prototypeOf(at)) {
    const toString = ownValue(at, 'toString')
    if (typeof toString === 'function') text = textOf(toString)
  }
  return (found = { AbortError: prototypeOf(aborted), SystemError: prototypeOf(prototypeOf(system)), text })
}

function thrownBy(run: () => unknown): object | undefined {
  try {
    run()
  } catch (error) {
    return error as object
  }
  return undefined
}

function prototypeOf(object: object | undefined): object | undefined {
  if (object === undefined || types.isProxy(object)) return undefined
  return (Object.getPrototypeOf(object) as object | null) ?? undefined
}

function ownValue(object: object, key: string): unknown {
  return types.isProxy(object) ? undefined : Object.getOwnPropertyDescriptor(object, key)?.value
}

function textOf(fn: object): string {
  return Function.prototype.toString.call(fn)
}
