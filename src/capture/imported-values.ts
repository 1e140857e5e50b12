import type { CommonJsNode, GraphNode, ImportNode } from './graph.ts'
import { hasIdentity } from './peek.ts'

/** Whether the receiver imports or requires the value of a node. */
export function isReference(node: GraphNode): node is ImportNode | CommonJsNode {
  return node.kind === 'import' || node.kind === 'commonjs'
}

/** Notes a value that is imported for a graph, by its receiver or here. */
export function noteImported(node: GraphNode, value: unknown): void {
  if (!isReference(node) || !hasIdentity(value)) return
  const key =
    node.kind === 'import' ? `${node.base}\n${node.specifier}\n${node.name}` : `${node.file}\n${node.path.join('.')}`
  ever.set(key, new WeakRef(value))
}

/** Everything that was noted and is still there. */
export function* importedEver(): Iterable<object> {
  for (const reference of ever.values()) {
    const value = reference.deref()
    if (value !== undefined) yield value
  }
}

// By what is written in programs, so that it does not grow with what they do.
const ever = new Map<string, WeakRef<object>>()
