import type { Class, FunctionExpression, Node, Pattern } from 'acorn'
import { LASTING_PARTS, readClassLayout } from './class-layout.ts'
import type { FreeVariable, FunctionFacts, MethodKey, VariableReference } from './function-facts.ts'
import { LruCache } from './lru.ts'
import { type FunctionTree, type ParsedFunction, parseFunction } from './parse.ts'
import { hasUseStrict, Scope } from './scope.ts'
import type { ScopeListener } from './scope-listener.ts'
import { type AnyFunction, ScopeWalker } from './scope-walker.ts'
import type { TextRange } from './text-lines.ts'

/**
 * What the text of a function or class needs from around it. Pass `isStrict` when the code around it is known to be
 * strict (a module, a class): in sloppy code a function declared in a block is a variable of the whole function too.
 *
 * Throws `SyntaxError` for a text that cannot be parsed. Results are cached by text.
 */
export function analyzeFunction(text: string, isStrict = false): FunctionFacts {
  const key = isStrict && mayDeclareInBlock(text) ? `!${text}` : text
  const known = cache.get(key)
  if (known instanceof Error) throw known
  if (known) return known
  let facts: FunctionFacts | Error
  try {
    facts = readFacts(text, isStrict)
  } catch (error) {
    facts = error as Error
  }
  cache.set(key, facts, text.length + 1)
  if (facts instanceof Error) throw facts
  return facts
}

/** Whether a function may be declared in a block of this one, so that its facts depend on whether it is strict. */
export function mayDeclareInBlock(text: string): boolean {
  return text.includes('function', 1)
}

/** Bound of the cache of function facts: so many functions, of so many characters of source together. */
export const FUNCTION_CACHE_ENTRIES = 4_000
const FUNCTION_CACHE_CHARACTERS = 8_000_000

const cache = new LruCache<string, FunctionFacts | Error>(FUNCTION_CACHE_ENTRIES, FUNCTION_CACHE_CHARACTERS)

function readFacts(text: string, isStrict: boolean): FunctionFacts {
  const parsed = parseFunction(text)
  const { node, form, shift, member } = parsed
  const found = new Findings(shift)
  const walker = new ScopeWalker(found)
  const top = new Scope(undefined, node, { isFunction: true, isStrict })
  if (isClass(node)) walker.class(node, top, LASTING_PARTS)
  else walker.function(node, top, form === 'arrow')
  const key = member && readKey(member, shift)
  return {
    text,
    form,
    name: node.id?.name,
    arity: arityOf(isClass(node) ? constructorIn(node) : node),
    isAsync: !isClass(node) && node.async,
    isGenerator: !isClass(node) && node.generator,
    isStrict: isClass(node) || (node.body.type === 'BlockStatement' && hasUseStrict(node.body.body)),
    free: found.free,
    usesThis: found.usesThis,
    usesNewTarget: found.usesNewTarget,
    usesSuper: !isClass(node) && form !== 'function' && (containsSuper(node.body) || node.params.some(containsSuper)),
    hasEval: found.hasEval,
    importMetas: found.importMetas,
    dynamicImports: found.dynamicImports,
    privateNames: found.privateNames,
    classLayout: isClass(node) ? readClassLayout(node, shift) : undefined,
    key,
    anchor: anchorOf(text, parsed, key),
  }
}

function constructorIn({ body }: Class): FunctionExpression | undefined {
  const member = body.body.find((one) => one.type === 'MethodDefinition' && one.kind === 'constructor')
  return member?.type === 'MethodDefinition' ? member.value : undefined
}

function arityOf(fn: { readonly params: readonly Pattern[] } | undefined): number {
  const params = fn?.params ?? []
  const end = params.findIndex(({ type }) => type === 'AssignmentPattern' || type === 'RestElement')
  return end < 0 ? params.length : end
}

/** Collects what the walker meets; facts are these fields, which nobody changes afterwards. */
class Findings implements ScopeListener {
  readonly free = new Map<string, FreeVariable>()
  readonly importMetas: TextRange[] = []
  readonly dynamicImports: number[] = []
  readonly privateNames = new Set<string>()
  usesThis = false
  usesNewTarget = false
  hasEval = false
  readonly #shift: number

  constructor(shift: number) {
    this.#shift = shift
  }

  reference(...[id, scope, use]: Parameters<ScopeListener['reference']>): void {
    if (scope.resolve(id.name)) return
    let variable = this.free.get(id.name) as Collected | undefined
    if (!variable)
      this.free.set(id.name, (variable = { references: [], assigned: false, members: new Set(), whole: false }))
    variable.references.push({ start: id.start - this.#shift, end: id.end - this.#shift, form: use.form })
    if (use.write !== 'none') variable.assigned = true
    if (use.member === undefined) variable.whole = true
    else variable.members.add(use.member)
  }

  outerThis(): void {
    this.usesThis = true
  }

  outerNewTarget(): void {
    this.usesNewTarget = true
  }

  importMeta(node: Node): void {
    this.importMetas.push([node.start - this.#shift, node.end - this.#shift])
  }

  dynamicImport(node: Node): void {
    this.dynamicImports.push(node.start - this.#shift)
  }

  outerPrivateName(name: string): void {
    this.privateNames.add(name)
  }

  dynamicScope(): void {
    this.hasEval = true
  }
}

interface Collected {
  references: VariableReference[]
  assigned: boolean
  members: Set<string>
  whole: boolean
}

function isClass(node: FunctionTree): node is Exclude<FunctionTree, AnyFunction> {
  return node.type === 'ClassExpression'
}

function readKey(member: NonNullable<ParsedFunction['member']>, shift: number): MethodKey {
  return {
    computed: member.computed,
    range: [member.key.start - shift, member.key.end - shift],
    simple: !member.computed && member.key.type === 'Identifier',
    valueStart: member.value.start - shift,
  }
}

/** `super` of this function itself: arrows inside share it, other functions and classes have their own. */
function containsSuper(node: Node): boolean {
  switch (node.type) {
    case 'Super':
      return true
    case 'FunctionExpression':
    case 'FunctionDeclaration':
    case 'ClassExpression':
    case 'ClassDeclaration':
      return false
    default:
  }
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key]
    if (value === null || typeof value !== 'object') continue
    if (
      Array.isArray(value)
        ? value.some((part) => part && containsSuper(part as Node))
        : 'type' in value && containsSuper(value as Node)
    )
      return true
  }
  return false
}

function anchorOf(text: string, { node, form, shift }: ParsedFunction, key: MethodKey | undefined): number {
  if (key) return key.valueStart
  if (isClass(node)) {
    const constructor = constructorIn(node)
    return constructor ? constructor.start - shift : 0
  }
  return form === 'function' ? openingParenthesis(text, node.id ? node.id.end - shift : 0) : 0
}

/** The first `(` that is not in a comment; nothing else that could hold one stands before it. */
function openingParenthesis(text: string, from: number): number {
  BEFORE_PARENTHESIS.lastIndex = from
  BEFORE_PARENTHESIS.test(text)
  return BEFORE_PARENTHESIS.lastIndex
}

const BEFORE_PARENTHESIS = /(?:\/\*[^]*?\*\/|\/\/.*|[^(/])*/y
