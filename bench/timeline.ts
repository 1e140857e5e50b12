// One run of a map made visible: when each item began and ended in which worker, and what the gaps between them sum up to.
//
//   npm run -s build:test && node .build/bench/timeline.js [tail|first] [process|thread] [--all]
import { parseArgs } from 'node:util'
import { Pool } from 'manycore'
import { increment } from './peers/tasks.ts'
import { median } from './report.ts'
import { DEAR_FIRST, HEAVY_TAIL, idealMs } from './shapes.ts'

/** Milliseconds by the monotonic clock, which all processes of a machine share. */
interface Seen {
  readonly worker: string
  readonly begin: number
  readonly end: number
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { all: { type: 'boolean' } } })
const [shape = 'tail', backend = 'process'] = positionals
const items = shape === 'first' ? DEAR_FIRST : HEAVY_TAIL
const ideal = idealMs(items, 2)

await using pool = new Pool({ processes: 2, backend: backend as 'process' | 'thread' })
await pool.map(watched, new Array<number>(8).fill(5))
await Promise.all(Array.from({ length: 5000 }, (_, n) => pool.apply(increment, [n])))

const start = nowMs()
const seen = await pool.map(watched, items)
const tookMs = nowMs() - start
console.log(`${shape}, ${backend}: ${tookMs.toFixed(1)} ms, ${(tookMs / ideal).toFixed(4)} of the ideal`)

const all = seen.map((one, index) => ({ ...one, index, begin: one.begin - start, end: one.end - start }))
for (const worker of new Set(all.map((one) => one.worker))) {
  const run = all.filter((one) => one.worker === worker)
  run.sort((a, b) => a.begin - b.begin)
  const gaps = run.slice(1).map(({ begin }, at) => begin - (run[at]?.end ?? 0))
  const longer = run.reduce((sum, { index, begin, end }) => sum + end - begin - (items[index] ?? 0), 0)
  const [first, last] = [run[0], run.at(-1)]
  console.log(
    `${worker}: ${run.length} items, the first begins at ${first?.begin.toFixed(2)} ms; gaps ${total(gaps)} ms, ` +
      `median ${median(gaps).toFixed(3)}, longest ${Math.max(...gaps).toFixed(2)}; items longer than asked by ` +
      `${longer.toFixed(1)} ms; item ${last?.index} ends at ${last?.end.toFixed(1)}`,
  )
  if (values.all === true)
    console.log(run.map(({ index, begin, end }) => `  ${index}: ${begin.toFixed(2)} … ${end.toFixed(2)}`).join('\n'))
}

function watched(ms: number): Seen {
  const { pid, hrtime } = process
  const { threadId } = process.getBuiltinModule('node:worker_threads')
  const begin = Number(hrtime.bigint()) / 1e6
  const until = performance.now() + ms
  while (performance.now() < until) continue
  return { worker: `process ${pid}, thread ${threadId}`, begin, end: Number(hrtime.bigint()) / 1e6 }
}

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function total(gaps: readonly number[]): string {
  return gaps.reduce((sum, gap) => sum + gap, 0).toFixed(1)
}
