import type { AnyNode, Node } from 'acorn'
import { AT_TOP, bindingAt, bindingIsStable } from './binding-stability.ts'
import type { ModuleFacts } from './module-facts.ts'
import { CLASSES } from './pure-builtins.ts'
import { FUNCTIONS, type Purity, purityOf } from './purity.ts'

/** The text of the function that a module declares by that name at its top, and gives no other value anywhere. */
export function declaredFunction(module: ModuleFacts, name: string): string | undefined {
  const value = declaredValue(module, name)
  return value !== undefined && FUNCTIONS.has(value.type) ? module.source.slice(value.start, value.end) : undefined
}

/**
 * What makes the function that a module declares by that name pure, wherever the module is imported: its own purity and
 * that of each function of the module that it calls; nothing when it is not. The other names of the module that it reads
 * must be those of constants that are written there: primitives, regular expressions, lists, Maps and Sets of them, which
 * the caller looks at, since they may have been given methods later; another worker may find anything else to be something
 * else.
 */
export function purityInModule(module: ModuleFacts, name: string): readonly Purity[] | undefined {
  const looking = new Map<string, Purity>()
  return isPure(module, name, looking) ? [...looking.values()] : undefined
}

// One that is being looked at already counts as pure: a recursion is as pure as the rest of it.
function isPure(module: ModuleFacts, name: string, looking: Map<string, Purity>): boolean {
  if (looking.has(name)) return true
  const text = declaredFunction(module, name)
  const purity = text === undefined ? undefined : purityOf(text)
  if (purity === undefined) return false
  looking.set(name, purity)
  for (const intrinsic of purity.intrinsics) if (bindingAt(module, AT_TOP, intrinsic) !== undefined) return false
  for (const constant of purity.constants) if (!isData(module, declaredValue(module, constant))) return false
  for (const called of purity.calls) if (!isPure(module, called, looking)) return false
  return true
}

function declaredValue(module: ModuleFacts, name: string): Node | undefined {
  return bindingIsStable(module, AT_TOP, name) ? bindingAt(module, AT_TOP, name)?.value : undefined
}

function isData(module: ModuleFacts, value: Node | null | undefined): boolean {
  const node = value as AnyNode | null | undefined
  const areData = (parts: readonly (Node | null)[]): boolean =>
    parts.every((part) => part === null || isData(module, part))
  switch (node?.type) {
    case 'Literal':
      return true
    case 'TemplateLiteral':
      return node.expressions.length === 0
    case 'UnaryExpression':
      return isData(module, node.argument)
    case 'ArrayExpression':
      return areData(node.elements)
    case 'NewExpression': {
      const { callee } = node
      const isClass = callee.type === 'Identifier' && CLASSES.has(callee.name)
      return isClass && bindingAt(module, AT_TOP, callee.name) === undefined && areData(node.arguments)
    }
    default:
      return false
  }
}
