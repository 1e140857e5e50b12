import type { AnyNode, Class, Literal, ObjectExpression } from 'acorn'
import { isIndex } from '../base/plain-array.ts'
import { descend, type ModuleFacts, moduleTree } from './module-facts.ts'
import { constructorOf, isFunction, textOf } from './peek.ts'

/**
 * Whether a method with `super`, whose text begins at an offset of its module, can belong to the object that it was found
 * in. V8 shows to nobody which object it belongs to: that in whose literal or class it is written, wherever it was put
 * since. A literal is taken to have made an object that begins with its keys, in their order.
 */
export function mayBeHome(facts: ModuleFacts, offset: number, home: object): boolean {
  const tree = moduleTree(facts)
  if (tree === undefined) return true
  let written: Place | undefined
  const visit = (node: AnyNode): void => {
    written = placeIn(node, offset) ?? written
    descend(node, offset, visit)
  }
  visit(tree)
  if (written === undefined) return true
  return 'literal' in written ? isMadeBy(written.literal, home) : isPartOf(written, home, facts.source)
}

type Place = { readonly literal: ObjectExpression } | { readonly cls: Class; readonly isStatic: boolean }

// The text of a method begins behind its `static` and in front of its `(`.
function placeIn(node: AnyNode, offset: number): Place | undefined {
  const isHere = (part: { start: number }, value: { start: number }): boolean =>
    part.start <= offset && offset <= value.start
  if (node.type === 'ObjectExpression') {
    for (const part of node.properties)
      if (part.type === 'Property' && (part.method || part.kind !== 'init') && isHere(part, part.value))
        return { literal: node }
  } else if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') {
    for (const part of node.body.body)
      if (part.type === 'MethodDefinition' && isHere(part, part.value))
        return { cls: node as Class, isStatic: part.static }
  }
  return undefined
}

function isPartOf({ cls, isStatic }: { cls: Class; isStatic: boolean }, home: object, source: string): boolean {
  const owner = isStatic ? home : constructorOf(home)
  return isFunction(owner) && textOf(owner) === source.slice(cls.start, cls.end)
}

function isMadeBy({ properties }: ObjectExpression, home: object): boolean {
  const names = new Set<string>()
  for (const part of properties) {
    // From here on its keys cannot be told from the text.
    if (part.type !== 'Property' || part.computed) break
    const { key, kind, method, shorthand } = part
    const name = key.type === 'Identifier' ? key.name : String((key as Literal).value)
    if (name !== '__proto__' || kind !== 'init' || method || shorthand) names.add(name)
    else if (Object.getPrototypeOf(home) === Object.prototype) return false
  }
  const keys = Object.getOwnPropertyNames(home).filter((key) => !isIndex(key))
  return [...names].filter((name) => !isIndex(name)).every((name, i) => keys[i] === name)
}
