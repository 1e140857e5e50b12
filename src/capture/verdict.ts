import { bindingIsStable } from './binding-stability.ts'
import { walkOf } from './capture.ts'
import { readFacts } from './functions.ts'
import type { Encoded, FunctionNode, Graph, GraphNode, ImportNode, Ref } from './graph.ts'
import { intrinsicPathOf } from './known.ts'
import { offsetOf } from './module-facts.ts'
import { declaredFunction, purityInModule } from './module-purity.ts'
import { isOfFile, stem } from './module-urls.ts'
import type { Look } from './inspector.ts'
import { findValue, hasIdentity, isFunction, isObject, ownValue, textOf } from './peek.ts'
import { writtenPlace } from './places.ts'
import { type Purity, purityOf } from './purity.ts'
import { isUntouched } from './untouched.ts'
import { lookUp, moduleFactsOf } from './variables.ts'
import { type FunctionRecord, type ImportedFunction, NOTHING_SEEN, type Walk } from './walk.ts'

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
  const looking: Looking = { records: new Map(), exports: new Map() }
  if (!isPureFunction(walk, graph.root, looking)) return undefined
  const all = [...looking.records.values(), ...[...looking.exports.values()].flat()]
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

/** Whether the graph is that of an export, whose module has to be read and parsed to tell of its purity. */
export function isExport({ root, nodes }: Graph): boolean {
  return isRef(root) && nodes[root[0]]?.kind === 'import'
}

/** What was found to be pure, or is being looked at: by value, and exports of modules with all that they call there. */
interface Looking {
  readonly records: Map<FunctionRecord, Purity>
  readonly exports: Map<GraphNode, readonly Purity[]>
}

function isPureFunction(walk: Walk, encoded: Encoded | undefined, looking: Looking): boolean {
  const record = recordOf(walk, encoded)
  if (record !== undefined) return isPureRecord(walk, record, looking)
  const node = isRef(encoded) ? walk.nodeOf(encoded) : undefined
  return node?.kind === 'import' && isPureExport(walk, node, looking)
}

// One that is being looked at already counts as pure: a recursion is as pure as the rest of it.
function isPureRecord(walk: Walk, record: FunctionRecord, looking: Looking): boolean {
  if (looking.records.has(record)) return true
  const purity = purityOf(record.facts.text)
  if (!purity) return false
  looking.records.set(record, purity)
  for (const name of purity.constants) {
    const variable = record.variables.get(name)
    if (!variable || !isData(walk, variable.value)) return false
  }
  if (!isUnshadowed(purity, record.seen.scopes)) return false
  if ([...purity.intrinsics].some((name) => record.variables.has(name))) return false
  return [...purity.calls].every((name) => isPureFunction(walk, record.variables.get(name)?.value, looking))
}

function isData(walk: Walk, value: Encoded): boolean {
  if (!isRef(value)) return true
  const node = walk.nodeOf(value)
  return node.kind === 'plain' || (node.kind === 'cell' && isData(walk, node.value))
}

// What another worker imports is the same function where the source of its module gives the name no other value.
function isPureExport(walk: Walk, node: ImportNode, looking: Looking): boolean {
  const imported = walk.imported.get(node) ?? importedAs(walk, node)
  if (imported === undefined || purityOf(textOf(imported.fn)) === undefined) return false
  const { fn, seen, script } = imported
  const facts = readFacts(fn)
  if (facts instanceof Error) return false
  const module = moduleFactsOf(fn, facts, seen, script)
  const [local] = [...module.exports].find(([, name]) => name === node.name) ?? []
  if (local === undefined || declaredFunction(module, local) !== textOf(fn)) return false
  const all = purityInModule(module, local)
  if (all === undefined || !all.every((purity) => isUnshadowed(purity, seen.scopes))) return false
  if (!readsUntouched(walk, fn, all)) return false
  looking.exports.set(node, all)
  return true
}

// The source tells what a constant was made as. Whether somebody has given it methods since, only its value does: what
// was given to it where it is imported is given to it there.
function readsUntouched(walk: Walk, fn: Function, all: readonly Purity[]): boolean {
  const names = new Set(all.flatMap(({ constants }) => [...constants]))
  if (names.size === 0) return true
  const scopes = walk.look(fn).scopes ?? []
  return [...names].every((name) => {
    const found = lookUp(scopes, name)
    return found !== undefined && !found.uninitialized && isUntouched(found.value)
  })
}

/** What a captured variable imports, from the module that defines it. */
function importedAs(walk: Walk, node: ImportNode): ImportedFunction | undefined {
  const [fn] = [...walk.met()].find(([, other]) => other === node) ?? []
  // To look for a function and to read its module takes longer than to see from its text that it is not pure.
  if (!isFunction(fn) || !isOfFile(node.specifier) || purityOf(textOf(fn)) === undefined) return undefined
  const place = writtenPlace(walk, fn)
  if (place === undefined) return undefined
  const { location, script } = place
  if (stem(new URL(node.specifier, node.base).href) !== stem(script.url)) return undefined
  return { fn, seen: { ...NOTHING_SEEN, location }, script }
}

function isUnshadowed({ intrinsics }: Purity, scopes: Look['scopes']): boolean {
  for (const name of intrinsics) {
    if (lookUp(scopes ?? [], name) !== undefined) return false
    const value = findValue(globalThis, name)
    if (hasIdentity(value) && intrinsicPathOf(value) === undefined) return false
  }
  return true
}
