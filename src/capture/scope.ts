import type { Node, Pattern, Program, Statement } from 'acorn'

/** One scope of a source and the names declared in it, private names with their `#`. */
export class Scope {
  readonly parent: Scope | undefined
  /** `var` and function declarations of blocks below end here. */
  readonly isFunction: boolean
  readonly isStrict: boolean
  readonly bindings: Map<string, Binding> = new Map()
  /** Scopes directly inside, in the order of the text. */
  readonly inner: Scope[] = []
  /** Range of the source that this scope covers. */
  readonly start: number
  readonly end: number
  /** Direct `eval` or `with` happens in this scope or below, so its variables may be assigned by code nobody can see. */
  isDynamic = false

  constructor(
    parent: Scope | undefined,
    node: { start: number; end: number },
    options: { isFunction: boolean; isStrict: boolean },
  ) {
    this.parent = parent
    this.start = node.start
    this.end = node.end
    this.isFunction = options.isFunction
    this.isStrict = options.isStrict
  }

  declare(name: string, kind: BindingKind): Binding {
    let binding = this.bindings.get(name)
    if (!binding) this.bindings.set(name, (binding = { kind, scope: this, value: undefined, writes: 0 }))
    return binding
  }

  resolve(name: string): Binding | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const binding = scope.bindings.get(name)
      if (binding) return binding
    }
    return undefined
  }
}

/** `name` is what a class or function expression calls itself inside; `implicit` is `arguments`. */
export type BindingKind =
  | 'const'
  | 'let'
  | 'var'
  | 'function'
  | 'class'
  | 'parameter'
  | 'import'
  | 'catch'
  | 'name'
  | 'implicit'

export interface Binding {
  readonly kind: BindingKind
  readonly scope: Scope
  /** What a `let`, `const` or function declaration gives it, when that is written right there. */
  value: Node | undefined
  /** How often the source gives it a value after it was made; used by those who look for reassignment. */
  writes: number
}

export type Body = Program['body'] | readonly Statement[]

/** True when the body begins with a 'use strict' directive. */
export function hasUseStrict(body: Body): boolean {
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) return false
    if (statement.directive === 'use strict') return true
  }
  return false
}

/** Names that a pattern binds, in order. */
export function patternNames(pattern: Pattern | null, visit: (name: string) => void): void {
  switch (pattern?.type) {
    case 'Identifier':
      return visit(pattern.name)
    case 'ObjectPattern':
      for (const part of pattern.properties)
        patternNames(part.type === 'RestElement' ? part.argument : part.value, visit)
      return
    case 'ArrayPattern':
      for (const element of pattern.elements) patternNames(element, visit)
      return
    case 'AssignmentPattern':
      return patternNames(pattern.left, visit)
    case 'RestElement':
      return patternNames(pattern.argument, visit)
    default:
  }
}

/** Declares what `let`, `const`, `using`, `class`, `function` and `import` directly in this body bind. */
export function declareLexical(body: Body, scope: Scope): void {
  for (const statement of body) {
    const node = declarationOf(statement)
    if (node.type === 'VariableDeclaration' && node.kind !== 'var') {
      const kind = node.kind === 'let' ? 'let' : 'const'
      for (const { id, init } of node.declarations) {
        if (id.type === 'Identifier') scope.declare(id.name, kind).value = init ?? undefined
        else patternNames(id, (name) => scope.declare(name, kind))
      }
    } else if (node.type === 'ClassDeclaration' && node.id) scope.declare(node.id.name, 'class')
    else if (node.type === 'FunctionDeclaration' && node.id) scope.declare(node.id.name, 'function').value = node
    else if (node.type === 'LabeledStatement' && node.body.type === 'FunctionDeclaration')
      scope.declare(node.body.id.name, 'function')
    else if (node.type === 'ImportDeclaration')
      for (const { local } of node.specifiers) scope.declare(local.name, 'import')
  }
}

/** Declares in `scope` (a function's, or the top one) every `var` in the body, at any depth but not inside functions. */
export function declareVars(body: Body, scope: Scope): void {
  for (const statement of body) hoist(declarationOf(statement), scope, [], false)
}

/** What a function declaration in a block also binds around it in sloppy code (ECMAScript annex B.3.2). */
function hoist(node: HoistNode | null | undefined, scope: Scope, blocks: readonly Body[], inBlock: boolean): void {
  switch (node?.type) {
    case 'VariableDeclaration':
      if (node.kind === 'var')
        for (const { id } of node.declarations) patternNames(id, (name) => scope.declare(name, 'var'))
      return
    case 'FunctionDeclaration':
      if (
        inBlock &&
        !scope.isStrict &&
        !node.async &&
        !node.generator &&
        node.id &&
        !shadowed(node.id.name, scope, blocks)
      ) {
        scope.declare(node.id.name, 'var').writes++
      }
      return
    case 'BlockStatement':
      return hoistAll(node.body, scope, [...blocks, node.body])
    case 'IfStatement':
      hoist(node.consequent, scope, blocks, true)
      return hoist(node.alternate, scope, blocks, true)
    case 'ForStatement':
      if (node.init?.type === 'VariableDeclaration') hoist(node.init, scope, blocks, true)
      return hoist(node.body, scope, blocks, true)
    case 'ForInStatement':
    case 'ForOfStatement':
      if (node.left.type === 'VariableDeclaration') hoist(node.left, scope, blocks, true)
      return hoist(node.body, scope, blocks, true)
    case 'WhileStatement':
    case 'DoWhileStatement':
    case 'WithStatement':
      return hoist(node.body, scope, blocks, true)
    case 'LabeledStatement':
      return hoist(node.body, scope, blocks, inBlock)
    case 'TryStatement':
      hoist(node.block, scope, blocks, true)
      hoist(node.handler?.body, scope, blocks, true)
      return hoist(node.finalizer, scope, blocks, true)
    case 'SwitchStatement': {
      const all = node.cases.flatMap((one) => one.consequent)
      return hoistAll(all, scope, [...blocks, all])
    }
    default:
  }
}

type HoistNode = Body[number] | NonNullable<ReturnType<typeof declarationOf>>

function hoistAll(body: Body, scope: Scope, blocks: readonly Body[]): void {
  for (const statement of body) hoist(statement, scope, blocks, true)
}

/** A `let`, `const` or `class` of this name between the block function and the function scope stops the hoisting. */
function shadowed(name: string, scope: Scope, blocks: readonly Body[]): boolean {
  const own = scope.bindings.get(name)
  if (own && (own.kind === 'let' || own.kind === 'const' || own.kind === 'class')) return true
  return blocks.slice(0, -1).some((body) => body.some((statement) => bindsLexically(statement, name)))
}

function bindsLexically(statement: Body[number], name: string): boolean {
  if (statement.type === 'ClassDeclaration') return statement.id.name === name
  if (statement.type !== 'VariableDeclaration' || statement.kind === 'var') return false
  let found = false
  for (const { id } of statement.declarations) patternNames(id, (bound) => (found ||= bound === name))
  return found
}

/** What `export` exports, when it is a declaration, else the statement itself. */
function declarationOf(
  statement: Body[number],
): Body[number] | Extract<Program['body'][number], { type: 'ExportDefaultDeclaration' }>['declaration'] {
  if (statement.type === 'ExportNamedDeclaration') return statement.declaration ?? statement
  return statement.type === 'ExportDefaultDeclaration' ? statement.declaration : statement
}
