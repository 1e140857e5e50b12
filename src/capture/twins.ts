import { types } from 'node:util'
import { isOwnModule, reachesEntry } from './entry.ts'
import { importedEver, isReference, noteImported } from './imported-values.ts'
import { functionName, isFunction, ownValue, readVariable } from './peek.ts'
import { writtenPlace } from './places.ts'
import type { Walk } from './walk.ts'

/**
 * An instance with hidden state brings its class along as a copy, because only a compiled copy can restore the state.
 * Where the receiver imports the module of that class as well, it has the class twice: `instanceof` and `#x in value`
 * would say no to the instance, so it is refused. A function and what it captured agree among themselves; for data
 * counts everything that was ever imported here or there for the sake of a function.
 */
export function refuseTwins(walk: Walk): void {
  for (const [cls, step] of walk.hidden) {
    const of = walk.find(cls)
    if (!of || walk.nodeOf(of).kind !== 'class') continue
    const url = writtenPlace(walk, cls)?.script.url
    // A Process subclass brings its base class along; manycore's own functions do not look for instances of it.
    if (url === undefined || !/^file:|^\//.test(url) || isOwnModule(url) || reachesEntry(url)) continue
    const imported = [...importedBy(walk), ...(walk.withinFunction(step) ? [] : importedEver())]
    if (!imported.some((value) => isFrom(walk, value, cls, url))) continue
    const name = functionName(cls)
    throw walk.refusal(
      `is an instance of ${name}, which has state that only a copy of the class can restore, while functions that were ` +
        `sent import ${url} themselves: it would be of another class ${name} there`,
      'Send its data instead, or register the class with registerType.',
      step,
    )
  }
}

/** Notes what the receiver of a graph is going to import. */
export function noteReferences(walk: Walk): void {
  if (walk.nodes.some(isReference)) for (const [value, node] of walk.met()) noteImported(node, value)
}

function* importedBy(walk: Walk): Iterable<object> {
  for (const [value, node] of walk.met()) if (isReference(node) && typeof value !== 'symbol') yield value
}

function isFrom(walk: Walk, value: object, cls: Function, url: string): boolean {
  if (types.isProxy(value)) return false
  if (isFunction(value)) return value === cls || writtenPlace(walk, value)?.script.url === url
  const read = types.isModuleNamespaceObject(value) ? readVariable : ownValue
  return Object.getOwnPropertyNames(value).some((name) => read(value, name) === cls)
}
