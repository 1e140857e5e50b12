import type { GraphNode } from './graph.ts'
import { LruCache } from './lru.ts'
import type { Unit } from './unit.ts'

/**
 * What this process knows about things that travelled: which class is which in every process, and what was rebuilt from
 * what, so that a rebuilt thing can be sent on as it came.
 */

export interface ClassRecord {
  readonly id: string
  /** The peer that it came from and that therefore has it; nothing for a class of this process. */
  readonly from: object | undefined
}

/** A rebuilt function or class: what it was compiled from. */
export interface CodeOrigin {
  readonly unit: Unit
  /** Fills the captured variables in again, when a class arrives a second time. */
  readonly fill: ((values: unknown[]) => void) | undefined
  /** Names of computed members, as they were rebuilt. */
  readonly keys: ReadonlyMap<number, PropertyKey> | undefined
  readonly home: object | null | undefined
  /** `this` of an arrow function. */
  readonly self: unknown
}

const records = new WeakMap<Function, ClassRecord>()
const symbolIds = new WeakMap<WeakKey, string>()
// By id, as long as somebody here still has it.
const living = new Map<string, WeakRef<WeakKey>>()
const forgotten = new FinalizationRegistry<string>((id) => {
  if (living.get(id)?.deref() === undefined) living.delete(id)
})
/**
 * A class of this process may have to come back although nobody here has it any more: what a factory made, sent, and
 * dropped before the result is there. All of them would be a leak; bound: the last 1,000.
 */
const lately = new LruCache<string, WeakKey>(1_000)
const origins = new WeakMap<Function, CodeOrigin>()
const owners = new WeakMap<object, Function>()
const standIns = new WeakMap<object, GraphNode>()
let processToken: string | undefined
let count = 0

/** The id by which every process knows this class. */
export function identify(cls: Function): string {
  const known = records.get(cls)
  if (known) return known.id
  const id = newId()
  records.set(cls, { id, from: undefined })
  remember(id, cls)
  lately.set(id, cls)
  return id
}

/** The id by which every process knows this unique symbol. */
export function identifySymbol(symbol: symbol): string {
  const known = symbolIds.get(symbol as unknown as WeakKey)
  if (known !== undefined) return known
  const id = newId()
  rememberSymbol(symbol, id)
  lately.set(id, symbol as unknown as WeakKey)
  return id
}

export function isIdentified(symbol: symbol): boolean {
  return symbolIds.has(symbol as unknown as WeakKey)
}

/** The unique symbol with this id: the one that is here already, or a new one. */
export function symbolById(id: string, description: string | undefined): symbol {
  const known = living.get(id)?.deref()
  if (known !== undefined) return known as unknown as symbol
  const made = Symbol(description)
  rememberSymbol(made, id)
  return made
}

/** The id by which every process knows this WeakMap or WeakSet: what is in it may arrive in several parts. */
export function identifyWeak(collection: object): string {
  const known = symbolIds.get(collection)
  if (known !== undefined) return known
  const id = newId()
  symbolIds.set(collection, id)
  remember(id, collection)
  return id
}

/** Whether this WeakMap or WeakSet was made for one of another process. */
export function isFromElsewhere(collection: object): boolean {
  const id = symbolIds.get(collection)
  return id !== undefined && !isOriginal(id)
}

/** The WeakMap or WeakSet with this id: the one that is here already, or a new one. */
export function weakById<T extends object>(id: string, make: () => T): T {
  const known = living.get(id)?.deref() as T | undefined
  if (known !== undefined) return known
  const made = make()
  symbolIds.set(made, id)
  remember(id, made)
  return made
}

export function classRecord(cls: Function): ClassRecord | undefined {
  return records.get(cls)
}

export function classById(id: string): Function | undefined {
  return living.get(id)?.deref() as Function | undefined
}

/** Whether this process is where the class is from. */
export function isOriginal(id: string): boolean {
  return processToken !== undefined && id.startsWith(`${processToken}:`)
}

export function rememberClass(cls: Function, id: string, from: object | undefined): void {
  records.set(cls, { id, from })
  remember(id, cls)
}

/** Notes whose `prototype` an object is that does not tell so by its `constructor`. */
export function rememberOwner(prototype: object, fn: Function): void {
  owners.set(prototype, fn)
}

export function rememberedOwner(prototype: object): Function | undefined {
  return owners.get(prototype)
}

export function rememberOrigin(fn: Function, origin: CodeOrigin): void {
  origins.set(fn, origin)
}

export function originOf(fn: Function): CodeOrigin | undefined {
  return origins.get(fn)
}

/** Notes that `value` was made for this node, which needs no other nodes and can be sent again as it is. */
export function rememberStandIn<T extends object>(value: T, node: GraphNode): T {
  standIns.set(value, node)
  return value
}

export function standIn(value: object): GraphNode | undefined {
  return standIns.get(value)
}

function newId(): string {
  processToken ??= `${process.pid.toString(36)}-${Math.random().toString(36).slice(2, 10)}`
  return `${processToken}:${++count}`
}

function rememberSymbol(symbol: symbol, id: string): void {
  symbolIds.set(symbol as unknown as WeakKey, id)
  remember(id, symbol as unknown as WeakKey)
}

function remember(id: string, value: WeakKey): void {
  living.set(id, new WeakRef(value))
  forgotten.register(value, id)
}
