import { inspect, types } from 'node:util'
import * as own from '../base/errors.ts'
import { Integrity, integrityOf, setIntegrity } from '../base/integrity.ts'
import { RemoteError } from '../base/errors.ts'
import { type NodeError, nodeErrorPrototype } from '../base/node-error.ts'
import { type ErrorShape, isPlainlyMade, read, shapeOf } from './error-shape.ts'
import { Form, survey } from './survey.ts'

/**
 * Something thrown, taken apart. Everything here is plain data; what needs capture stands in `rich`, so that names,
 * messages and stacks arrive even when a class or a field does not.
 */
export interface ErrorDescription {
  readonly root: Part
  readonly records: readonly ErrorRecord[]
}

interface ErrorRecord {
  /** The nearest class that every process has. */
  readonly base: string
  /** Position in `rich` of its own class, where `base` is not it. */
  readonly Class?: number
  /** Position in `rich` of itself, where it is more than its class, texts and fields. */
  readonly whole?: number
  /** It travels as a whole or not at all: taken apart, it would be something else. */
  readonly isIndivisible?: true
  /** Node made it. */
  readonly ofNode?: NodeError
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly fields: readonly Field[]
  /** Where it cannot be added to. */
  readonly integrity?: Integrity
}

interface Field {
  readonly key: string
  /** Position in `rich` of the symbol that is its key. */
  readonly symbol?: number
  readonly enumerable: boolean
  readonly part: Part
}

/** An error of the table, a list of parts, plain data, something of `rich`, or the text of what could not travel. */
type Part =
  | { readonly error: number }
  | { readonly list: readonly Part[] }
  | { readonly value: unknown }
  | { readonly rich: number; readonly text: string }

/**
 * Takes apart what was thrown. Runs user code only where an error has getters, and never throws. `isClosed` tells of an
 * error with a class of its own whether it is more than its properties.
 */
export function describeError(
  thrown: unknown,
  isClosed: (error: object) => boolean,
): { description: ErrorDescription; rich: unknown[] } {
  const records: ErrorRecord[] = []
  const rich: unknown[] = []
  const seen = new Map<unknown, number>()

  function part(value: unknown, inList: boolean): Part {
    if (isError(value)) return { error: seen.get(value) ?? record(value) }
    if (!inList && Array.isArray(value) && value.length <= MOST_PARTS && value.some(isError)) {
      return { list: value.map((item) => part(item, true)) }
    }
    const { form, isShared } = survey(value)
    if (form !== Form.graph && !isShared) return { value }
    return { rich: rich.push(value) - 1, text: shortText(value) }
  }

  function record(error: object): number {
    const index = records.length
    seen.set(error, index)
    const shape = shapeOf(error)
    const { base, Class, ofNode } = shape
    const isIndivisible = mustBeWhole(error, shape) || (Class !== undefined && isClosed(error))
    const made = {
      base,
      ...(Class !== undefined && !isIndivisible ? { Class: rich.push(Class) - 1 } : {}),
      ...(isIndivisible || isBetterWhole(error, shape) ? { whole: rich.push(error) - 1 } : {}),
      ...(isIndivisible && { isIndivisible }),
      ...(ofNode && { ofNode }),
      name: readText(error, 'name') ?? base,
      message: readText(error, 'message') ?? '',
      stack: readText(error, 'stack') ?? '',
      fields: [] as Field[],
      ...(Object.isExtensible(error) ? {} : { integrity: integrityOf(error) }),
    }
    // In the table before its fields, which may lead back to it.
    records.push(made)
    for (const [key, enumerable] of ownKeys(error)) {
      // By which Node knows its own.
      if (ofNode && typeof key === 'symbol' && !enumerable) continue
      const value = part(read(error, key), false)
      if (typeof key === 'string') made.fields.push({ key, enumerable, part: value })
      else made.fields.push({ key: String(key), symbol: rich.push(key) - 1, enumerable, part: value })
    }
    return index
  }

  const root = part(thrown, false)
  return { description: { root, records }, rich }
}

/**
 * Puts together again what was thrown. Of `rich` may be missing what could not travel; an error whose class is missing
 * becomes a `RemoteError`. `finish` gives each error its stack.
 */
export function reviveError(
  { root, records }: ErrorDescription,
  rich: readonly unknown[],
  finish: (stack: string, isRoot: boolean) => string,
): unknown {
  const errors = records.map((record, i) =>
    blank(record, rich, finish(record.stack, 'error' in root && root.error === i)),
  )

  function value(part: Part): unknown {
    if ('error' in part) return errors[part.error]
    if ('list' in part) return part.list.map(value)
    if ('value' in part) return part.value
    return part.rich in rich ? rich[part.rich] : part.text
  }

  records.forEach((record, i) => {
    for (const { key: text, symbol, enumerable, part } of record.fields) {
      const key = symbol === undefined ? text : rich[symbol]
      if (typeof key !== 'string' && typeof key !== 'symbol') continue
      // What a RemoteError says about itself stays.
      if (errors[i] instanceof RemoteError && Object.hasOwn(errors[i], key)) continue
      // It has its fields already, but of the errors among them the table has those with the right stacks.
      if (isWhole(record, errors[i]!, rich) && !(isOfTable(part) && isValue(errors[i]!, key))) continue
      define(errors[i]!, key, value(part), enumerable)
    }
    if (!(errors[i] instanceof RemoteError)) setIntegrity(errors[i]!, record.integrity ?? Integrity.none)
  })
  return 'rich' in root && !(root.rich in rich) ? notRevived(root.text, finish) : value(root)
}

function notRevived(text: string, finish: (stack: string, isRoot: boolean) => string): Error {
  const message = `The task threw ${text}, which cannot be sent to another process.`
  const stack = finish(`RemoteError: ${message}`, true)
  return withStack(new RemoteError(message, 'Error', stack), stack)
}

function isOfTable(part: Part): boolean {
  return 'error' in part || 'list' in part
}

// A longer list with errors among its items is a matter for capture.
const MOST_PARTS = 1000

function isError(value: unknown): value is Error {
  if (value === null || typeof value !== 'object') return false
  return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error)
}

function mustBeWhole(error: object, { base, Class, isStray }: ErrorShape): boolean {
  return !types.isProxy(error) && (isStray === true || (base === 'DOMException' && Class !== undefined))
}

function isBetterWhole(error: object, { base, ofNode }: ErrorShape): boolean {
  if (ofNode || types.isProxy(error)) return false
  return base === 'DOMException' ? ownKeys(error).length > 0 : !isPlainlyMade(error)
}

function isWhole({ whole }: ErrorRecord, error: Error, rich: readonly unknown[]): boolean {
  return whole !== undefined && rich[whole] === error
}

function isValue(error: object, key: string | symbol): boolean {
  return Object.getOwnPropertyDescriptor(error, key)?.get === undefined
}

function ownKeys(error: object): [key: string | symbol, enumerable: boolean][] {
  const keys: [string | symbol, boolean][] = []
  for (const key of types.isProxy(error) ? [] : Reflect.ownKeys(error)) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key)!
    const isMethod = typeof descriptor.value === 'function' && !descriptor.enumerable
    // What is no text is a field like any other.
    const isText = key === 'message' && typeof (descriptor.value ?? '') === 'string'
    if (key !== 'stack' && !isText && !isMethod) keys.push([key, descriptor.enumerable === true])
  }
  return keys
}

function readText(object: object, key: string): string | undefined {
  const value = read(object, key)
  return value === undefined || typeof value === 'string' ? value : shortText(value)
}

/** `[Socket]`, `[Function: send]`, `[Object]`. */
function shortText(value: unknown): string {
  try {
    return inspect(value, { depth: -1 })
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/** The error without its fields. */
function blank(record: ErrorRecord, rich: readonly unknown[], stack: string): Error {
  const whole = record.whole === undefined ? undefined : rich[record.whole]
  if (isError(whole)) return withStack(whole, stack)
  const Class = record.Class === undefined ? undefined : errorClass(rich[record.Class])
  if (record.isIndivisible || (record.Class !== undefined && Class === undefined))
    return withStack(new RemoteError(record.message, record.name, stack), stack)
  if (record.base === 'DOMException') return withStack(new DOMException(record.message, record.name), stack)
  const Base = baseNamed(record.base)
  // A genuine error object, which `Object.create` would not give; the classes' own constructors are not run.
  const error = new Error()
  const prototype = record.ofNode ? nodeErrorPrototype(record.ofNode) : (Class ?? Base).prototype
  if (prototype !== Error.prototype) Object.setPrototypeOf(error, prototype)
  if (record.message !== '') define(error, 'message', record.message, false)
  return withStack(error, stack)
}

function baseNamed(name: string): { prototype: object } {
  const shared = own as unknown as Record<string, unknown>
  return errorClass(shared[name] ?? (globalThis as Record<string, unknown>)[name]) ?? Error
}

function errorClass(value: unknown): { prototype: object } | undefined {
  if (typeof value !== 'function') return undefined
  const { prototype } = value as { prototype: unknown }
  return value === Error || prototype instanceof Error ? { prototype: prototype as object } : undefined
}

function withStack(error: Error, stack: string): Error {
  define(error, 'stack', stack, false)
  return error
}

// One that came as a whole may be frozen.
function define(target: object, key: string | symbol, value: unknown, enumerable: boolean): void {
  Reflect.defineProperty(target, key, { value, enumerable, writable: true, configurable: true })
}
