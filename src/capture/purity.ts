import type { AnyNode, CallExpression, Identifier, MemberExpression, Node, Pattern } from 'acorn'
import { LruCache } from './lru.ts'
import { parseFunction } from './parse.ts'
import { type Binding, Scope } from './scope.ts'
import { type AnyFunction, ScopeWalker } from './scope-walker.ts'

/**
 * When running a function again cannot be noticed from outside, or undefined when that cannot be told from its text.
 * The answer holds for arguments that are plain data: no accessors, proxies or conversion methods of their own.
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
    return undefined
  }
}

class PurityCheck {
  readonly #purity = { constants: new Set<string>(), calls: new Set<string>(), intrinsics: new Set<string>() }
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
        return this.#isLocalTarget(node.left) && this.#isPure(node.right)
      case 'UpdateExpression':
        return this.#isLocalTarget(node.argument as Pattern)
      case 'UnaryExpression':
        return node.operator !== 'delete' && this.#isPure(node.argument)
      case 'BinaryExpression':
        // `instanceof` calls a method of its right side.
        return node.operator !== 'instanceof' && this.#isPure(node.left as AnyNode) && this.#isPure(node.right)
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
          (left.type === 'VariableDeclaration' ? this.#isPure(left) : this.#isLocalTarget(left)) &&
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
    if (!binding && !CONSTANT_GLOBALS.has(id.name)) this.#purity.constants.add(id.name)
    return true
  }

  #isFree(node: Node): node is Identifier {
    return node.type === 'Identifier' && this.#meanings.has(node) && this.#meanings.get(node) === undefined
  }

  #isPureMember(node: MemberExpression): boolean {
    const { object, property } = node
    if (property.type === 'PrivateIdentifier' || object.type === 'Super') return false
    if (
      this.#isFree(object) &&
      !node.computed &&
      property.type === 'Identifier' &&
      object.name === 'Math' &&
      MATH_CONSTANTS.has(property.name)
    ) {
      this.#purity.intrinsics.add('Math')
      return true
    }
    return this.#isPure(object) && (!node.computed || this.#isPure(property))
  }

  #isPureCall({ callee, arguments: args }: CallExpression): boolean {
    return callee.type !== 'Super' && this.#isPureCallee(callee) && args.every((arg) => this.#isPure(arg))
  }

  #isPureCallee(callee: AnyNode): boolean {
    if (callee.type === 'MemberExpression') {
      const { object, property } = callee
      if (callee.computed || property.type !== 'Identifier' || !this.#isFree(object)) return false
      if (!PURE_METHODS.get(object.name)?.has(property.name)) return false
      this.#purity.intrinsics.add(object.name)
      return true
    }
    if (callee.type !== 'Identifier') return false
    if (this.#isFree(callee)) {
      ;(PURE_FUNCTIONS.has(callee.name) ? this.#purity.intrinsics : this.#purity.calls).add(callee.name)
      return callee.name !== 'eval'
    }
    const binding = this.#meanings.get(callee)
    if (!binding || this.#reassigned.has(binding)) return false
    return binding.kind === 'name' || (binding.value !== undefined && FUNCTIONS.has(binding.value.type))
  }

  /** A local variable, a pattern of such, or an element of an array that was made here and is reached by its own name only. */
  #isLocalTarget(target: Pattern): boolean {
    switch (target.type) {
      case 'Identifier':
        return target.name !== 'arguments' && this.#meanings.get(target) !== undefined
      case 'MemberExpression': {
        const binding = this.#meanings.get(target.object)
        const isOwnArray = binding?.value?.type === 'ArrayExpression' && !this.#reassigned.has(binding)
        return (
          isOwnArray && target.computed && target.property.type !== 'PrivateIdentifier' && this.#isPure(target.property)
        )
      }
      case 'ArrayPattern':
        return target.elements.every((element) => element === null || this.#isLocalTarget(element))
      case 'ObjectPattern':
        return target.properties.every((part) =>
          part.type === 'RestElement'
            ? this.#isLocalTarget(part.argument)
            : (!part.computed || this.#isPure(part.key)) && this.#isLocalTarget(part.value),
        )
      case 'AssignmentPattern':
        return this.#isLocalTarget(target.left) && this.#isPure(target.right)
      case 'RestElement':
        return this.#isLocalTarget(target.argument)
      default:
        return false
    }
  }
}

const FUNCTIONS: ReadonlySet<string> = new Set(['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration'])

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

/** Globals that are primitives and cannot be written. */
const CONSTANT_GLOBALS: ReadonlySet<string> = new Set(['undefined', 'NaN', 'Infinity'])

const MATH_CONSTANTS: ReadonlySet<string> = new Set(['E', 'LN10', 'LN2', 'LOG10E', 'LOG2E', 'PI', 'SQRT1_2', 'SQRT2'])

const PURE_FUNCTIONS: ReadonlySet<string> = new Set([
  'Boolean',
  'Number',
  'String',
  'isFinite',
  'isNaN',
  'parseFloat',
  'parseInt',
])

/** `Math.random` too: nobody saw the numbers of a run whose result was lost. */
const PURE_METHODS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['Array', new Set(['isArray'])],
  ['Number', new Set(['isFinite', 'isInteger', 'isNaN', 'isSafeInteger'])],
  [
    'Math',
    new Set([
      'abs',
      'acos',
      'acosh',
      'asin',
      'asinh',
      'atan',
      'atan2',
      'atanh',
      'cbrt',
      'ceil',
      'clz32',
      'cos',
      'cosh',
      'exp',
      'expm1',
      'f16round',
      'floor',
      'fround',
      'hypot',
      'imul',
      'log',
      'log10',
      'log1p',
      'log2',
      'max',
      'min',
      'pow',
      'random',
      'round',
      'sign',
      'sin',
      'sinh',
      'sqrt',
      'tan',
      'tanh',
      'trunc',
    ]),
  ],
])
