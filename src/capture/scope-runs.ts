import type { AnyNode, Node, Pattern, VariableDeclarator } from 'acorn'
import { bindingAt } from './binding-stability.ts'
import { type ModuleFacts, moduleTree } from './module-facts.ts'
import { patternNames } from './scope.ts'

/** What a source tells about how often functions are made where variables live, and which are taken from one object. */

/**
 * Whether the function written at an offset is made at most once for each run of the code that declares the variable:
 * then two functions of this code have two variables.
 */
export function isMadeOncePerRun(facts: ModuleFacts, offset: number, name: string): boolean {
  const tree = moduleTree(facts)
  const scope = tree && bindingAt(facts, offset, name)?.scope
  if (!scope) return false
  const inside = pathTo(tree as AnyNode, offset).filter(({ start, end }) => start >= scope.start && end <= scope.end)
  const made = inside.findLast(({ type }) => FUNCTION.test(type))
  const around = inside.filter((node) => node !== made && !(node.start === scope.start && node.end === scope.end))
  return made !== undefined && !around.some(({ type }) => REPEATED.test(type))
}

/** Whether both names are bound by destructuring what one call returned: `const { a, b } = make()`. */
export function areBoundTogether(facts: ModuleFacts, offset: number, names: readonly [string, string]): boolean {
  const tree = moduleTree(facts)
  if (!tree) return false
  const bindings = names.map((name) => bindingAt(facts, offset, name))
  const scope = bindings[0]?.scope
  if (!scope || bindings[1]?.scope !== scope) return false
  return patternsIn(tree as AnyNode, scope.start, scope.end).some((pattern) => {
    const bound = new Set<string>()
    patternNames(pattern, (name) => bound.add(name))
    return names.every((name) => bound.has(name))
  })
}

const FUNCTION = /^(?:ArrowFunctionExpression|FunctionExpression|FunctionDeclaration)$/
/** What is in these may run more than once: loops, other functions, initialisers of fields. */
const REPEATED = /^(?:For|While|DoWhile|ArrowFunction|Function|PropertyDefinition)/

/** Nodes that cover an offset, outermost first. */
function pathTo(tree: AnyNode, offset: number): Node[] {
  const path: Node[] = []
  for (let at: Node | undefined = tree; at; at = partsOf(at).find(({ start, end }) => start <= offset && offset < end))
    path.push(at)
  return path
}

function patternsIn(tree: AnyNode, start: number, end: number): Pattern[] {
  const found: Pattern[] = []
  const pending: Node[] = [tree]
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (node.end <= start || node.start >= end) continue
    if (node.type === 'VariableDeclarator') {
      const { id, init } = node as VariableDeclarator
      const made = init?.type === 'AwaitExpression' ? init.argument : init
      if (id.type !== 'Identifier' && made?.type === 'CallExpression') found.push(id)
    }
    pending.push(...partsOf(node))
  }
  return found
}

function partsOf(node: Node): Node[] {
  return Object.values(node)
    .flatMap((value: unknown) => (Array.isArray(value) ? value : [value]))
    .filter(isNode)
}

function isNode(value: unknown): value is Node {
  return value !== null && typeof value === 'object' && typeof (value as Node).type === 'string'
}
