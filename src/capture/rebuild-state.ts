import type { Encoded, Graph, GraphNode, Key } from './graph.ts'
import type { Unit } from './unit.ts'

export interface RebuildOptions {
  /** Who sent it, the same object as in `CaptureOptions.peer`: a class that it sends twice is one class here. */
  readonly peer?: object | undefined
  /** Makes a value of a registered type, or a handle, from what its type encoded; it is given `data` complete. */
  readonly revive?: ((id: string, data: unknown) => unknown) | undefined
}

/** The state of one rebuild, for the parts that make and fill values. */
export interface Rebuild {
  readonly graph: Graph
  readonly options: RebuildOptions
  /** What its functions are compiled from. */
  readonly units: ReadonlyMap<string, Unit>
  /** Classes that were here already and keep what they are: neither filled nor protected again. */
  readonly kept: Set<GraphNode>
  /** Makes the captured variables of functions known, after every function exists. */
  readonly fills: Map<GraphNode, (values: unknown[]) => void>
  value(encoded: Encoded): unknown
  key(key: Key): PropertyKey
  node(encoded: Encoded): GraphNode | undefined
}
