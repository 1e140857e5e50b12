import type { ClassMember } from './class-layout.ts'
import { addedKeys } from './function-parts.ts'
import type { Key, MemberNode } from './graph.ts'
import { isFunction, textOf } from './peek.ts'
import { writtenPlace } from './places.ts'
import { encodeProperties } from './properties.ts'
import { encodePrototype } from './references.ts'
import type { FunctionRecord, Walk } from './walk.ts'

/**
 * Keys of a class or its prototype that compiling the text does not bring as they are: they were added, replaced,
 * decorated, or have other attributes. A method of the text that stands there under another key, or that somebody gave
 * properties to, is noted as that member of the compiled class.
 */
export function changedKeys(walk: Walk, record: FunctionRecord, holder: object, isStatic: boolean): PropertyKey[] {
  return Reflect.ownKeys(holder).filter((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(holder, key) as PropertyDescriptor
    if (key === 'constructor' && !isStatic) return descriptor.value !== record.fn
    return !isFromText(walk, record, holder, key, descriptor, isStatic)
  })
}

/** Keys of members of the text that were deleted. */
export function lackedKeys({ facts }: FunctionRecord, holder: object, isStatic: boolean): string[] {
  const written = facts.classLayout?.members.flatMap((member) =>
    isMethod(member) && member.isStatic === isStatic && member.kind !== 'constructor' ? [member.key ?? ''] : [],
  )
  return [...(written ?? []), ...(isStatic ? [] : ['constructor'])].filter((key) => key && !Object.hasOwn(holder, key))
}

type Role = MemberNode['role']

const ROLES: readonly (readonly ['value' | 'get' | 'set', Role])[] = [
  ['value', 'value'],
  ['get', 'get'],
  ['set', 'set'],
]

function isFromText(
  walk: Walk,
  record: FunctionRecord,
  holder: object,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
  isStatic: boolean,
): boolean {
  let isNatural = hasNaturalAttributes(holder, descriptor)
  const written: (readonly [part: Function, key: Key | undefined, role: Role])[] = []
  for (const [name, role] of ROLES) {
    const part: unknown = descriptor[name]
    if (part === undefined) continue
    const found = isFunction(part) ? memberOf(walk, record, part, isStatic) : undefined
    if (!isFunction(part) || !found) isNatural = false
    else {
      written.push([part, found.key, found.role])
      const isPlain = addedKeys(part).length === 0 && Object.isExtensible(part)
      isNatural &&= found.role === role && isPlain && isSameKey(walk, key, found.key)
    }
  }
  if (isNatural) return true
  for (const [part, member, role] of written)
    if (member !== undefined) noteMember(walk, holder, isStatic, part, member, role)
  return false
}

// A constant in brackets is taken for the key that is there.
function isSameKey(walk: Walk, key: PropertyKey, written: Key | undefined): boolean {
  if (written === undefined || typeof written === 'string') return written === undefined || written === key
  return typeof key === 'symbol' && walk.find(key)?.[0] === written[0]
}

function noteMember(walk: Walk, holder: object, isStatic: boolean, part: Function, key: Key, role: Role): void {
  if (walk.find(part)) return
  const of = isStatic ? walk.encode(holder) : encodePrototype(walk, holder)
  const node: MemberNode = { kind: 'member', of, key, role }
  walk.add(part, node)
  walk.later(() => encodeProperties(walk, part, addedKeys(part), node))
}

// Freezing and sealing is done again there.
function hasNaturalAttributes(holder: object, { enumerable, writable, configurable }: PropertyDescriptor): boolean {
  if (enumerable === true) return false
  return (writable !== false || Object.isFrozen(holder)) && (configurable === true || Object.isSealed(holder))
}

/** Which member of the class's text a function is. */
function memberOf(
  walk: Walk,
  { facts, node, seen }: FunctionRecord,
  fn: Function,
  isStatic: boolean,
): { readonly key: Key | undefined; readonly role: Role } | undefined {
  if (writtenPlace(walk, fn)?.location.scriptId !== seen.location?.scriptId) return undefined
  const text = textOf(fn)
  const members = facts.classLayout?.members ?? []
  for (const [index, member] of members.entries()) {
    if (!isMethod(member) || member.isStatic !== isStatic || member.kind === 'constructor') continue
    if (!facts.text.slice(...member.range).endsWith(text)) continue
    const key = member.key ?? (node.kind === 'class' ? node.keys?.find(([at]) => at === index)?.[1] : undefined)
    return { key, role: member.kind === 'get' || member.kind === 'set' ? member.kind : 'value' }
  }
  return undefined
}

function isMethod({ type, isPrivate }: ClassMember): boolean {
  return type === 'MethodDefinition' && !isPrivate
}
