import type { Class, MethodDefinition, PropertyDefinition, StaticBlock } from 'acorn'
import { Scope } from './scope.ts'
import { type ClassParts, ScopeWalker } from './scope-walker.ts'
import type { TextRange } from './text-lines.ts'

/** How a class is written, so that its text can be edited before another process compiles it. Offsets are into the class's text. */
export interface ClassLayout {
  readonly name: string | undefined
  /** The expression after `extends`. */
  readonly superRange: TextRange | undefined
  readonly members: readonly ClassMember[]
}

export interface ClassMember {
  readonly type: 'MethodDefinition' | 'PropertyDefinition' | 'StaticBlock'
  readonly kind: 'constructor' | 'method' | 'get' | 'set' | undefined
  readonly isStatic: boolean
  readonly isPrivate: boolean
  /** As written: `name`, `#name`; undefined for computed keys and static blocks. */
  readonly key: string | undefined
  /** The whole member. */
  readonly range: TextRange
  /** The value of a field or the parameters and body of a method. */
  readonly value: TextRange | undefined
  /** For a constructor: offset of the `{` of its body. */
  readonly constructorBody: number | undefined
  /** It ran when the class was made and must not run again: a public static field or a static block. */
  readonly ranAlready: boolean
  readonly computed: ComputedKey | undefined
}

export interface ComputedKey {
  /** The expression between the brackets. */
  readonly range: TextRange
  /** Means the same everywhere: a literal or `Symbol.name`. */
  readonly isConstant: boolean
  /** Names that the expression uses and that come from outside of the class. */
  readonly free: ReadonlySet<string>
  /** Evaluating the expression again has no effect and gives the same key as long as its names kept their values. */
  readonly isRepeatable: boolean
}

export function readClassLayout(node: Class, shift: number): ClassLayout {
  return {
    name: node.id?.name,
    superRange: node.superClass ? rangeOf(node.superClass, shift) : undefined,
    members: node.body.body.map((member) => readMember(member, shift)),
  }
}

/**
 * The parts of a class that its text still needs when it is compiled again: not the base class (it comes from the
 * prototype chain), not what ran already, and computed keys are looked at one by one.
 */
export const LASTING_PARTS: ClassParts = {
  superClass: false,
  key: () => false,
  value: (member) => !(isStatic(member) && member.type !== 'MethodDefinition'),
}

/**
 * The first computed field whose name cannot be had in another process. V8 keeps such names where nobody can read them,
 * and evaluating the expression again needs its variables, which V8 drops when only the class definition used them.
 * (Names of computed methods are found on the prototype, those of static fields on the class.)
 */
export function lostFieldName(
  layout: ClassLayout,
  text: string,
  isVisible: (name: string) => boolean,
): LostFieldName | undefined {
  for (const { type, ranAlready, computed } of layout.members) {
    if (type !== 'PropertyDefinition' || ranAlready || !computed || computed.isConstant) continue
    const expression = text.slice(...computed.range)
    if (!computed.isRepeatable) return { expression, variable: undefined }
    for (const variable of computed.free) if (!isVisible(variable)) return { expression, variable }
  }
  return undefined
}

export interface LostFieldName {
  /** The text between the brackets. */
  readonly expression: string
  /** The variable that is gone, or undefined when the expression itself cannot be evaluated again. */
  readonly variable: string | undefined
}

type AnyMember = MethodDefinition | PropertyDefinition | StaticBlock

function readMember(member: AnyMember, shift: number): ClassMember {
  const range = rangeOf(member, shift)
  if (member.type === 'StaticBlock') {
    return {
      type: member.type,
      kind: undefined,
      isStatic: true,
      isPrivate: false,
      key: undefined,
      range,
      value: undefined,
      constructorBody: undefined,
      ranAlready: true,
      computed: undefined,
    }
  }
  const isPrivate = member.key.type === 'PrivateIdentifier'
  const isConstructor = member.type === 'MethodDefinition' && member.kind === 'constructor'
  return {
    type: member.type,
    kind: member.type === 'MethodDefinition' ? member.kind : undefined,
    isStatic: member.static,
    isPrivate,
    key: member.computed ? undefined : keyText(member.key),
    range,
    value: member.value ? rangeOf(member.value, shift) : undefined,
    constructorBody: isConstructor ? member.value.body.start - shift : undefined,
    ranAlready: member.static && member.type === 'PropertyDefinition' && !isPrivate,
    computed: member.computed ? readComputedKey(member.key, shift) : undefined,
  }
}

function keyText(key: AnyKey): string {
  if (key.type === 'PrivateIdentifier') return `#${key.name}`
  return key.type === 'Identifier' ? key.name : String(key.type === 'Literal' ? key.value : undefined)
}

type AnyKey = MethodDefinition['key']

function readComputedKey(key: AnyKey, shift: number): ComputedKey {
  const free = new Set<string>()
  const walker = new ScopeWalker({
    reference(id, scope) {
      if (!scope.resolve(id.name)) free.add(id.name)
    },
  })
  walker.expression(key, new Scope(undefined, key, { isFunction: true, isStrict: true }))
  const isWellKnown =
    key.type === 'MemberExpression' && key.object.type === 'Identifier' && key.object.name === 'Symbol' && !key.computed
  return {
    range: rangeOf(key, shift),
    isConstant: key.type === 'Literal' || isWellKnown,
    free,
    isRepeatable: isRepeatable(key),
  }
}

/** No calls, no assignments, nothing made anew. */
function isRepeatable(node: AnyKey | { type: string }): boolean {
  const key = node as AnyKey
  switch (key.type) {
    case 'Identifier':
    case 'Literal':
      return true
    case 'MemberExpression':
      return (
        key.property.type !== 'PrivateIdentifier' &&
        isRepeatable(key.object) &&
        (!key.computed || isRepeatable(key.property))
      )
    case 'TemplateLiteral':
      return key.expressions.every(isRepeatable)
    case 'BinaryExpression':
    case 'LogicalExpression':
      return isRepeatable(key.left) && isRepeatable(key.right)
    case 'ConditionalExpression':
      return isRepeatable(key.test) && isRepeatable(key.consequent) && isRepeatable(key.alternate)
    case 'UnaryExpression':
      return key.operator !== 'delete' && isRepeatable(key.argument)
    case 'ChainExpression':
      return isRepeatable(key.expression)
    default:
      return false
  }
}

function isStatic(member: AnyMember): boolean {
  return member.type === 'StaticBlock' || member.static
}

function rangeOf({ start, end }: { start: number; end: number }, shift: number): TextRange {
  return [start - shift, end - shift]
}
