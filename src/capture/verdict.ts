import { bindingAt, bindingIsStable } from './binding-stability.ts'
import { walkOf } from './capture.ts'
import type { Encoded, FunctionNode, Graph, GraphNode, Ref } from './graph.ts'
import { intrinsicPathOf } from './known.ts'
import { offsetOf } from './module-facts.ts'
import { findValue, isFunction, isObject, ownValue, textOf } from './peek.ts'
import { type Purity, purityOf } from './purity.ts'
import { lookUp, moduleFactsOf } from './variables.ts'
import type { FunctionRecord, ImportedFunction, Walk } from './walk.ts'

/**
 * Whether a captured function has no state of its own: nothing in its graph can be changed, so that two functions with
 * the same graph cannot be told apart, wherever they run.
 */
export function isStateless(graph: Graph): boolean {
  return graph.nodes.every((node) => BY_REFERENCE.has(node.kind) || (node.kind === 'function' && isBare(node)))
}

/**
 * A check that capturing the function again would give the same graph, much cheaper than doing it; nothing where there
 * is none. It holds when no captured variable is ever assigned in its module's source, and each is a primitive,
 * something by reference, or a function of which the same is true. Reads and parses that source.
 */
export function recheckOf(graph: Graph): (() => boolean) | undefined {
  const walk = walkOf(graph)
  if (!walk || !isStateless(graph) || !walk.records.every((record) => hasStableVariables(walk, record)))
    return undefined
  const shapes = walk.records.map(({ fn }) => ({
    fn,
    keys: Reflect.ownKeys(fn).length,
    // Most functions are arrows and have none; one that gets one has a key more.
    prototypeKeys: Object.hasOwn(fn, 'prototype') ? prototypeKeysOf(fn) : undefined,
  }))
  return () => {
    for (const { fn, keys, prototypeKeys } of shapes) {
      if (Reflect.ownKeys(fn).length !== keys) return false
      if (prototypeKeys !== undefined && prototypeKeysOf(fn) !== prototypeKeys) return false
    }
    return true
  }
}

/**
 * Nothing unless running the function again, with plain data as arguments, cannot be noticed from outside of its worker.
 * `keepsState`: a run may change what an earlier run gave.
 */
export function purityIn(graph: Graph): { readonly keepsState: boolean } | undefined {
  const walk = walkOf(graph)
  if (walk === undefined || !isRef(graph.root)) return undefined
  const node = walk.nodeOf(graph.root)
  const imported = walk.imported.get(node)
  if (imported !== undefined && node.kind === 'import') return purityOfImport(imported, node.name)
  const root = walk.recordOf.get(node)
  const looking = new Map<FunctionRecord, Purity>()
  if (root === undefined || !isPureRecord(walk, root, looking)) return undefined
  const all = [...looking.values()]
  const called = new Set(all.flatMap(({ calls }) => [...calls]))
  if (all.some(({ assigned }) => [...assigned].some((name) => called.has(name)))) return undefined
  return { keepsState: all.some(({ keepsState }) => keepsState) }
}

const BY_REFERENCE: ReadonlySet<GraphNode['kind']> = new Set([
  'symbol',
  'intrinsic',
  'builtin',
  'commonjs',
  'require',
  'import',
  'importer',
  'meta',
])

function isBare({ props, lacks, prototype, proto, integrity }: FunctionNode): boolean {
  return (
    lacks === undefined &&
    props === undefined &&
    prototype === undefined &&
    proto === undefined &&
    integrity === undefined
  )
}

function hasStableVariables(walk: Walk, { fn, facts, seen, script, origin, variables }: FunctionRecord): boolean {
  if (variables.size === 0) return true
  // The text of a function that came from another process is not the module's.
  if (origin || !seen.location || !seen.scopes) return false
  const module = moduleFactsOf(fn, facts, seen, script)
  const offset = offsetOf(module, seen.location.lineNumber, seen.location.columnNumber)
  for (const [name, { value, scope, assigned, uninitialized }] of variables) {
    // Undefined may mean that the initialiser has yet to run: of a `var`, and on Node 20 of any variable.
    if (value === undefined) return false
    // Its own module may give an import another value, which is seen only where it is looked up.
    if (module.imports.has(name) && !(isRef(value) && BY_REFERENCE.has(walk.nodeOf(value).kind))) return false
    const description = lookUp(seen.scopes, name)?.view.description
    if (scope < 0 || assigned || uninitialized || description === undefined) return false
    if (/^(Script|Global|With)/.test(description) || !bindingIsStable(module, offset, name)) return false
  }
  return true
}

function prototypeKeysOf(fn: Function): number {
  const prototype = ownValue(fn, 'prototype')
  return isObject(prototype) ? Reflect.ownKeys(prototype).length : 0
}

function recordOf(walk: Walk | undefined, encoded: Encoded | undefined): FunctionRecord | undefined {
  return isRef(encoded) ? walk?.recordOf.get(walk.nodeOf(encoded)) : undefined
}

function isRef(encoded: Encoded | undefined): encoded is Ref {
  return Array.isArray(encoded)
}

// One that is being looked at already counts as pure: a recursion is as pure as the rest of it.
function isPureRecord(walk: Walk, record: FunctionRecord, looking: Map<FunctionRecord, Purity>): boolean {
  if (looking.has(record)) return true
  const purity = purityOf(record.facts.text)
  if (!purity) return false
  looking.set(record, purity)
  for (const name of purity.constants) {
    const variable = record.variables.get(name)
    if (!variable || !isData(walk, variable.value)) return false
  }
  for (const name of purity.calls) {
    const called = recordOf(walk, record.variables.get(name)?.value)
    if (!called || !isPureRecord(walk, called, looking)) return false
  }
  return isUnshadowed(purity, record) && [...purity.intrinsics].every((name) => !record.variables.has(name))
}

function isData(walk: Walk, value: Encoded): boolean {
  if (!isRef(value)) return true
  const node = walk.nodeOf(value)
  return node.kind === 'plain' || (node.kind === 'cell' && isData(walk, node.value))
}

// One that uses nothing of its module, which is another there. Its export is the same function where the source gives
// the name no other value.
function purityOfImport(imported: ImportedFunction, exported: string): Purity | undefined {
  const { fn, facts, seen, script } = imported
  const purity = purityOf(facts.text)
  if (!purity || purity.constants.size > 0 || purity.calls.size > 0 || !isUnshadowed(purity, imported)) return undefined
  const module = moduleFactsOf(fn, facts, seen, script)
  const [local] = [...module.exports].find(([, name]) => name === exported) ?? []
  if (local === undefined || !bindingIsStable(module, TOP, local)) return undefined
  const value = bindingAt(module, TOP, local)?.value
  return value !== undefined && module.source.slice(value.start, value.end) === textOf(fn) ? purity : undefined
}

// In front of every function.
const TOP = -1

function isUnshadowed({ intrinsics }: Purity, { seen }: ImportedFunction): boolean {
  for (const name of intrinsics) {
    if (lookUp(seen.scopes ?? [], name) !== undefined) return false
    const value = findValue(globalThis, name)
    if ((isObject(value) || isFunction(value)) && intrinsicPathOf(value) === undefined) return false
  }
  return true
}
