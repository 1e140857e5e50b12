import type { GraphNode } from './graph.ts'
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
// Classes of this process must outlive their use elsewhere; what was rebuilt may go when nobody here can notice.
const originals = new Map<string, Function>()
const rebuilt = new Map<string, WeakRef<Function>>()
const forgotten = new FinalizationRegistry<string>((id) => {
  if (rebuilt.get(id)?.deref() === undefined) rebuilt.delete(id)
})
const origins = new WeakMap<Function, CodeOrigin>()
const standIns = new WeakMap<object, GraphNode>()
let processToken: string | undefined
let classCount = 0

/** The id by which every process knows this class. */
export function identify(cls: Function): string {
  const known = records.get(cls)
  if (known) return known.id
  processToken ??= `${process.pid.toString(36)}-${Math.random().toString(36).slice(2, 10)}`
  const id = `${processToken}:${++classCount}`
  records.set(cls, { id, from: undefined })
  originals.set(id, cls)
  return id
}

export function classRecord(cls: Function): ClassRecord | undefined {
  return records.get(cls)
}

export function classById(id: string): Function | undefined {
  return originals.get(id) ?? rebuilt.get(id)?.deref()
}

export function isOriginal(id: string): boolean {
  return originals.has(id)
}

export function rememberClass(cls: Function, id: string, from: object | undefined): void {
  records.set(cls, { id, from })
  rebuilt.set(id, new WeakRef(cls))
  forgotten.register(cls, id)
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
