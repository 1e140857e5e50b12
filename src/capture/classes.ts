import { bindingIsStable } from './binding-stability.ts'
import { type ClassMember, lostFieldName } from './class-layout.ts'
import type { LinePlace } from './frames.ts'
import type { FunctionFacts } from './function-facts.ts'
import { changedKeys, lackedKeys } from './class-members.ts'
import { encodeParent, isNatural } from './function-parts.ts'
import type { Attachments, ClassNode, Encoded } from './graph.ts'
import { offsetOf } from './module-facts.ts'
import { isFunction, isPlainPrototype, ownValue } from './peek.ts'
import { writtenPlace } from './places.ts'
import { encodeProperties } from './properties.ts'
import { encodePrototype } from './references.ts'
import { lookUp, moduleFactsOf } from './variables.ts'
import type { FunctionRecord, Walk } from './walk.ts'

/**
 * What the text of a class does not bring by itself: values of static fields and private statics as they are now, and
 * members that were added, decorated or patched.
 */
export function encodeClassParts(walk: Walk, record: FunctionRecord, node: ClassNode): void {
  const { fn } = record
  const members = record.facts.classLayout?.members ?? []
  const privateStatics = new Set(
    members.flatMap(({ isPrivate, isStatic, type, key }) =>
      isPrivate && isStatic && type === 'PropertyDefinition' ? [key] : [],
    ),
  )
  if (privateStatics.size > 0) {
    const fields = walk.look(fn).privates?.filter(({ name, accessor }) => !accessor && privateStatics.has(name)) ?? []
    node.privateStatics = fields.map(({ name, value }): [string, Encoded] => [
      name,
      walk.at('property', name, () => walk.encodeDeep(value, { owner: fn })),
    ])
  }
  const prototype = ownValue(fn, 'prototype') as object
  const own = changedKeys(walk, record, fn, true).filter((key) => !isImplied(fn, key, record.facts))
  const lacking = lackedKeys(record, fn, true)
  walk.at('part', 'static', () => encodeProperties(walk, fn, own, node))
  if (lacking.length > 0) node.lacks = lacking
  if (!record.facts.classLayout?.superRange) encodeParent(walk, fn, node)
  const parts: Attachments = {}
  const keys = changedKeys(walk, record, prototype, false)
  const lost = lackedKeys(record, prototype, false)
  if (lost.length > 0) parts.lacks = lost
  walk.at('part', 'prototype', () => {
    encodeProperties(walk, prototype, keys, parts)
    const parent = Object.getPrototypeOf(prototype) as object | null
    if (!isNaturalParent(fn, parent, record.facts)) parts.proto = encodePrototype(walk, parent)
  })
  if (Object.keys(parts).length > 0) node.prototype = parts
}

function isImplied(cls: Function, key: PropertyKey, facts: FunctionFacts): boolean {
  return key === 'prototype' || ((key === 'name' || key === 'length') && isNatural(cls, key, facts))
}

// Somebody may have given the prototype another parent since, or the class, whose base is what it inherits from now.
function isNaturalParent(cls: Function, parent: object | null, { classLayout }: FunctionFacts): boolean {
  if (!classLayout?.superRange) return isPlainPrototype(parent)
  const base = Object.getPrototypeOf(cls) as object | null
  return parent === (base === Function.prototype || base === null ? null : ownValue(base, 'prototype'))
}

/**
 * Names of members that are computed. Their expressions are not evaluated again: the name of a method is found on the
 * class, by where the method is written; that of a field is lost unless its expression can be repeated.
 */
export function encodeComputedKeys(walk: Walk, record: FunctionRecord, node: ClassNode): void {
  const { fn, facts, seen, origin } = record
  if (origin) {
    if (origin.keys) node.keys = [...origin.keys].map(([member, key]) => [member, walk.encodeKey(key)])
    return
  }
  const layout = facts.classLayout
  const computed =
    layout?.members.filter((member) => member.computed && !member.ranAlready && !member.computed.isConstant) ?? []
  if (!layout || computed.length === 0) return
  const scopes = seen.scopes ?? []
  const lost = lostFieldName(
    layout,
    facts.text,
    (name) => lookUp(scopes, name) !== undefined || Object.hasOwn(globalThis, name),
  )
  if (lost) {
    const why =
      lost.variable === undefined ? 'cannot be evaluated again' : `uses \`${lost.variable}\`, which V8 has dropped`
    walk.refuse(
      `has a field with the computed name [${lost.expression}], which ${why}`,
      'Give the field a plain name, or export the class from a module of its own.',
    )
  }
  const keys = new Map<ClassMember, PropertyKey>()
  for (const [holder, isStatic] of [
    [ownValue(fn, 'prototype') as object, false],
    [fn, true],
  ] as const) {
    for (const key of Reflect.ownKeys(holder)) {
      const member = computed.find((one) => one.isStatic === isStatic && isAt(walk, record, holder, key, one))
      // The first is the one that was written, others are further names of it.
      if (member && !keys.has(member)) keys.set(member, key)
    }
  }
  if (keys.size > 0) node.keys = [...keys].map(([member, key]) => [layout.members.indexOf(member), walk.encodeKey(key)])
  for (const member of computed)
    if (member.type === 'PropertyDefinition')
      for (const name of member.computed?.free ?? []) addKeyVariable(walk, record, name)
}

// The name is computed again from what the variable holds now, so it must be what it held when the class was made.
function addKeyVariable(walk: Walk, { fn, facts, seen, script, keyVariables }: FunctionRecord, name: string): void {
  const module = moduleFactsOf(fn, facts, seen, script)
  const offset = seen.location ? offsetOf(module, seen.location.lineNumber, seen.location.columnNumber) : -1
  if (lookUp(seen.scopes ?? [], name) !== undefined && !bindingIsStable(module, offset, name)) {
    walk.refuse(
      `has a field whose computed name uses \`${name}\`, which may have changed since`,
      'Make that variable a constant, or give the field a plain name.',
    )
  }
  keyVariables.add(name)
}

function isAt(walk: Walk, record: FunctionRecord, holder: object, key: PropertyKey, member: ClassMember): boolean {
  const { fn, seen } = record
  const descriptor = Object.getOwnPropertyDescriptor(holder, key)
  for (const part of [descriptor?.value, descriptor?.get, descriptor?.set] as unknown[]) {
    if (!isFunction(part) || part === fn) continue
    const location = writtenPlace(walk, part)?.location
    if (!location || !seen.location || location.scriptId !== seen.location.scriptId) continue
    const offset = offsetWithin(record, seen.location, location)
    if (member.range[0] <= offset && offset < member.range[1]) return true
  }
  return false
}

// Of a class with a constructor V8 says where that stands, so places are counted from there, forwards or back.
function offsetWithin({ fn, facts, seen, script }: FunctionRecord, start: LinePlace, place: LinePlace): number {
  const { text, anchor } = facts
  const lines = place.lineNumber - start.lineNumber
  if (lines === 0) return anchor + place.columnNumber - start.columnNumber
  let lineStart = lines > 0 ? anchor : text.lastIndexOf('\n', anchor) + 1
  for (let i = 0; i < lines; i++) lineStart = text.indexOf('\n', lineStart) + 1
  for (let i = 0; i > lines; i--) lineStart = text.lastIndexOf('\n', lineStart - 2) + 1
  if (lineStart > 0) return lineStart + place.columnNumber
  // On the first line of the class, of which the text does not tell where it begins.
  const module = moduleFactsOf(fn, facts, seen, script)
  const startOffset = offsetOf(module, start.lineNumber, start.columnNumber)
  return anchor + offsetOf(module, place.lineNumber, place.columnNumber) - startOffset
}
