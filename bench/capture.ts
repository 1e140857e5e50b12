/**
 * What it costs to send functions and values as graphs: to capture them for the first time and later, to rebuild them,
 * and how many bytes they are.
 *
 *     npm run -s build:test && node .build/bench/capture.js
 */
import { deserialize, serialize } from 'node:v8'
import type { Graph } from '#dist/capture/graph.js'

const start = performance.now()
const { captureGraph } = await import('#dist/capture/capture.js')
const captureLoaded = performance.now()
const { rebuildGraph } = await import('#dist/capture/rebuild.js')
console.log(`Node ${process.version}`)
console.log(
  `load what captures ${ms(captureLoaded - start)}, then what rebuilds ${ms(performance.now() - captureLoaded)}`,
)

const factor = 3
const helper = (x: number): number => x * factor
class Scale {
  readonly by: number
  constructor(by: number) {
    this.by = by
  }
  apply(x: number): string {
    return `${x * this.by} cm`
  }
}
const scale = new Scale(4)
const names = new Map([[1, 'one']])
const list = [1, 2, 3]
const links = Array.from({ length: 10_000 }, (_, i) => ({ i, at: new Date(i), next: undefined as unknown }))
links.forEach((link, i) => (link.next = links[i + 1]))

await measure('x => x + 1', (x: number) => x + 1)
await measure('one captured constant', (x: number) => x * factor)
await measure('helper, instance, Map, array', (x: number) => [helper(x), scale.apply(x), names.get(x), list.length])
await measure('10,000 linked objects with dates', links, 20)
await measure(
  '100,000 plain objects',
  Array.from({ length: 100_000 }, (_, i) => ({ i, name: `n${i}` })),
  10,
)
await measure('an error with its cause', new RangeError('too much', { cause: new Error('why') }))

async function measure(title: string, value: unknown, times = 500): Promise<void> {
  const before = performance.now()
  const graph = captureGraph(value)
  const first = performance.now() - before
  const later = each(times, () => captureGraph(value))
  const bytes = serialize(graph)
  const copies = Array.from({ length: times }, () => deserialize(bytes) as Graph)
  const [firstCopy, ...others] = copies
  const began = performance.now()
  await rebuildGraph(firstCopy as Graph)
  const firstRebuild = performance.now() - began
  const again = performance.now()
  for (const copy of others) await rebuildGraph(copy)
  const laterRebuild = (performance.now() - again) / others.length
  console.log(
    `${title}: capture first ${ms(first)}, later ${ms(later)}; ${bytes.length} bytes; rebuild first ${ms(firstRebuild)}, later ${ms(laterRebuild)}`,
  )
}

/** The median of single runs. */
function each(times: number, run: () => unknown): number {
  const taken = Array.from({ length: times }, () => {
    const before = performance.now()
    run()
    return performance.now() - before
  })
  return taken.sort((a, b) => a - b)[Math.floor(times / 2)] as number
}

function ms(value: number): string {
  return value < 1 ? `${(value * 1_000).toFixed(0)} µs` : `${value.toFixed(1)} ms`
}
