import { trimBuffers } from './buffers.ts'
import { shareVariables } from './cells.ts'
import { encodeFunction } from './functions.ts'
import type { Graph } from './graph.ts'
import type { Unit } from './unit.ts'
import { startKnownLookups } from './known.ts'
import { encodeObject } from './objects.ts'
import { hasIdentity } from './peek.ts'
import { isFileName, rangeOfText, type SentCode } from './stacks.ts'
import { resolveSymbols } from './symbols.ts'
import { noteReferences, refuseTwins } from './twins.ts'
import { unitFor } from './units.ts'
import { type CaptureOptions, LearntTooLate, Walk } from './walk.ts'

/**
 * Turns a value, or a function with all that it captured, into plain data: one synchronous snapshot. Serialize the graph
 * before anybody can change what it holds.
 *
 * Throws `FunctionUnsendableError` for a function that cannot travel or holds something that cannot, and
 * `ValueUnsendableError` for data; both name the path from the root.
 */
export function captureGraph(root: unknown, options: CaptureOptions = {}): Graph {
  const byValue = new Set<Function>()
  for (;;) {
    try {
      return captureOnce(root, options, byValue)
    } catch (error) {
      // A class went by reference before an instance with private fields was met, or a prototype as an object of its own
      // before its function was: once more, knowing that.
      if (!(error instanceof LearntTooLate)) throw error
    }
  }
}

export { keepsHiddenState } from './private-fields.ts'

/** Where the functions of a graph were written in this process, for `mapStack`. */
export function sentCodeOf(graph: Graph): readonly SentCode[] {
  return sentCode.get(graph) ?? []
}

/** The walk that made a graph of this process, as long as the graph is kept. */
export function walkOf(graph: Graph): Walk | undefined {
  return walks.get(graph)
}

const walks = new WeakMap<Graph, Walk>()
const sentCode = new WeakMap<Graph, readonly SentCode[]>()

function captureOnce(root: unknown, options: CaptureOptions, byValue: Set<Function>): Graph {
  startKnownLookups()
  const walk = new Walk(root, options, { encodeFunction, encodeObject }, byValue)
  const encoded = walk.encode(root)
  walk.drain()
  sendWeakEntries(walk)
  resolveSymbols(walk)
  refuseTwins(walk)
  noteReferences(walk)
  shareVariables(walk)
  trimBuffers(walk)
  const units = new Map<string, Unit>()
  const sent: SentCode[] = []
  for (const record of walk.records) {
    const unit = unitFor(record)
    units.set(unit.key, unit)
    record.node.unit = unit.key
    record.node.captures = [...record.variables.values()].map(({ value }) => value)
    if (!record.origin && isFileName(unit.url))
      sent.push({ url: unit.url, scriptId: record.script.scriptId, ranges: [rangeOfText(unit.text, unit)] })
  }
  const graph: Graph = { root: encoded, nodes: walk.nodes, units: [...units.values()] }
  walks.set(graph, walk)
  sentCode.set(graph, sent)
  return graph
}

// An entry can only be seen by who has its key, so the entries whose keys are sent are all of it. A value may bring keys
// of other entries along.
function sendWeakEntries(walk: Walk): void {
  for (let grew = true; grew;) {
    grew = false
    for (const { object, node, done } of walk.weak) {
      for (const [entryKey, value] of walk.look(object).entries ?? []) {
        const key = node.kind === 'weakSet' ? value : entryKey
        if (!hasIdentity(key)) continue
        const ref = walk.find(key)
        if (!ref || done.has(key)) continue
        done.add(key)
        grew = true
        if (node.kind === 'weakSet') node.values.push(ref)
        else node.entries.push([ref, walk.encodeDeep(value, { owner: object })])
      }
    }
    walk.drain()
  }
}
