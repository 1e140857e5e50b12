import type {
  AnyNode,
  ArrowFunctionExpression,
  Class,
  Expression,
  Function as AcornFunction,
  ImportDeclaration,
  Node,
  Program,
  VariableDeclaration,
} from 'acorn'
import { LruCache } from './lru.ts'
import { parseSource } from './parse.ts'
import { patternNames } from './scope.ts'
import { lineStartsOf } from './text-lines.ts'

/** What the source of a whole module (or CommonJS file, or script) tells. */
export interface ModuleFacts {
  readonly source: string
  readonly isModule: boolean
  /** Strict as a whole: a module, or a 'use strict' at the top. */
  readonly isStrict: boolean
  /** Local name to what it imports. */
  readonly imports: ReadonlyMap<string, ImportBinding>
  /** Local name to the name it is exported under; an anonymous default export is `*default*`. */
  readonly exports: ReadonlyMap<string, string>
  /** Every module that it names in `import` and `export … from`. */
  readonly specifiers: ReadonlySet<string>
  /** Why the source could not be parsed; everything above is then empty. */
  readonly error: Error | undefined
}

export interface ImportBinding {
  readonly specifier: string
  /** The export's name, `default`, or `*` for the whole namespace. */
  readonly name: string
  /** Import attributes, such as `{ type: 'json' }`. */
  readonly attributes: Readonly<Record<string, string>> | undefined
}

/** Never throws; a source that cannot be parsed gives empty facts with `error`. Cached by source. */
export function moduleFacts(source: string, isModule: boolean): ModuleFacts {
  const cache = isModule ? modules : classicScripts
  const known = cache.get(source)
  if (known) return known
  const facts = readFacts(source, isModule)
  cache.set(source, facts, source.length + 1)
  return facts
}

/** The tree of a module whose facts are known; undefined when it could not be parsed. Only the last few are kept: trees are large. */
export function moduleTree(facts: ModuleFacts): Program | undefined {
  if (facts.error) return undefined
  const known = trees.get(facts)
  if (known) return known
  const tree = parseSource(facts.source, facts.isModule)
  trees.set(facts, tree, facts.source.length)
  return tree
}

/** Offset of a position that starts at line 0, column 0, as V8 gives it. */
export function offsetOf(facts: ModuleFacts, lineNumber: number, columnNumber: number): number {
  let starts = lineStarts.get(facts)
  if (!starts) lineStarts.set(facts, (starts = lineStartsOf(facts.source)))
  return (starts[lineNumber] ?? 0) + columnNumber
}

/** What gives `this` to the arrow function at an offset; the range is the one of that function or field value. */
export function thisOwner(facts: ModuleFacts, offset: number): ThisOwner {
  let owner: ThisOwner = { kind: 'top' }
  const visit = (node: AnyNode): void => {
    if (node.type === 'MethodDefinition' && node.kind === 'constructor') {
      owner = { kind: 'constructor', start: node.value.start, end: node.value.end }
      if (node.value.start < offset) descend(node.value as AnyNode, offset, visit)
      return
    }
    const isFunction = node.type === 'FunctionExpression' || node.type === 'FunctionDeclaration'
    if (isFunction && node.start < offset) owner = { kind: 'function', start: node.start, end: node.end }
    else if (node.type === 'StaticBlock') owner = { kind: 'static', start: node.start, end: node.end }
    else if (node.type === 'PropertyDefinition' && node.value && covers(node.value, offset)) {
      owner = { kind: node.static ? 'static' : 'field', start: node.value.start, end: node.value.end }
    }
    descend(node, offset, visit)
  }
  const tree = moduleTree(facts)
  if (tree) visit(tree)
  return owner
}

export type ThisOwner =
  | { readonly kind: 'top' }
  | { readonly kind: 'function' | 'constructor' | 'field' | 'static'; readonly start: number; readonly end: number }

/** How the function written at an offset is used where it stands. */
export function literalUse(facts: ModuleFacts, offset: number): LiteralUse {
  const calls: CallRange[] = []
  let variable: string | undefined
  const visit = (node: AnyNode): void => {
    if (node.type === 'CallExpression' || node.type === 'NewExpression')
      calls.push({ start: node.start, end: node.end, arguments: node.arguments })
    if (node.type === 'VariableDeclaration' && node.kind === 'const')
      variable = constantHolding(node, offset) ?? variable
    descend(node, offset, visit)
  }
  const tree = moduleTree(facts)
  if (tree) visit(tree)
  return { calls, variable }
}

export interface LiteralUse {
  /** The calls and `new`s that it stands in, outermost first. */
  readonly calls: readonly CallRange[]
  /** The `const` that it initialises. */
  readonly variable: string | undefined
}

export interface CallRange {
  readonly start: number
  readonly end: number
  readonly arguments: readonly { readonly start: number; readonly end: number }[]
}

/** Bounds: facts of 500 sources of 24 M characters together, trees of the last 4 sources and 8 M characters. */
const modules = new LruCache<string, ModuleFacts>(500, 24_000_000)
const classicScripts = new LruCache<string, ModuleFacts>(500, 24_000_000)
const trees = new LruCache<ModuleFacts, Program>(4, 8_000_000)
const lineStarts = new WeakMap<ModuleFacts, readonly number[]>()

interface Names {
  readonly imports: Map<string, ImportBinding>
  readonly exports: Map<string, string>
  readonly specifiers: Set<string>
}

function readFacts(source: string, isModule: boolean): ModuleFacts {
  const names: Names = { imports: new Map(), exports: new Map(), specifiers: new Set() }
  try {
    const tree = parseSource(source, isModule)
    for (const statement of tree.body) readStatement(statement, names)
    const first = tree.body[0]
    const isStrict =
      isModule ||
      // Of a script that nothing has told of yet whether it is one.
      names.specifiers.size + names.exports.size > 0 ||
      (first?.type === 'ExpressionStatement' && first.directive === 'use strict')
    const facts: ModuleFacts = { source, isModule, isStrict, ...names, error: undefined }
    trees.set(facts, tree, source.length)
    return facts
  } catch (error) {
    return { source, isModule, isStrict: isModule, ...names, error: error as Error }
  }
}

function readStatement(statement: Program['body'][number], { imports, exports, specifiers }: Names): void {
  switch (statement.type) {
    case 'ImportDeclaration':
      specifiers.add(String(statement.source.value))
      return readImport(statement, imports)
    case 'ExportAllDeclaration':
      specifiers.add(String(statement.source.value))
      return
    case 'ExportNamedDeclaration':
      if (statement.source) specifiers.add(String(statement.source.value))
      else if (statement.declaration) declaredNames(statement.declaration, (name) => exports.set(name, name))
      else for (const { local, exported } of statement.specifiers) exports.set(nameOf(local), nameOf(exported))
      return
    case 'ExportDefaultDeclaration': {
      const { declaration } = statement
      if (declaration.type === 'Identifier') exports.set(declaration.name, 'default')
      else exports.set((isNamed(declaration) && declaration.id?.name) || '*default*', 'default')
      return
    }
    default:
  }
}

function readImport({ source, specifiers, attributes }: ImportDeclaration, imports: Names['imports']): void {
  const pairs = attributes.map(({ key, value }) => [nameOf(key), String(value.value)] as const)
  for (const one of specifiers) {
    const name =
      one.type === 'ImportNamespaceSpecifier'
        ? '*'
        : one.type === 'ImportDefaultSpecifier'
          ? 'default'
          : nameOf(one.imported)
    imports.set(one.local.name, {
      specifier: String(source.value),
      name,
      attributes: pairs.length > 0 ? Object.fromEntries(pairs) : undefined,
    })
  }
}

function declaredNames(declaration: AcornFunction | Class | VariableDeclaration, visit: (name: string) => void): void {
  if ('declarations' in declaration) for (const { id } of declaration.declarations) patternNames(id, visit)
  else if (declaration.id) visit(declaration.id.name)
}

function nameOf(node: { type: 'Identifier'; name: string } | { type: 'Literal'; value?: unknown }): string {
  return node.type === 'Identifier' ? node.name : String(node.value)
}

// A named function or class *expression* (`export default (class A {})`) binds no name in the module.
function isNamed(node: Node): node is (AcornFunction | Class) & { type: string } {
  return node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration'
}

function constantHolding(node: VariableDeclaration, offset: number): string | undefined {
  for (const { id, init } of node.declarations) {
    if (id.type === 'Identifier' && init && unwrapArrow(init)?.start === offset) return id.name
  }
  return undefined
}

/** `() => …`, or `__name(() => …, 'x')` as esbuild's keepNames writes it. */
function unwrapArrow(init: Expression): ArrowFunctionExpression | undefined {
  if (init.type === 'ArrowFunctionExpression') return init
  if (init.type !== 'CallExpression' || init.callee.type !== 'Identifier') return undefined
  const first = init.arguments[0]
  return first?.type === 'ArrowFunctionExpression' ? first : undefined
}

function covers({ start, end }: Node, offset: number): boolean {
  return start <= offset && offset < end
}

/** Visits the parts of a node that cover the offset. */
export function descend(node: AnyNode, offset: number, visit: (node: AnyNode) => void): void {
  for (const key in node) {
    const value = (node as unknown as Record<string, unknown>)[key]
    if (value === null || typeof value !== 'object') continue
    const parts = Array.isArray(value) ? (value as (Node | null)[]) : [value as Node]
    for (const part of parts) if (part && typeof part.type === 'string' && covers(part, offset)) visit(part as AnyNode)
  }
}
