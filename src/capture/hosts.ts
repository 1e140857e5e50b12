import { isBlind } from './blind.ts'
import { builtinPathOf, intrinsicPathOf } from './known.ts'
import { constructorOf, functionName, isNative, prototypesOf } from './peek.ts'
import { writtenPlace } from './places.ts'
import type { Walk } from './walk.ts'

/**
 * What an object is when its class lives inside Node or V8 (sockets, streams, handles, `Intl` objects): it keeps a part
 * of itself where nobody can read it.
 */
export function hostClass(walk: Walk, object: object): string | undefined {
  let own: string | undefined
  for (const prototype of prototypesOf(object)) {
    const cls = constructorOf(prototype)
    if (cls === undefined || cls === Object || cls === Function || OPEN.has(functionName(cls))) continue
    own ??= functionName(cls)
    if (isNative(cls)) {
      if (intrinsicPathOf(cls)?.[0] === 'Object') continue
      return `${article(own)} ${own} (a native ${functionName(cls)})`
    }
    if (isBlind() && (builtinPathOf(cls) ?? intrinsicPathOf(cls)) !== undefined)
      return `${article(own)} ${own} (of Node)`
    const url = writtenPlace(walk, cls)?.script.url
    if (url?.startsWith('node:')) return `${article(own)} ${own} (${url})`
  }
  return undefined
}

function article(name: string | undefined): string {
  return /^[AEIOU]/.test(name ?? '') ? 'an' : 'a'
}

/** Classes of Node and V8 that keep everything in properties, or nothing at all. */
const OPEN: ReadonlySet<string> = new Set([
  'EventEmitter',
  'Iterator',
  'AsyncIterator',
  // What is really one of these is known by its kind. What only inherits from them, as errors did before there were
  // classes, is an object like any other.
  'Array',
  'Boolean',
  'Date',
  'Error',
  'EvalError',
  'Map',
  'Number',
  'Promise',
  'RangeError',
  'ReferenceError',
  'RegExp',
  'Set',
  'String',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
  'WeakMap',
  'WeakSet',
])
