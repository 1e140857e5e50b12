import type { Graph } from '../capture/graph.ts'
import { rebuildGraph } from '../capture/rebuild.ts'
import type { RebuildGraph } from './rooms.ts'

export const rebuild: RebuildGraph = (graph, options) => rebuildGraph(graph as Graph, options)
