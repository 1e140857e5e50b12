import { ValueUnreadableError } from '../base/errors.ts'
import { textOf } from '../base/thrown-text.ts'
import type { Encoded, Graph, GraphNode, ImportNode } from './graph.ts'
import { fill, protect } from './rebuild-fill.ts'
import { makeShell } from './rebuild-shells.ts'
import type { Rebuild, RebuildOptions } from './rebuild-state.ts'
import { loadedNamespace, loadNamespace, unitsOf } from './rebuild-units.ts'

/**
 * Builds the value of a graph in this process. A promise only where modules must be imported first that this process has
 * not imported that way before.
 *
 * Throws, or rejects with, `ValueUnreadableError` when something that the graph refers to is not to be had here; an
 * error that a module throws while it is imported comes as its `cause`.
 */
export function rebuildGraph(graph: Graph, options: RebuildOptions = {}): unknown {
  const units = unitsOf(graph, options.peer)
  const missing = graph.nodes.filter((node): node is ImportNode => node.kind === 'import' && !loadedNamespace(node))
  if (missing.length === 0) return build(graph, options, units)
  return importAll(missing).then(() => build(graph, options, units))
}

async function importAll(nodes: readonly ImportNode[]): Promise<void> {
  await Promise.all(
    nodes.map((node) =>
      loadNamespace(node).catch((error: unknown) => {
        const text = `Importing '${node.specifier}' as ${node.base} does failed in this worker: ${textOf(error)}`
        throw new ValueUnreadableError(text, { cause: error })
      }),
    ),
  )
}

// First everything gets its identity, then its content: cycles and mutual recursion need nothing special. Only what a
// registered type makes needs its data complete before.
function build(graph: Graph, options: RebuildOptions, units: Rebuild['units']): unknown {
  const { nodes } = graph
  const values = new Array<unknown>(nodes.length)
  const state = new Uint8Array(nodes.length)
  const rebuild: Rebuild = {
    graph,
    options,
    units,
    kept: new Set(),
    fills: new Map(),
    value: (encoded) => (Array.isArray(encoded) ? shell((encoded as [number])[0]) : encoded),
    key: (key) => (typeof key === 'string' ? key : (rebuild.value(key) as symbol)),
    node: (encoded) => (Array.isArray(encoded) ? nodes[(encoded as [number])[0]] : undefined),
  }

  function shell(index: number): unknown {
    if (state[index] !== NEW) return state[index] === MAKING ? circular(nodes[index]) : values[index]
    const node = nodes[index]
    if (node === undefined) throw new ValueUnreadableError(`The graph has no node ${index}.`)
    state[index] = MAKING
    const value = node.kind === 'special' ? special(node.id, node.data) : makeShell(rebuild, node)
    values[index] = value
    state[index] = MADE
    return value
  }

  function special(id: string, data: Encoded): unknown {
    if (!options.revive) throw new ValueUnreadableError(`A value of type '${id}' came, which this process cannot make.`)
    for (const index of reachable(graph, data)) if (state[index] !== MAKING) complete(index)
    return options.revive(id, rebuild.value(data))
  }

  function complete(index: number): void {
    const value = shell(index)
    if (state[index] === FILLED) return
    state[index] = FILLED
    fill(rebuild, nodes[index] as GraphNode, value)
  }

  for (let i = 0; i < nodes.length; i++) if (nodes[i]?.kind !== 'special') shell(i)
  // What a special value is made from mostly comes behind it, so this order keeps nested ones from recursing deeply.
  for (let i = nodes.length - 1; i >= 0; i--) if (nodes[i]?.kind === 'special') shell(i)
  for (let i = 0; i < nodes.length; i++) complete(i)
  for (let i = 0; i < nodes.length; i++) protect(rebuild, nodes[i] as GraphNode, values[i])
  return rebuild.value(graph.root)
}

const NEW = 0
const MAKING = 1
const MADE = 2
const FILLED = 3

function circular(node: GraphNode | undefined): never {
  throw new ValueUnreadableError(`A value of kind '${node?.kind}' is made from itself.`)
}

/** Every node that one refers to, directly or not; special ones are not looked into, they complete their own. */
function reachable(graph: Graph, from: Encoded): Iterable<number> {
  const found = new Set<number>()
  const visit = (part: unknown): void => {
    if (isRef(part)) found.add(part[0])
    else if (Array.isArray(part)) part.forEach(visit)
  }
  visit(from)
  for (const index of found) {
    const node = graph.nodes[index]
    if (node === undefined || node.kind === 'special' || node.kind === 'plain' || node.kind === 'bytes') continue
    for (const [name, part] of Object.entries(node)) {
      if (name === 'prototype') Object.values(part as object).forEach(visit)
      else if (LISTS.has(name)) (part as Encoded[] | undefined)?.forEach(visit)
      else visit(part)
    }
  }
  return found
}

/** Fields that are lists of values: with one number in it such a list looks like a reference. */
const LISTS: ReadonlySet<string> = new Set(['args', 'captures', 'items', 'missing', 'values'])

// Within a node and outside of its lists, only references are arrays of one number: pairs hold their numbers as lengths of
// two or more.
function isRef(part: unknown): part is [number] {
  return Array.isArray(part) && part.length === 1 && typeof part[0] === 'number'
}
