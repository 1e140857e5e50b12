import type { AnyNode, CallExpression, Identifier, MemberExpression, Node, Pattern } from 'acorn'
import { LruCache } from './lru.ts'
import { parseFunction } from './parse.ts'
import {
  CALLBACK_OF,
  CHANGING_METHODS,
  CLASSES,
  CONSTANT_GLOBALS,
  MATH_CONSTANTS,
  METHODS,
  OWN_CALLBACK_OF,
  PURE_FUNCTIONS,
  PURE_METHODS,
} from './pure-builtins.ts'
import { type Binding, Scope } from './scope.ts'
import { type AnyFunction, ScopeWalker } from './scope-walker.ts'

/**
 * When running a function again cannot be noticed from outside of its worker, or undefined when that cannot be told from
 * its text. What it leaves behind within the worker, such as a count, does not matter: that ends with the worker, and
 * only what a dead worker held is run again. The answer holds for arguments that are plain data, of which a method is
 * that of JavaScript: no functions, accessors, proxies, memory that is shared.
 */
export function purityOf(text: string): Purity | undefined {
  const known = cache.get(text)
  if (known !== undefined) return known ?? undefined
  const purity = readPurity(text)
  cache.set(text, purity ?? null, text.length + 1)
  return purity
}

/** What the caller must still check, with the captured values at hand, before a function counts as pure. */
export interface Purity {
  /** Free variables that are read: each must hold a primitive or plain data (arrays and objects without accessors). */
  readonly constants: ReadonlySet<string>
  /** Free variables that are called: each must hold a function that is pure itself; one that is being checked counts as pure. */
  readonly calls: ReadonlySet<string>
  /** What is captured or came as an argument may be another after each run, and what it gives may be part of that. */
  readonly keepsState: boolean
  /** Free variables that are assigned: also one of `constants`, and none that anybody calls. */
  readonly assigned: ReadonlySet<string>
  /** Global names that must mean the intrinsic object of that name: no scope of the function declares them. */
  readonly intrinsics: ReadonlySet<string>
}

/** Bound: 1,000 functions of 2 M characters together. */
const cache = new LruCache<string, Purity | null>(1_000, 2_000_000)

function readPurity(text: string): Purity | undefined {
  try {
    const { node, form } = parseFunction(text)
    const canBe = form === 'arrow' || form === 'function' || form === 'method'
    return canBe ? new PurityCheck().of(node as AnyFunction) : undefined
  } catch {
    // What the parser does not know.
    return undefined
  }
}

class PurityCheck {
  readonly #purity = {
    constants: new Set<string>(),
    calls: new Set<string>(),
    intrinsics: new Set<string>(),
    assigned: new Set<string>(),
    keepsState: false,
  }
  /** What each used name means, undefined for free ones; names that are declared, keys and labels are not in it. */
  readonly #meanings = new Map<Node, Binding | undefined>()
  readonly #reassigned = new Set<Binding>()
  #isDynamic = false

  of(root: AnyFunction): Purity | undefined {
    new ScopeWalker({
      reference: (id, scope, use) => {
        const binding = scope.resolve(id.name)
        this.#meanings.set(id, binding)
        if (binding && use.write !== 'none') this.#reassigned.add(binding)
      },
      dynamicScope: () => (this.#isDynamic = true),
    }).function(root, new Scope(undefined, root, { isFunction: true, isStrict: false }), false)
    return this.#isPure(root) && !this.#isDynamic ? this.#purity : undefined
  }

  #isPure(node: AnyNode): boolean {
    switch (node.type) {
      case 'Identifier':
        return this.#isPureName(node)
      case 'MemberExpression':
        return this.#isPureMember(node)
      case 'CallExpression':
        return this.#isPureCall(node)
      case 'AssignmentExpression':
        return this.#isTarget(node.left) && this.#isPure(node.right)
      case 'UpdateExpression':
        return this.#isTarget(node.argument as Pattern)
      case 'UnaryExpression':
        return node.operator !== 'delete' && this.#isPure(node.argument)
      case 'BinaryExpression':
        if (!this.#isPure(node.left as AnyNode)) return false
        // `instanceof` calls a method of its right side.
        return node.operator === 'instanceof' ? this.#isClass(node.right) : this.#isPure(node.right)
      case 'NewExpression':
        return this.#isClass(node.callee) && node.arguments.every((arg) => this.#isPure(arg))
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        // Functions inside are checked whether they are called or not: a conversion may call them unseen.
        return !node.async && !node.generator && this.#partsArePure(node)
      case 'VariableDeclaration':
        return !node.kind.endsWith('using') && this.#partsArePure(node)
      case 'ForInStatement':
      case 'ForOfStatement': {
        if (node.type === 'ForOfStatement' && node.await) return false
        const { left } = node
        return (
          (left.type === 'VariableDeclaration' ? this.#isPure(left) : this.#isTarget(left)) &&
          this.#isPure(node.right) &&
          this.#isPure(node.body)
        )
      }
      default:
        return HARMLESS.has(node.type) && this.#partsArePure(node)
    }
  }

  #partsArePure(node: AnyNode): boolean {
    for (const key in node) {
      const value = (node as unknown as Record<string, unknown>)[key]
      if (value === null || typeof value !== 'object') continue
      const parts = Array.isArray(value) ? (value as (AnyNode | null)[]) : 'type' in value ? [value as AnyNode] : []
      for (const part of parts) if (part && !this.#isPure(part)) return false
    }
    return true
  }

  #isPureName(id: Identifier): boolean {
    if (!this.#meanings.has(id)) return true
    const binding = this.#meanings.get(id)
    if (id.name === 'arguments') return false
    if (!binding) (CONSTANT_GLOBALS.has(id.name) ? this.#purity.intrinsics : this.#purity.constants).add(id.name)
    return true
  }

  #isFree(node: Node): node is Identifier {
    return node.type === 'Identifier' && this.#meanings.has(node) && this.#meanings.get(node) === undefined
  }

  #isPureMember(node: MemberExpression): boolean {
    const { object, property } = node
    if (property.type === 'PrivateIdentifier' || object.type === 'Super') return false
    if (!node.computed && property.type === 'Identifier') {
      // They lead to functions that make code of text.
      if (property.name === 'constructor' || property.name === '__proto__') return false
      if (this.#isFree(object) && object.name === 'Math' && MATH_CONSTANTS.has(property.name)) {
        this.#purity.intrinsics.add('Math')
        return true
      }
    }
    return this.#isPure(object) && (!node.computed || this.#isPure(property))
  }

  #isPureCall({ callee, arguments: args }: CallExpression): boolean {
    if (callee.type === 'MemberExpression') return this.#isMethodCall(callee, args)
    return callee.type !== 'Super' && this.#isPureCallee(callee) && args.every((arg) => this.#isPure(arg))
  }

  #isMethodCall({ computed, object, property }: MemberExpression, args: CallExpression['arguments']): boolean {
    if (computed || property.type !== 'Identifier') return false
    const own = this.#isFree(object) ? PURE_METHODS.get(object.name) : undefined
    if (own !== undefined) {
      if (!own.has(property.name)) return false
      this.#purity.intrinsics.add((object as Identifier).name)
      if (property.name === 'assign') this.#purity.keepsState = true
    } else {
      const isChange = CHANGING_METHODS.has(property.name)
      if (!(isChange || METHODS.has(property.name)) || object.type === 'Super' || !this.#isPure(object)) return false
      // What nobody else has may be changed.
      if (isChange && !this.#isOwn(object)) this.#purity.keepsState = true
    }
    const at = own === undefined ? CALLBACK_OF.get(property.name) : OWN_CALLBACK_OF.get(property.name)
    return args.every((arg, place) =>
      at === undefined ? this.#isPure(arg) : arg.type !== 'SpreadElement' && this.#isArgument(arg, place === at),
    )
  }

  #isArgument(arg: AnyNode, isCalled: boolean): boolean {
    if (!isCalled || NO_FUNCTIONS.has(arg.type) || FUNCTIONS.has(arg.type)) return this.#isPure(arg)
    if (this.#isFree(arg) && arg.name === 'undefined') return this.#isPure(arg)
    return arg.type === 'Identifier' && this.#isPureCallee(arg)
  }

  #isPureCallee(callee: AnyNode): boolean {
    if (callee.type !== 'Identifier') return false
    if (this.#isFree(callee)) {
      ;(PURE_FUNCTIONS.has(callee.name) ? this.#purity.intrinsics : this.#purity.calls).add(callee.name)
      return callee.name !== 'eval'
    }
    const binding = this.#meanings.get(callee)
    if (!binding || this.#reassigned.has(binding)) return false
    return binding.kind === 'name' || (binding.value !== undefined && FUNCTIONS.has(binding.value.type))
  }

  #isClass(node: AnyNode): boolean {
    if (!this.#isFree(node) || !CLASSES.has(node.name)) return false
    this.#purity.intrinsics.add(node.name)
    return true
  }

  /** A variable, a pattern of such, or a property of what can be reached from here. */
  #isTarget(target: Pattern): boolean {
    switch (target.type) {
      case 'Identifier': {
        if (target.name === 'arguments') return false
        if (this.#meanings.get(target) !== undefined) return true
        this.#purity.constants.add(target.name)
        this.#purity.assigned.add(target.name)
        this.#purity.keepsState = true
        return true
      }
      case 'MemberExpression':
        if (!this.#isOwn(target.object) || !target.computed) this.#purity.keepsState = true
        return target.object.type !== 'Super' && this.#isPureMember(target)
      case 'ArrayPattern':
        return target.elements.every((element) => element === null || this.#isTarget(element))
      case 'ObjectPattern':
        return target.properties.every((part) =>
          part.type === 'RestElement'
            ? this.#isTarget(part.argument)
            : (!part.computed || this.#isPure(part.key)) && this.#isTarget(part.value),
        )
      case 'AssignmentPattern':
        return this.#isTarget(target.left) && this.#isPure(target.right)
      case 'RestElement':
        return this.#isTarget(target.argument)
      default:
        return false
    }
  }

  /** An array, object, Map or Set that was made here and is reached by its own name only. */
  #isOwn(node: AnyNode): boolean {
    const binding = node.type === 'Identifier' ? this.#meanings.get(node) : undefined
    return binding?.value !== undefined && !this.#reassigned.has(binding) && MAKING.has(binding.value.type)
  }
}

/** Types of nodes. */
export const FUNCTIONS: ReadonlySet<string> = new Set([
  'ArrowFunctionExpression',
  'FunctionExpression',
  'FunctionDeclaration',
])

const MAKING: ReadonlySet<string> = new Set(['ArrayExpression', 'ObjectExpression', 'NewExpression'])

/** What can be told not to be a function. */
const NO_FUNCTIONS: ReadonlySet<string> = new Set([
  'Literal',
  'TemplateLiteral',
  'UnaryExpression',
  'BinaryExpression',
  'UpdateExpression',
  'ArrayExpression',
  'ObjectExpression',
  'NewExpression',
])

/** Node types that have no effect of their own, so that their parts decide. Every other type is refused. */
const HARMLESS: ReadonlySet<string> = new Set([
  'ArrayExpression',
  'ArrayPattern',
  'AssignmentPattern',
  'BlockStatement',
  'BreakStatement',
  'CatchClause',
  'ChainExpression',
  'ConditionalExpression',
  'ContinueStatement',
  'DoWhileStatement',
  'EmptyStatement',
  'ExpressionStatement',
  'ForStatement',
  'IfStatement',
  'LabeledStatement',
  'Literal',
  'LogicalExpression',
  'ObjectExpression',
  'ObjectPattern',
  'ParenthesizedExpression',
  'Property',
  'RestElement',
  'ReturnStatement',
  'SequenceExpression',
  'SpreadElement',
  'SwitchCase',
  'SwitchStatement',
  'TemplateElement',
  'TemplateLiteral',
  'ThrowStatement',
  'TryStatement',
  'VariableDeclarator',
  'WhileStatement',
])
