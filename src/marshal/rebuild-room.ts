import type { RebuildGraph } from './rooms.ts'

export const rebuild: RebuildGraph = (graph) => {
  const { source } = graph as { source: string }
  return new Function(`return (${source})`)()
}
