import { isBlind } from './blind.ts'
import { analyzeFunction } from './free-variables.ts'
import { readFrame } from './frames.ts'
import { debuggerAttached, type ScopeView } from './inspector.ts'
import { literalUse, type ModuleFacts, offsetOf, type ThisOwner, thisOwner } from './module-facts.ts'
import { constructorOf, isFunction, ownValue, prototypesOf, textOf } from './peek.ts'
import { writtenPlace } from './places.ts'
import { lookUp, moduleFactsOf } from './variables.ts'
import type { FunctionRecord, Walk } from './walk.ts'

/**
 * The `this` that an arrow function closes over. V8 does not show it, but it is certain where the module has none, where
 * the arrow was made by the constructor of the object that holds it, and where the frame that made it is still running.
 */
export function readArrowThis(walk: Walk, record: FunctionRecord): unknown {
  const { fn, facts, seen, script, place } = record
  if (isBlind()) walk.refuse('uses `this`, which cannot be seen here', ADVICE)
  const module = moduleFactsOf(fn, facts, seen, script)
  if (module.error || !seen.location) walk.refuse('uses `this`, in a source that could not be parsed', ADVICE)
  const offset = offsetOf(module, seen.location.lineNumber, seen.location.columnNumber)
  const owner = thisOwner(module, offset)
  if (owner.kind === 'top')
    return script.isModule
      ? undefined
      : walk.refuse('uses the `this` of a CommonJS module', 'Use `module.exports` instead.')
  // obj.handler = () => this.x, reached through obj.
  if ((owner.kind === 'field' || owner.kind === 'constructor') && isMaker(walk, record, module, owner.start)) {
    return place?.owner
  }
  const found = debuggerAttached() ? undefined : readFromFrame(record, module, offset, owner)
  if (!found) {
    const why = debuggerAttached()
      ? ', which cannot be looked up while a debugger is attached'
      : ' and was made earlier than this call, and V8 does not show its `this`'
    walk.refuse(`uses \`this\`${why}`, ADVICE)
  }
  return found.self
}

/** Whether the object that holds the arrow is an instance of the class in which the arrow stands. */
function isMaker(walk: Walk, { fn, script, place }: FunctionRecord, module: ModuleFacts, offset: number): boolean {
  const owner = place?.owner
  if (!owner || isFunction(owner)) return false
  const isHeld =
    Reflect.ownKeys(owner).some((key) => ownValue(owner, key) === fn) ||
    walk.look(owner).privates?.some(({ value }) => value === fn)
  if (!isHeld) return false
  for (const prototype of prototypesOf(owner)) {
    const cls = constructorOf(prototype)
    const written = cls && writtenPlace(walk, cls)
    if (!cls || written?.script.scriptId !== script.scriptId) continue
    const { lineNumber, columnNumber } = written.location
    const start = offsetOf(module, lineNumber, columnNumber) - analyzeFunction(textOf(cls)).anchor
    if (start <= offset && offset < start + textOf(cls).length) return true
  }
  return false
}

const ADVICE =
  'Write `const self = this` outside and use `self`, pass the object as an argument, or call it through its object: `(x) => object.method(x)`.'

// Certain only for the frame in which this very arrow was made: it stands among the arguments of the call that is running
// there now, or the frame's constant holds it.
function readFromFrame(
  record: FunctionRecord,
  module: ModuleFacts,
  offset: number,
  owner: Exclude<ThisOwner, { kind: 'top' }>,
): { self: unknown } | undefined {
  const scopes = record.seen.scopes ?? []
  const scriptId = record.seen.location?.scriptId
  const use = literalUse(module, offset)
  let isArgument = false
  const view = readFrame(
    (frames) => {
      for (const frame of frames) {
        if (frame.scriptId !== scriptId || !frame.start || !frame.end) continue
        const start = offsetOf(module, frame.start.lineNumber, frame.start.columnNumber)
        const end = offsetOf(module, frame.end.lineNumber, frame.end.columnNumber)
        if (!(start <= offset && offset < end && start >= owner.start && end <= owner.end)) continue
        const now = offsetOf(module, frame.at.lineNumber, frame.at.columnNumber)
        isArgument = use.calls.some(
          (call) =>
            call.start >= start &&
            contains(call, now) &&
            call.arguments.some((one) => contains(one, offset)) &&
            !call.arguments.some((one) => contains(one, now)),
        )
        return frame.index
      }
      return undefined
    },
    use.variable === undefined ? ownNames(scopes) : [...ownNames(scopes), use.variable],
  )
  if (!view) return undefined
  const isCertain = isArgument || (use.variable !== undefined && view.variables.get(use.variable) === record.fn)
  return isCertain && isSameActivation(scopes, view.variables) ? view : undefined
}

function contains({ start, end }: { readonly start: number; readonly end: number }, offset: number): boolean {
  return start <= offset && offset < end
}

/** Variables of the functions around the arrow. */
function ownNames(scopes: readonly ScopeView[]): string[] {
  const names = new Set<string>()
  for (const { description, object } of scopes) {
    if (/^(?:Module|Global|Script)/.test(description)) break
    for (const name of Object.getOwnPropertyNames(object))
      if (/^[\w$]+$/.test(name) && name !== 'arguments' && name !== 'this') names.add(name)
  }
  return [...names]
}

/** Every variable that the arrow sees has the same value in that frame. */
function isSameActivation(scopes: readonly ScopeView[], variables: ReadonlyMap<string, unknown>): boolean {
  return ownNames(scopes).every((name) => {
    const found = variables.has(name) ? lookUp(scopes, name) : undefined
    return !found || found.uninitialized || Object.is(found.value, variables.get(name))
  })
}
