import { ValueUnreadableError } from '../base/errors.ts'
import type { Attachments, ClassNode, Encoded, FunctionNode, GraphNode, ObjectNode, PrivateFields } from './graph.ts'
import { CELL_PREFIX } from './unit.ts'
import { classById, isOriginal, originOf, rememberClass, rememberOrigin } from './provenance.ts'
import { instantiate, stamp, unitByKey, unitExtras } from './rebuild-units.ts'
import { standInFor } from './rebuild-stand-ins.ts'
import type { Rebuild } from './rebuild-state.ts'

/** What the unit text adds to a class with private members: it writes them, since nothing outside of the class can. */
type Setter = (target: object, fields: Record<string, unknown>) => void

const setters = new WeakMap<Function, Setter>()

/** Makes a function or class; a class that is here already, by its id, stays the one it is. */
export function makeCode(rebuild: Rebuild, node: FunctionNode | ClassNode): Function {
  const known = node.id === undefined ? undefined : classById(node.id)
  if (known !== undefined && (isOriginal(node.id as string) || sameText(known, node))) return keep(rebuild, node, known)
  const unit = unitByKey(rebuild.units, node.unit)
  const keys =
    node.kind === 'class' && node.keys
      ? new Map(node.keys.map(([member, key]) => [member, rebuild.key(key)]))
      : undefined
  const home =
    node.kind === 'function' && node.home !== undefined ? (rebuild.value(node.home) as object | null) : undefined
  const base = node.kind === 'class' ? rebuild.value(node.base) : undefined
  const self = node.kind === 'function' ? rebuild.value(node.self) : undefined
  const captured = unit.captures.map((name, i) => {
    if (name.startsWith(CELL_PREFIX)) return cellOf(rebuild, node.captures[i])
    return unit.early?.includes(name) ? rebuild.value(node.captures[i]) : undefined
  })
  const { fn, fill } = instantiate(
    unit,
    self,
    captured,
    unitExtras(unit, { base, home, keys: keys && Object.fromEntries(keys) }),
  )
  if (fn.name !== node.name) Object.defineProperty(fn, 'name', { value: node.name, configurable: true })
  if (node.kind === 'class') {
    takeSetters(fn)
    rememberMembers(fn)
  }
  if (fill) rebuild.fills.set(node, fill)
  rememberOrigin(fn, { unit, fill, keys, home, self })
  if (node.id !== undefined) rememberClass(fn, node.id, rebuild.options.peer)
  return fn
}

/** What stands for a shared variable: an object with its value as `v`, or one that throws when `v` is read. */
function cellOf(rebuild: Rebuild, encoded: Encoded): unknown {
  const node = rebuild.node(encoded)
  return node?.kind === 'unsendable' ? standInFor(node).cell : rebuild.value(encoded)
}

function sameText(known: Function, node: FunctionNode | ClassNode): boolean {
  return originOf(known)?.unit.key === node.unit
}

// A function that was sent is a snapshot of all it captured, so what it brings replaces what an earlier one brought. Data
// only needs the class to be there: it must not reset what tasks have changed in it since.
function keep(rebuild: Rebuild, node: FunctionNode | ClassNode, known: Function): Function {
  const fill = originOf(known)?.fill
  if (isOriginal(node.id as string) || !isCaptured(rebuild, node)) {
    rebuild.kept.add(node)
    return known
  }
  if (fill) rebuild.fills.set(node, fill)
  putBack(known)
  return known
}

function isCaptured(rebuild: Rebuild, node: GraphNode): boolean {
  const root = rebuild.node(rebuild.graph.root)
  if (root?.kind === 'function' || root?.kind === 'class' || root?.kind === 'bound') return true
  return rebuild.graph.nodes.some(
    (one) => one.kind === 'function' && one.captures.some((ref) => rebuild.node(ref) === node),
  )
}

function takeSetters(cls: Function): void {
  const own = Object.getOwnPropertyDescriptors(cls) as Record<string, PropertyDescriptor>
  const instance = own['ªset']?.value as Setter | undefined
  if (instance) setters.set(cls, instance.bind(cls))
  const statics = own['ªsset']?.value as ((fields: Record<string, unknown>) => void) | undefined
  if (statics) staticSetters.set(cls, statics.bind(cls))
  Reflect.deleteProperty(cls, 'ªset')
  Reflect.deleteProperty(cls, 'ªsset')
}

/** The member as the text of the class made it, whatever took its place since. */
export function writtenMember(holder: object, key: PropertyKey): PropertyDescriptor | undefined {
  return (writtenMembers.get(holder) ?? Object.getOwnPropertyDescriptors(holder))[key as string]
}

const writtenMembers = new WeakMap<object, Record<PropertyKey, PropertyDescriptor>>()
const writtenParents = new WeakMap<object, object | null>()

function rememberMembers(cls: Function): void {
  const prototype = cls.prototype as object
  for (const holder of [cls, prototype]) writtenMembers.set(holder, Object.getOwnPropertyDescriptors(holder))
  writtenParents.set(prototype, Object.getPrototypeOf(prototype) as object | null)
}

// What an earlier snapshot had changed and this one does not mention is again as it is written. A frozen class has not
// changed at its sender either.
function putBack(cls: Function): void {
  const prototype = cls.prototype as object
  const parent = writtenParents.get(prototype)
  if (parent !== undefined) Reflect.setPrototypeOf(prototype, parent)
  for (const holder of [cls, prototype]) {
    const written = writtenMembers.get(holder) ?? {}
    for (const key of Reflect.ownKeys(written)) Reflect.defineProperty(holder, key, written[key] as PropertyDescriptor)
  }
}

const staticSetters = new WeakMap<Function, (fields: Record<string, unknown>) => void>()

export function setPrivateStatics(rebuild: Rebuild, node: ClassNode, cls: Function): void {
  if (node.privateStatics) staticSetters.get(cls)?.(readFields(rebuild, node.privateStatics))
}

/** Only a constructor can give an object the private members of a class without a base class, so it makes the object. */
export function makeInstance(rebuild: Rebuild, node: ObjectNode): object {
  const proto = node.proto === undefined ? Object.prototype : (rebuild.value(node.proto) as object | null)
  for (const [of] of node.privates ?? []) demandRebuilt(rebuild.value(of) as Function)
  const first = node.privates?.[0]
  if (first && !extendsSomething(rebuild, first)) {
    const made = stamped(
      () => Reflect.construct(rebuild.value(first[0]) as Function, [], withPrototype(proto)) as object,
    )
    for (const key of Reflect.ownKeys(made)) Reflect.deleteProperty(made, key)
    return made
  }
  return Object.create(proto) as object
}

/** Gives an object the private members of its classes, base class first, without running any of the user's code. */
export function setPrivates(rebuild: Rebuild, node: Attachments, value: object): void {
  for (const part of node.privates ?? []) {
    const cls = rebuild.value(part[0]) as Function
    demandRebuilt(cls)
    if (extendsSomething(rebuild, part)) addMembers(cls, value)
    setters.get(cls)?.(value, readFields(rebuild, part[1]))
  }
}

// Nothing can write into the private members of a class of the user's own program, and its constructor must not run.
function demandRebuilt(cls: Function): void {
  if (originOf(cls) !== undefined) return
  throw new ValueUnreadableError(
    `An instance of ${cls.name} arrived where that class itself is from. It has private members, which nothing ` +
      'but its own code can fill in: return its data instead, or register the class with registerType.',
  )
}

function extendsSomething(rebuild: Rebuild, [of]: PrivateFields): boolean {
  return Object.getPrototypeOf(rebuild.value(of)) !== Function.prototype
}

// The constructor of a class with `extends` gives its members to whatever `super()` returns.
function addMembers(cls: Function, value: object): void {
  const base = Object.getPrototypeOf(cls) as object
  const before = new Set(Reflect.ownKeys(value))
  Object.setPrototypeOf(cls, function () {
    return value
  })
  try {
    stamped(() => Reflect.construct(cls, []) as object)
  } finally {
    Object.setPrototypeOf(cls, base)
  }
  for (const key of Reflect.ownKeys(value)) if (!before.has(key)) Reflect.deleteProperty(value, key)
}

function stamped<T>(make: () => T): T {
  stamp.on = true
  try {
    return make()
  } finally {
    stamp.on = false
  }
}

function withPrototype(proto: object | null): Function {
  const target = function (): void {}
  target.prototype = proto
  return target
}

function readFields(rebuild: Rebuild, fields: readonly (readonly [string, Encoded])[]): Record<string, unknown> {
  const read: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, value] of fields) read[name] = rebuild.value(value)
  return read
}
