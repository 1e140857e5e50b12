import { types } from 'node:util'
import { Integrity, integrityOf } from '../base/integrity.ts'
import { isIndex, isPlainArray } from '../base/plain-array.ts'
import { typedArrayName } from '../base/view-parts.ts'
import { hasOnlyItems } from '../base/view-keys.ts'
import { isDetached } from './move.ts'

/** The cheapest form that is exact for a value, cheapest first. */
export const Form = { json: 0, clone: 1, graph: 2 } as const
export type Form = (typeof Form)[keyof typeof Form]

/** What a walk over a value found: the form it needs, and the buffers and views that a clone has to carry. */
export interface Survey {
  readonly form: Form
  readonly views: readonly ArrayBufferView[]
  readonly buffers: readonly ArrayBuffer[]
  /** Some of the views lie on memory that is shared. */
  readonly isShared: boolean
  /**
   * Plain objects and arrays that cannot be added to, two numbers for each: its place in the order of the walk, and its
   * `Integrity`. No clone keeps that.
   */
  readonly integrity: readonly number[]
}

// JSON.stringify and V8's serializer recurse; deeper data goes to capture, whose walk does not.
const DEEPEST = 400
// Capture puts a node between two levels of its own.
const DEEPEST_GRAPH = 1000
// Up to here a look through a list finds a repeated object sooner than a Set would.
const FEW = 16

/**
 * Walks a value and proves which form keeps all of it: the same types and the same objects in the same places. It
 * runs no code of the user: no getter, no `toJSON`, no trap of a Proxy. State lives in this module and not in an
 * object, because most values are tiny and this is on the path of each of them.
 */
export function survey(value: unknown, isGraph: boolean = false): Survey {
  form = jsonIsPolluted() ? Form.clone : Form.json
  limit = isGraph ? DEEPEST_GRAPH : DEEPEST
  count = 0
  views = NONE
  buffers = NONE
  isShared = false
  integrity = NONE
  look(value, 0)
  const isPlain = views.length === 0 && buffers.length === 0 && integrity.length === 0
  const found: Survey = isPlain ? PLAIN[form] : { form, views, buffers, isShared, integrity }
  // Not to keep the user's objects alive.
  for (let i = 0; i < count && i < FEW; i++) few[i] = undefined
  many = undefined
  views = NONE
  buffers = NONE
  integrity = NONE
  return found
}

const NONE: never[] = []
const PLAIN: Record<Form, Survey> = {
  [Form.json]: { form: Form.json, views: NONE, buffers: NONE, isShared: false, integrity: NONE },
  [Form.clone]: { form: Form.clone, views: NONE, buffers: NONE, isShared: false, integrity: NONE },
  [Form.graph]: { form: Form.graph, views: NONE, buffers: NONE, isShared: false, integrity: NONE },
}

let form: Form = Form.json
let limit = DEEPEST
let count = 0
const few: unknown[] = Array.from({ length: FEW })
let many: Set<unknown> | undefined
let views: ArrayBufferView[] = NONE
let buffers: ArrayBuffer[] = NONE
let isShared = false
let integrity: number[] = NONE

// Array.prototype inherits from Object.prototype, so one look covers every object that JSON.stringify would ask.
function jsonIsPolluted(): boolean {
  return 'toJSON' in Array.prototype
}

function look(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      // NaN and the infinities differ from themselves when subtracted; -0 only shows in a division.
      if (value - value !== 0 || (value === 0 && 1 / value < 0)) atLeastClone()
      return
    case 'undefined':
    case 'bigint':
      return atLeastClone()
    case 'object':
      if (value !== null && form !== Form.graph) lookAtObject(value, depth)
      return
    default:
      form = Form.graph
  }
}

function atLeastClone(): void {
  if (form === Form.json) form = Form.clone
}

function lookAtObject(object: object, depth: number): void {
  if (isRepeated(object)) return atLeastClone()
  if (depth >= limit || types.isProxy(object)) {
    form = Form.graph
    return
  }
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Object.prototype) lookAtPlain(object as Record<string, unknown>, depth)
  else if (prototype === Array.prototype && Array.isArray(object)) lookAtArray(object, depth)
  else lookAtSpecial(object, prototype, depth)
}

function isRepeated(object: object): boolean {
  if (count < FEW) {
    for (let i = 0; i < count; i++) if (few[i] === object) return true
    few[count++] = object
    return false
  }
  if (count++ === FEW) many = new Set(few)
  const before = many!.size
  many!.add(object)
  return many!.size === before
}

function lookAtPlain(object: Record<string, unknown>, depth: number): void {
  const kept = Object.isExtensible(object) ? Integrity.none : noteIntegrity(object)
  const names = Object.getOwnPropertyNames(object)
  for (let i = 0; i < names.length; i++) {
    const property = Object.getOwnPropertyDescriptor(object, names[i]!)!
    if (property.enumerable !== true || property.get !== undefined || property.set !== undefined) {
      form = Form.graph
      return
    }
    if (property.writable !== true || property.configurable !== true) {
      if (!isImplied(property, kept)) {
        form = Form.graph
        return
      }
    }
    look(property.value, depth + 1)
  }
  // Also catches Math, JSON, `arguments` and their like, which have Object.prototype but a symbol of their own.
  if (Object.getOwnPropertySymbols(object).length > 0) form = Form.graph
}

/** Whether the attributes are what the integrity of the whole object gives every property of it. */
function isImplied({ writable, configurable }: PropertyDescriptor, kept: Integrity): boolean {
  if (kept === Integrity.frozen) return writable === false && configurable === false
  return kept === Integrity.sealed && writable === true && configurable === false
}

/** Notes that nothing can be added to an object that was just counted. */
function noteIntegrity(object: object): Integrity {
  const kept = integrityOf(object)
  if (integrity === NONE) integrity = []
  integrity.push(count - 1, kept)
  return kept
}

function lookAtArray(array: readonly unknown[], depth: number): void {
  if (!isPlainArray(array)) {
    if (Object.isExtensible(array)) return lookAtKeys(array, depth)
    const kept = noteIntegrity(array)
    if (!everyItem(array, kept)) return lookAtKeys(array, depth)
  }
  let missing = 0
  for (let i = 0; i < array.length; i++) {
    const item = array[i]
    if (item === undefined) {
      atLeastClone()
      // A sparse array may be a billion long and hold three items.
      if (++missing > 1024 && !(i in array)) return lookAtKeys(array, depth)
    } else {
      look(item, depth + 1)
    }
    if (form === Form.graph) return
  }
}

function everyItem(array: readonly unknown[], kept: Integrity): boolean {
  for (const key of Reflect.ownKeys(array)) {
    const property = Object.getOwnPropertyDescriptor(array, key)!
    if (key === 'length') {
      if (property.writable !== (kept !== Integrity.frozen)) return false
    } else if (
      !isIndex(key) ||
      property.enumerable !== true ||
      !('value' in property) ||
      !(kept === Integrity.fixed
        ? property.writable === true && property.configurable === true
        : isImplied(property, kept))
    ) {
      return false
    }
  }
  return true
}

/** The slow look at an array with holes or with properties beside its items, such as a match of a regular expression. */
function lookAtKeys(array: readonly unknown[], depth: number): void {
  atLeastClone()
  const isLoose = Object.isExtensible(array)
  for (const key of Reflect.ownKeys(array)) {
    const property = Object.getOwnPropertyDescriptor(array, key)!
    if (key === 'length' && isLoose && property.writable === true) continue
    if (
      typeof key === 'symbol' ||
      property.enumerable !== true ||
      property.writable !== true ||
      property.configurable !== true
    ) {
      form = Form.graph
      return
    }
    // Items were seen already, and looking twice would take each for a repeated object, which costs nothing now.
    look(property.value, depth + 1)
  }
}

function lookAtSpecial(object: object, prototype: unknown, depth: number): void {
  atLeastClone()
  if (!Object.isExtensible(object)) {
    form = Form.graph
    return
  }
  if (ArrayBuffer.isView(object)) {
    if (isPlainView(object, prototype)) (views === NONE ? (views = []) : views).push(object)
    else form = Form.graph
    return
  }
  const own = Reflect.ownKeys(object).length
  switch (prototype) {
    case Map.prototype:
      if (own > 0 || !types.isMap(object)) break
      for (const [key, item] of mapEntries.call(object)) {
        look(key, depth + 1)
        look(item, depth + 1)
      }
      return
    case Set.prototype:
      if (own > 0 || !types.isSet(object)) break
      for (const item of setValues.call(object)) look(item, depth + 1)
      return
    case Date.prototype:
      if (own > 0 || !types.isDate(object)) break
      return
    case RegExp.prototype:
      // V8's clone starts with lastIndex 0.
      if (own > 1 || !types.isRegExp(object) || object.lastIndex !== 0) break
      return
    case ArrayBuffer.prototype:
      if (own > 0 || !types.isArrayBuffer(object) || isDetached(object)) break
      if (buffers === NONE) buffers = []
      buffers.push(object)
      return
    case Number.prototype:
    case Boolean.prototype:
    case BigInt.prototype:
      if (own > 0 || !types.isBoxedPrimitive(object)) break
      return
    case String.prototype:
      if (!types.isBoxedPrimitive(object) || own !== (object as unknown as string).length + 1) break
      return
  }
  form = Form.graph
}

const mapEntries = Map.prototype.entries as (this: unknown) => IterableIterator<[unknown, unknown]>
const setValues = Set.prototype.values as (this: unknown) => IterableIterator<unknown>

function isPlainView(view: ArrayBufferView, prototype: unknown): boolean {
  const type = typedArrayName(view)
  const plain =
    prototype === Uint8Array.prototype || prototype === Buffer.prototype
      ? type === 'Uint8Array'
      : viewPrototypes().get(prototype as object) === type && (type !== undefined || prototype === DataView.prototype)
  return plain && hasOnlyItems(view) && isPlainMemory(view.buffer) && !isOutside(view)
}

// Where its buffer was made shorter, V8 cannot clone it.
function isOutside(view: ArrayBufferView): boolean {
  if ((view.buffer as { resizable?: boolean }).resizable !== true) return false
  try {
    return view.byteLength === 0
  } catch {
    return true
  }
}

// What a buffer under a view is, is seen through that view.
function isPlainMemory(buffer: ArrayBufferLike): boolean {
  const shared = !types.isArrayBuffer(buffer)
  if (shared) {
    // A view of memory that grows may grow with it, which nobody can see. Those in a graph show that it is there.
    if (limit === DEEPEST && (buffer as { growable?: boolean }).growable === true) return false
    isShared = true
  } else if (isDetached(buffer)) return false
  const standard: object = shared ? SharedArrayBuffer.prototype : ArrayBuffer.prototype
  return (
    Object.getPrototypeOf(buffer) === standard && Object.isExtensible(buffer) && Reflect.ownKeys(buffer).length === 0
  )
}

/** Prototypes of views, and what views of each are; of a DataView nothing tells. */
let knownViews: Map<object, string | undefined> | undefined

function viewPrototypes(): Map<object, string | undefined> {
  if (knownViews === undefined) {
    knownViews = new Map<object, string | undefined>([[DataView.prototype, undefined]])
    const typed: object = Object.getPrototypeOf(Uint8Array.prototype)
    // Asked of the global object, so that a Float16Array is one where it exists.
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      if (!/^(Uint|Int|Float|BigInt|BigUint)\d+(Clamped)?Array$/.test(name)) continue
      const { prototype } = (globalThis as unknown as Record<string, { prototype: object }>)[name]!
      if (Object.getPrototypeOf(prototype) === typed) knownViews.set(prototype, name)
    }
  }
  return knownViews
}
