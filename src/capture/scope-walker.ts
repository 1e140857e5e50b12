import type {
  AnonymousClassDeclaration,
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  Class,
  FunctionDeclaration,
  FunctionExpression,
  Identifier,
  MemberExpression,
  MethodDefinition,
  Node,
  Pattern,
  Program,
  PropertyDefinition,
  StaticBlock,
  VariableDeclaration,
} from 'acorn'
import { type Body, declareLexical, declareVars, hasUseStrict, patternNames, Scope } from './scope.ts'
import type { ReferenceUse, ScopeListener } from './scope-listener.ts'

/** Walks code with its scopes and tells a listener of every name that is used, and of what else ties code to its surroundings. */
export class ScopeWalker {
  readonly #listener: ScopeListener

  constructor(listener: ScopeListener) {
    this.#listener = listener
  }

  program(node: Program, isStrict: boolean): Scope {
    const top = new Scope(undefined, node, { isFunction: true, isStrict: isStrict || hasUseStrict(node.body) })
    this.#body(node.body, top, { outerThis: true, inLoop: false })
    return top
  }

  /** `outerThis`: the function is an arrow whose `this` comes from around it. */
  function(node: AnyFunction, scope: Scope, outerThis: boolean): void {
    this.#function(node, scope, { outerThis, inLoop: false })
  }

  /** Walks only the parts that `wanted` names. */
  class(node: Class, scope: Scope, wanted: ClassParts): void {
    this.#class(node, scope, { outerThis: false, inLoop: false }, wanted)
  }

  expression(node: Node, scope: Scope): void {
    this.#walk(node as AnyNode, scope, { outerThis: false, inLoop: false })
  }

  #function(node: AnyFunction, scope: Scope, context: Context): void {
    const isArrow = node.type === 'ArrowFunctionExpression'
    const body = node.body.type === 'BlockStatement' ? node.body.body : undefined
    const options = { isFunction: true, isStrict: scope.isStrict || (body !== undefined && hasUseStrict(body)) }
    let outer = scope
    if (node.type === 'FunctionExpression' && node.id) {
      outer = open(scope, node)
      outer.declare(node.id.name, 'name')
    }
    const params = open(outer, node, options)
    for (const param of node.params) patternNames(param, (name) => params.declare(name, 'parameter'))
    if (!isArrow) params.declare('arguments', 'implicit')
    const inner: Context = { outerThis: isArrow && context.outerThis, inLoop: false }
    for (const param of node.params) this.#pattern(param, params, inner, DECLARE)
    if (body === undefined) return this.#walk(node.body as AnyNode, params, inner)
    const own = open(params, node.body, options)
    this.#body(body, own, inner)
  }

  #body(body: Body, scope: Scope, context: Context): void {
    declareLexical(body, scope)
    declareVars(body, scope)
    this.#list(body, scope, context)
  }

  #class(node: Class | AnonymousClassDeclaration, scope: Scope, context: Context, wanted: ClassParts): void {
    const own = open(scope, node, { isFunction: false, isStrict: true })
    if (node.id) own.declare(node.id.name, 'name')
    for (const member of node.body.body)
      if (member.type !== 'StaticBlock' && member.key.type === 'PrivateIdentifier')
        own.declare(`#${member.key.name}`, 'name')
    if (node.superClass && wanted.superClass) this.#walk(node.superClass, own, context)
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock') {
        if (wanted.value(member)) this.#staticBlock(member, own)
        continue
      }
      if (member.computed && wanted.key(member)) this.#walk(member.key, own, context)
      if (!member.value || !wanted.value(member)) continue
      if (member.type === 'MethodDefinition') this.#function(member.value, own, INSIDE)
      else this.#walk(member.value, open(own, member.value, { isFunction: true, isStrict: true }), INSIDE)
    }
  }

  #staticBlock(node: StaticBlock, scope: Scope): void {
    const own = open(scope, node, { isFunction: true, isStrict: true })
    own.declare('arguments', 'implicit')
    this.#body(node.body, own, INSIDE)
  }

  #list(nodes: readonly (Node | null)[], scope: Scope, context: Context): void {
    for (const node of nodes) if (node) this.#walk(node as AnyNode, scope, context)
  }

  #walk(node: AnyNode, scope: Scope, context: Context): void {
    switch (node.type) {
      case 'Identifier':
        return this.#reference(node, scope, READ)
      case 'PrivateIdentifier':
        return this.#privateName(node.name, scope)
      case 'MemberExpression':
        return this.#member(node, scope, context)
      case 'CallExpression':
        if (isIdentifier(node.callee, 'eval')) this.#dynamic(scope, scope.resolve('eval') !== undefined)
        this.#called(node.callee, scope, context)
        return this.#list(node.arguments, scope, context)
      case 'TaggedTemplateExpression':
        this.#called(node.tag, scope, context)
        return this.#walk(node.quasi, scope, context)
      case 'Property':
        if (node.computed) this.#walk(node.key, scope, context)
        if (node.shorthand && node.value.type === 'Identifier') return this.#reference(node.value, scope, SHORTHAND)
        return this.#walk(node.value, scope, context)
      case 'AssignmentExpression':
        this.#pattern(node.left, scope, context, ASSIGN)
        return this.#walk(node.right, scope, context)
      case 'UpdateExpression':
        if (node.argument.type === 'Identifier') return this.#reference(node.argument, scope, ASSIGN)
        return this.#walk(node.argument, scope, context)
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#function(node, scope, context)
      case 'ClassDeclaration':
      case 'ClassExpression':
        return this.#class(node, scope, context, WHOLE_CLASS)
      case 'Literal':
      case 'TemplateElement':
        return
      default:
        return this.#surroundings(node, scope, context)
    }
  }

  /** What ties code to what is around it but is no name. */
  #surroundings(node: AnyNode, scope: Scope, context: Context): void {
    switch (node.type) {
      case 'ThisExpression':
        if (context.outerThis) this.#listener.outerThis?.()
        return
      case 'MetaProperty':
        if (node.meta.name === 'import') this.#listener.importMeta?.(node)
        else if (context.outerThis) this.#listener.outerNewTarget?.()
        return
      case 'ImportExpression':
        this.#listener.dynamicImport?.(node)
        return this.#children(node, scope, context)
      case 'WithStatement':
        this.#dynamic(scope, false)
        return this.#children(node, scope, context)
      default:
        return this.#statement(node, scope, context)
    }
  }

  #statement(node: AnyNode, scope: Scope, context: Context): void {
    switch (node.type) {
      case 'VariableDeclaration':
        return this.#declaration(node, scope, context)
      case 'BlockStatement': {
        const block = open(scope, node)
        declareLexical(node.body, block)
        return this.#list(node.body, block, context)
      }
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#for(node, open(scope, node), context)
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.#children(node, scope, { ...context, inLoop: true })
      case 'SwitchStatement': {
        this.#walk(node.discriminant, scope, context)
        const block = open(scope, node)
        for (const one of node.cases) declareLexical(one.consequent, block)
        for (const one of node.cases) this.#list([one.test ?? null, ...one.consequent], block, context)
        return
      }
      case 'CatchClause': {
        const block = open(scope, node)
        patternNames(node.param ?? null, (name) => block.declare(name, 'catch'))
        this.#pattern(node.param ?? null, block, context, DECLARE)
        return this.#walk(node.body, block, context)
      }
      case 'LabeledStatement':
        return this.#walk(node.body, scope, context)
      case 'ExportNamedDeclaration':
        if (node.declaration) this.#walk(node.declaration, scope, context)
        else if (!node.source)
          for (const { local } of node.specifiers) if (local.type === 'Identifier') this.#reference(local, scope, READ)
        return
      case 'ExportDefaultDeclaration':
        return this.#walk(node.declaration as AnyNode, scope, context)
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return
      default:
        return this.#children(node, scope, context)
    }
  }

  #called(callee: Node, scope: Scope, context: Context): void {
    if (isIdentifier(callee)) this.#reference(callee, scope, CALL)
    else this.#walk(callee as AnyNode, scope, context)
  }

  #declaration({ kind, declarations }: VariableDeclaration, scope: Scope, context: Context): void {
    for (const { id, init } of declarations) {
      const isWrite = kind === 'var' && init
      this.#pattern(id, scope, context, isWrite ? (context.inLoop ? ASSIGN : INITIALISE) : DECLARE)
      if (init) this.#walk(init, scope, context)
    }
  }

  #for(node: LoopWithHead, scope: Scope, context: Context): void {
    const inLoop: Context = { ...context, inLoop: true }
    const head = node.type === 'ForStatement' ? node.init : node.left
    if (head?.type === 'VariableDeclaration') declareLexical([head], scope)
    if (node.type === 'ForStatement') {
      if (node.init) this.#walk(node.init, scope, context)
      return this.#list([node.test ?? null, node.update ?? null, node.body], scope, inLoop)
    }
    if (node.left.type === 'VariableDeclaration') {
      for (const { id, init } of node.left.declarations) {
        this.#pattern(id, scope, inLoop, node.left.kind === 'var' ? ASSIGN : DECLARE)
        if (init) this.#walk(init, scope, context)
      }
    } else this.#pattern(node.left, scope, inLoop, ASSIGN)
    this.#walk(node.right, scope, context)
    this.#walk(node.body, scope, inLoop)
  }

  #member(node: MemberExpression, scope: Scope, context: Context): void {
    const { object, property } = node
    if (object.type === 'Identifier' && !node.computed && property.type === 'Identifier') {
      return this.#reference(object, scope, { form: 'plain', write: 'none', member: property.name })
    }
    this.#walk(object, scope, context)
    if (node.computed) this.#walk(property, scope, context)
    else if (property.type === 'PrivateIdentifier') this.#privateName(property.name, scope)
  }

  /** A pattern that declares (`use` says whether it also writes) or that is assigned. */
  #pattern(pattern: Pattern | null, scope: Scope, context: Context, use: ReferenceUse): void {
    switch (pattern?.type) {
      case undefined:
        return
      case 'Identifier':
        if (use !== DECLARE) this.#reference(pattern, scope, use)
        return
      case 'ObjectPattern':
        for (const part of pattern.properties) {
          if (part.type === 'RestElement') {
            this.#pattern(part.argument, scope, context, use)
            continue
          }
          if (part.computed) this.#walk(part.key, scope, context)
          this.#pattern(part.value, scope, context, part.shorthand && use === ASSIGN ? ASSIGN_SHORTHAND : use)
        }
        return
      case 'ArrayPattern':
        for (const element of pattern.elements) this.#pattern(element, scope, context, use)
        return
      case 'AssignmentPattern':
        this.#pattern(pattern.left, scope, context, use)
        return this.#walk(pattern.right, scope, context)
      case 'RestElement':
        return this.#pattern(pattern.argument, scope, context, use)
      default:
        return this.#walk(pattern as MemberExpression, scope, context)
    }
  }

  #reference(id: Identifier, scope: Scope, use: ReferenceUse): void {
    this.#listener.reference(id, scope, use)
  }

  #privateName(name: string, scope: Scope): void {
    if (!scope.resolve(`#${name}`)) this.#listener.outerPrivateName?.(name)
  }

  #dynamic(scope: Scope, isShadowed: boolean): void {
    for (let one: Scope | undefined = scope; one; one = one.parent) one.isDynamic = true
    if (!isShadowed) this.#listener.dynamicScope?.()
  }

  #children(node: AnyNode, scope: Scope, context: Context): void {
    for (const key in node) {
      const value = (node as unknown as Record<string, unknown>)[key]
      if (value === null || typeof value !== 'object') continue
      if (Array.isArray(value)) this.#list(value as (Node | null)[], scope, context)
      else if (typeof (value as Node).type === 'string') this.#walk(value as AnyNode, scope, context)
    }
  }
}

/** Which parts of a class to walk. */
export interface ClassParts {
  readonly superClass: boolean
  key(member: MethodDefinition | PropertyDefinition): boolean
  value(member: MethodDefinition | PropertyDefinition | StaticBlock): boolean
}

export type AnyFunction =
  | FunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression
  | AnonymousFunctionDeclaration

interface Context {
  /** `this` here is the one of the code around the root function. */
  readonly outerThis: boolean
  /** In a loop of the current function, so that a `var` may be initialised many times. */
  readonly inLoop: boolean
}

type LoopWithHead = Extract<AnyNode, { type: 'ForStatement' | 'ForInStatement' | 'ForOfStatement' }>

const READ: ReferenceUse = { form: 'plain', write: 'none', member: undefined }
const SHORTHAND: ReferenceUse = { ...READ, form: 'shorthand' }
const CALL: ReferenceUse = { ...READ, form: 'call' }
const DECLARE: ReferenceUse = { ...READ }
const INITIALISE: ReferenceUse = { ...READ, write: 'initial' }
const ASSIGN: ReferenceUse = { ...READ, write: 'assign' }
const ASSIGN_SHORTHAND: ReferenceUse = { ...ASSIGN, form: 'shorthand' }

const INSIDE: Context = { outerThis: false, inLoop: false }
const WHOLE_CLASS: ClassParts = { superClass: true, key: () => true, value: () => true }

function isIdentifier(node: Node, name?: string): node is Identifier {
  return node.type === 'Identifier' && (name === undefined || (node as Identifier).name === name)
}

function open(parent: Scope, node: Node, options = { isFunction: false, isStrict: parent.isStrict }): Scope {
  const scope = new Scope(parent, node, options)
  parent.inner.push(scope)
  return scope
}
