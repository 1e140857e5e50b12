import type { Attachments } from './graph.ts'
import { constructorOf, functionName, isNative } from './peek.ts'
import { encodePrivateFields, preferByValue } from './private-fields.ts'
import { encodePrototype } from './references.ts'
import type { Walk } from './walk.ts'

/** Notes the prototype of an instance of a subclass, and its private fields. */
export function encodeSubclass(walk: Walk, object: object, node: Attachments, standard: object): void {
  const prototype = Object.getPrototypeOf(object) as object | null
  if (prototype === standard || isSameOfOtherRealm(prototype, standard)) return
  preferByValue(walk, object)
  node.proto = encodePrototype(walk, prototype)
  encodePrivateFields(walk, object, node)
}

// Test runners run tests in a vm context of its own, with its own `Map` and so on.
function isSameOfOtherRealm(prototype: object | null, standard: object): boolean {
  const cls = prototype && constructorOf(prototype)
  const expected = constructorOf(standard)
  return !!cls && !!expected && isNative(cls) && functionName(cls) === functionName(expected)
}
